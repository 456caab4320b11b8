// Runs before `npm publish`, and only then. With `publishConfig.provenance`, npm proves which repository and which run of its CI a
// package is from, and registries refuse it if `repository` names another one, or none: after everything has been built.
import { readFileSync } from 'node:fs';

const { repository } = JSON.parse(readFileSync(process.env.npm_package_json ?? 'package.json', 'utf8'));
if (!(repository?.url ?? repository)) {
  console.error(
    'Endcap: package.json does not say where the sources are, which provenance is about. Set it to the repository whose CI ' +
      'publishes the package: npm pkg set repository.url=git+https://<host>/<owner>/endcap.git',
  );
  process.exitCode = 1;
}
