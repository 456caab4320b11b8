// Copies the local build to prebuilds/<platform>/endcap.node, so that the package includes it. Runs before packing, and with
// --remove after it. Leaves other prebuilds alone: those of other platforms, and any if there is no local build.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonFiles } from '../dist/kernel/backends.js';

const files = [...addonFiles()];
const [built, prebuilt] = files.map((file) => fileURLToPath(new URL(`../${file}`, import.meta.url)));
const [, name] = files;

if (process.argv.includes('--remove')) {
  if (existsSync(built)) rmSync(dirname(prebuilt), { recursive: true, force: true });
} else if (existsSync(built)) {
  mkdirSync(dirname(prebuilt), { recursive: true });
  copyFileSync(built, `${prebuilt}.new`);
  const stripped = strip(`${prebuilt}.new`);
  renameSync(`${prebuilt}.new`, prebuilt);
  console.error(`${name}: ${kib(prebuilt)} KiB${stripped ? `, stripped of ${kib(built) - kib(prebuilt)} KiB` : ''}`);
} else if (existsSync(prebuilt)) {
  console.error(`${name}: kept as it is, since there is no local build`);
} else {
  console.error(`${name}: none, since there is no local build; on this platform the package will use WebAssembly`);
}

/** Removes the symbols that no loader needs, if there is a `strip` command and the result still loads. */
function strip(file) {
  const flag = { linux: '--strip-unneeded', darwin: '-x' }[process.platform];
  const trial = `${file}.node`;
  copyFileSync(file, trial);
  const works =
    flag !== undefined &&
    spawnSync('strip', [flag, trial]).status === 0 &&
    spawnSync(process.execPath, ['-e', 'require(process.argv[1])', trial]).status === 0;
  if (works) renameSync(trial, file);
  else rmSync(trial);
  return works;
}

function kib(file) {
  return Math.round(statSync(file).size / 1024);
}
