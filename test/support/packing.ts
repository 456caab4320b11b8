/** Packs the working tree as `npm publish` would. */
import { cp, symlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { npm, root } from './commands.ts';
import { currentPrebuilds } from './prebuilds.ts';

export interface Packed {
  /** The name of the tarball in the folder. */
  filename: string;
  files: { path: string; mode: number }[];
}

const omitted = ['node_modules', '.git', 'dist', 'test', 'build/cross'];

/** Whether packing looks at a file of the working tree. */
export const isPackedFrom = (path: string) => {
  const [top, below] = relative(root, path).split(sep);
  return !omitted.includes(top) && !omitted.includes(`${top}/${below}`);
};

/**
 * Packs a copy of the working tree at `folder/endcap`, because packing clears `dist`, which other tests use. Building binaries
 * takes minutes: the package has those that are there and, for this platform, at least the local build.
 */
export async function pack(folder: string): Promise<Packed> {
  const copy = join(folder, 'endcap');
  const current = await currentPrebuilds();
  const isOutdated = (path: string) => {
    const [top, target] = relative(root, path).split(sep);
    return top === 'prebuilds' && target !== undefined && !current.includes(target);
  };
  const filter = (path: string) => isPackedFrom(path) && !isOutdated(path);
  await cp(root, copy, { recursive: true, preserveTimestamps: true, filter });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  const { stdout, stderr, code } = await npm(['pack', '--json', '--pack-destination', folder], {
    cwd: copy,
    env: { ...process.env, ENDCAP_PREBUILDS: 'present' },
    seconds: 600,
  });
  if (code !== 0) throw new Error(`npm pack failed:\n${stderr}${stdout}`);
  return JSON.parse(stdout)[0];
}
