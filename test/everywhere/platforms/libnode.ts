/**
 * Node for Windows as a library, of which there is none to be fetched. It is the program with three changes: its header says that
 * it is a library; Windows runs nothing of it when it is loaded; and where one of its functions was that nobody needs, it exports
 * what ran when it was started. `rundll32.exe`, which every Windows has, loads a library and calls a function of it by its name.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layoutOf } from '../../native/pe.ts';

const unneeded = 'uv_version';

/** What `rundll32.exe` is told. Node sees it as its first argument, and so there is a script of that name. */
export const startOfLibrary = `libnode.dll,${unneeded}`;

const start = `
process.argv.splice(1, 1);
process.argv[1] = require('node:path').resolve(process.argv[1]);
import(require('node:url').pathToFileURL(process.argv[1])).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});`;

/** Makes `libnode.dll` of `node.exe`, and the script. */
export async function makeLibrary(program: string, folder: string): Promise<void> {
  const file = await readFile(program);
  const { header, optional, toOffset } = layoutOf(file);
  const isLibrary = 0x2000;
  file.writeUInt16LE(file.readUInt16LE(header + 18) | isLibrary, header + 18);
  const main = file.readUInt32LE(optional + 16);
  file.writeUInt32LE(0, optional + 16);

  const exported = toOffset(file.readUInt32LE(optional + 112));
  const [functions, names, places] = [28, 32, 36].map((place) => toOffset(file.readUInt32LE(exported + place)));
  const isUnneeded = (index: number) => {
    const name = toOffset(file.readUInt32LE(names + 4 * index));
    return file.toString('latin1', name, file.indexOf(0, name)) === unneeded;
  };
  const count = file.readUInt32LE(exported + 24);
  const index = Array.from({ length: count }, (_, i) => i).find(isUnneeded)!;
  file.writeUInt32LE(main, functions + 4 * file.readUInt16LE(places + 2 * index));

  await writeFile(join(folder, 'libnode.dll'), file);
  await writeFile(join(folder, startOfLibrary), start);
}
