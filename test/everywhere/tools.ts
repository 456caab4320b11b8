/**
 * Programs that the suites need and Endcap does not: runtimes, bundlers, test runners. They come from the registry into a
 * folder that the next run finds again: that of ENDCAP_TEST_TOOLS, or one below the system's temporary folder.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { install } from '../support/commands.ts';

const tools = process.env.ENDCAP_TEST_TOOLS ?? join(tmpdir(), 'endcap-test-tools');

export interface Tool {
  path: string;
  /** Why it is not here. */
  absent?: string;
}

/**
 * Installs packages of npm, each with its version: `['deno@2.9.6']`. Runs no scripts of theirs.
 *
 * @param file what is wanted of them, below the folder of their package.json.
 */
export async function npmTool(packages: readonly string[], file: string): Promise<Tool> {
  const name = packages.map((name) => name.replaceAll('/', '+')).join(',');
  return toolAt(join(name, file), name, async (folder) => {
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    return install(packages, folder, ['--ignore-scripts', '--no-save', '--no-package-lock']);
  });
}

const { platform, arch } = process;
const exe = platform === 'win32' ? '.exe' : '';

/** A version of Node, as npm has it for this platform. */
export function nodeTool(version: string): Promise<Tool> {
  return programOf(`node-${platform === 'win32' ? 'win' : platform}-${arch}`, version, 'bin/node');
}

export function denoTool(version: string): Promise<Tool> {
  return programOf(`@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`, version, 'deno');
}

export function bunTool(version: string): Promise<Tool> {
  const system = platform === 'win32' ? 'windows' : platform;
  return programOf(`@oven/bun-${system}-${arch === 'arm64' ? 'aarch64' : arch}`, version, 'bin/bun');
}

/** The runtime of Cloudflare's Workers. */
export function workerdTool(version: string): Promise<Tool> {
  const system = platform === 'win32' ? 'windows' : platform;
  return programOf(`@cloudflare/workerd-${system}-${arch === 'x64' ? '64' : arch}`, version, 'bin/workerd');
}

/** A program in a package for one platform. */
function programOf(name: string, version: string, file: string): Promise<Tool> {
  return npmTool([`${name}@${version}`], join('node_modules', name, `${file}${exe}`));
}

/**
 * A file in a folder of the tools, which is made if it is not there.
 *
 * @param make fills the folder, or returns the reason why it cannot.
 */
export async function toolAt(
  file: string,
  folder: string,
  make: (folder: string) => Promise<string | undefined>,
): Promise<Tool> {
  const path = join(tools, file);
  const absent = await makeOnce(join(tools, folder), make);
  if (absent === undefined && !existsSync(path)) throw new Error(`there is no ${file} in ${tools}`);
  return { path, absent };
}

/** Several suites may want a folder at the same time: one of them makes it, and the others wait. */
async function makeOnce(
  folder: string,
  make: (folder: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const making = `${folder}.making`;
  const maker = join(making, '.maker');
  await mkdir(tools, { recursive: true });
  for (;;) {
    if (existsSync(folder)) return undefined;
    try {
      await mkdir(making);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    await sleep(200);
    const pid = await readFile(maker, 'utf8').catch(() => undefined);
    if (pid && !isRunning(Number(pid))) await rm(making, { recursive: true, force: true });
  }
  try {
    await writeFile(maker, `${process.pid}`);
    const absent = await make(making);
    if (absent === undefined) await rename(making, folder);
    return absent;
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
