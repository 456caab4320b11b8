/** The binaries of the package, which `npm run prebuilds` makes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './commands.ts';

/** The platforms whose binaries are there and made from the sources as they are. */
export async function currentPrebuilds(): Promise<string[]> {
  const { stdout, stderr, code } = await run(process.execPath, ['native/cross.mjs', '--current'], { cwd: root });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The addons that Node can load here: the local build and the binary of the package. */
export async function addonsHere(): Promise<string[]> {
  const target = `${process.platform}-${process.arch}`;
  const addons = ['build/native/Release/endcap.node'].filter((file) => existsSync(join(root, file)));
  if ((await currentPrebuilds()).includes(target)) addons.push(`prebuilds/${target}/endcap.node`);
  return addons;
}
