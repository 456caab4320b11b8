/** Packs the working tree as `npm publish` would. */
import { cp, symlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { npm, root } from './commands.ts';

export interface Packed {
  /** The name of the tarball in the folder. */
  filename: string;
  files: { path: string; mode: number }[];
}

const omitted = ['node_modules', '.git', 'dist', 'prebuilds', 'test'];

/** Whether packing looks at a file of the working tree. */
export const isPackedFrom = (path: string) => !omitted.includes(relative(root, path).split(sep)[0]);

/** Packs a copy of the working tree at `folder/endcap`, because packing clears `dist`, which other tests use. */
export async function pack(folder: string): Promise<Packed> {
  const copy = join(folder, 'endcap');
  await cp(root, copy, { recursive: true, preserveTimestamps: true, filter: isPackedFrom });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  const { stdout, stderr, code } = await npm(['pack', '--json', '--pack-destination', folder], {
    cwd: copy,
    seconds: 600,
  });
  if (code !== 0) throw new Error(`npm pack failed:\n${stderr}${stdout}`);
  return JSON.parse(stdout)[0];
}
