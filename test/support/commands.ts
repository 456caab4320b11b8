/** Runs programs with a limit on how long they take. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  stdout: string;
  stderr: string;
  code: number;
}

export interface RunOptions {
  cwd?: string;
  /** In place of those of this process. */
  env?: NodeJS.ProcessEnv;
  /** After these, it and what it has started are killed; 600 by default. */
  seconds?: number;
  /** Kills them as well. */
  signal?: AbortSignal;
}

// Without this, a signal would end the process without its handlers of "exit", which kill what it has started.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** Runs a program to its end. One that cannot be started or takes too long has a code other than 0, and `stderr` says so. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd, env, seconds = 600, signal } = options;
  const isUnix = process.platform !== 'win32';
  return new Promise((resolve) => {
    // A group of its own, which is killed as a whole. On Windows, .cmd files need a shell.
    const child = spawn(command, args, {
      cwd,
      env,
      detached: isUnix,
      shell: command.endsWith('.cmd'),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ran = { stdout: '', stderr: '', code: 1 };
    child.stdout.setEncoding('utf8').on('data', (text) => (ran.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (ran.stderr += text));
    const kill = () => {
      try {
        if (isUnix) process.kill(-child.pid!, 'SIGKILL');
        else child.kill();
      } catch {
        // It ended by itself.
      }
    };
    const timer = setTimeout(() => {
      ran.stderr += `\n${command} was killed after ${seconds} s`;
      kill();
    }, seconds * 1000);
    // A group does not get the Ctrl-C of the terminal.
    process.once('exit', kill);
    signal?.addEventListener('abort', kill);
    child.once('error', ({ message }) => {
      ran.stderr += message;
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      process.off('exit', kill);
      signal?.removeEventListener('abort', kill);
      resolve({ ...ran, code: code ?? 1 });
    });
  });
}

/** The npm that runs this, or else that of the system. */
export function npm(args: readonly string[], options: RunOptions): Promise<Ran> {
  const script = process.env.npm_execpath;
  if (script?.endsWith('npm-cli.js')) return run(process.execPath, [script, ...args], options);
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}

/**
 * Installs packages of the registry, or a tarball, in a folder with a package.json, from npm's cache if they are there.
 * Returns the reason to skip the tests that need them if no registry can be reached.
 */
export async function install(
  packages: readonly string[],
  folder: string,
  flags: readonly string[] = [],
): Promise<string | undefined> {
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=0', ...flags];
  const { stderr, code } = await npm(['install', ...options, ...packages], { cwd: folder, seconds: 900 });
  if (code === 0) return undefined;
  const unreachable = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b/.exec(stderr);
  if (/\b(E404|EBADPLATFORM)\b/.test(stderr)) return `npm has no ${packages.join(' ')} for this platform`;
  if (!unreachable) throw new Error(`npm install ${packages.join(' ')} failed:\n${stderr}`);
  return `the registry cannot be reached (${unreachable[0]})`;
}
