/** The package as it would be published, packed once for all suites that want it, and installed in projects. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, root } from '../support/commands.ts';
import { isPackedFrom, pack } from '../support/packing.ts';
import { toolAt } from './tools.ts';

interface PackedPackage {
  /** The tarball, for those who install it themselves. */
  tarball: string;
  /** A `node_modules` with the package and its dependencies, for all others. Nobody writes to it. */
  modules: string;
  /** Why there is none. */
  absent?: string;
}

const here = fileURLToPath(new URL('.', import.meta.url));

/** Packs and installs the working tree, unless an earlier suite or run found the same files. */
export async function packedPackage(): Promise<PackedPackage> {
  const name = `endcap-${await stateOfTree()}`;
  const { path: tarball, absent } = await toolAt(join(name, 'endcap.tgz'), name, async (folder) => {
    const work = await mkdtemp(join(tmpdir(), 'endcap-packed-'));
    try {
      const { filename } = await pack(work);
      await cp(join(work, filename), join(folder, 'endcap.tgz'));
    } finally {
      await rm(work, { recursive: true });
    }
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    return install(['./endcap.tgz'], folder);
  });
  if (absent === undefined) await forgetOthers(dirname(tarball));
  return { tarball, modules: join(dirname(tarball), 'node_modules'), absent };
}

export interface Project {
  /** Where it is; removed when this process ends. */
  folder: string;
  /** Where the package really is, with its dependencies. */
  modules: string;
  /** Why the package is not in it. */
  absent?: string;
}

/**
 * A new folder with the package, the programs of this one, and what a suite adds: files with their text, and packages with
 * the folders where they are.
 */
export async function newProject(
  files: Readonly<Record<string, string>> = {},
  packages: Readonly<Record<string, string>> = {},
): Promise<Project> {
  const { modules, absent } = await packedPackage();
  // The system's temporary folder may be a link; those who restrict what is read name real paths.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'endcap-project-')));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  if (absent !== undefined) return { folder, modules, absent };
  const texts = { 'package.json': JSON.stringify({ private: true, type: 'module' }), ...files };
  for (const name of await readdir(here)) {
    if (name.endsWith('.mjs')) await cp(join(here, name), join(folder, name));
  }
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  for (const [name, path] of Object.entries({ endcap: join(modules, 'endcap'), ...packages })) {
    await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true });
    await symlink(path, join(folder, 'node_modules', name), 'junction');
  }
  return { folder, modules };
}

/** A hash of what packing looks at: all sources, and what was built of them here. */
async function stateOfTree(): Promise<string> {
  const hash = createHash('sha256');
  for (const top of (await readdir(root)).sort()) {
    if (!isPackedFrom(join(root, top))) continue;
    const below = (await stat(join(root, top))).isDirectory()
      ? await readdir(join(root, top), { recursive: true })
      : [''];
    for (const path of below.map((file) => join(top, file)).sort()) {
      if (!isPackedFrom(join(root, path)) || (top === 'build' && !/\.(node|wasm)$/.test(path))) continue;
      if ((await stat(join(root, path))).isFile()) hash.update(path).update(await readFile(join(root, path)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Removes packages of other trees that nobody has used for a day. */
async function forgetOthers(used: string): Promise<void> {
  await utimes(used, new Date(), new Date());
  for (const name of await readdir(dirname(used))) {
    const folder = join(dirname(used), name);
    if (!name.startsWith('endcap-')) continue;
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs > 24 * 3600 * 1000) await rm(folder, { recursive: true, force: true });
  }
}
