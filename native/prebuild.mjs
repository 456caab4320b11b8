// Runs before packing and sees to it that the package has the binaries of all platforms. If they cannot be built, as without
// Python, `npm publish` fails, and `npm pack` does without, apart from the local build for this platform, which --remove takes
// away after packing. With ENDCAP_PREBUILDS=present it builds nothing and packs what there is, as tests do.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, fileOf, isCurrent, targets } from './cross.mjs';

const localBuild = fileURLToPath(new URL('../build/native/Release/endcap.node', import.meta.url));
const here = fileOf(`${process.platform}-${process.arch}`);
const { ENDCAP_PREBUILDS, npm_command } = process.env;

if (process.argv.includes('--remove')) {
  if (existsSync(here) && existsSync(localBuild) && readFileSync(here).equals(readFileSync(localBuild))) remove(here);
} else {
  if (ENDCAP_PREBUILDS !== 'present') await buildAll();
  if (!existsSync(here) && existsSync(localBuild)) {
    mkdirSync(dirname(here), { recursive: true });
    copyFileSync(localBuild, here);
  }
  const absent = Object.keys(targets).filter((target) => !existsSync(fileOf(target)));
  if (absent.length > 0) console.error(`Endcap: the package will use WebAssembly on ${absent.join(', ')}`);
}

async function buildAll() {
  try {
    await build([]);
  } catch (error) {
    console.error(`Endcap: ${error.message}`);
    if (npm_command === 'publish') process.exit(1);
    // Of other sources, a binary may not go with the rest of the package.
    for (const target of Object.keys(targets)) if (!isCurrent(target)) remove(fileOf(target));
  }
}

function remove(file) {
  rmSync(dirname(file), { recursive: true, force: true });
}
