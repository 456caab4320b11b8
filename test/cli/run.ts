/** Runs the real command line, each command in its own process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sampleCsv } from '../../src/sample/sample.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The build if it was made from these sources, since it starts three times as fast; otherwise the sources. */
const command = isBuilt()
  ? [join(root, 'dist/cli/main.js')]
  : ['--import', import.meta.resolve('tsx'), join(root, 'src/cli/main.ts')];

/** Whether the sources in the build's source maps are those of the working tree: file times change without edits. */
function isBuilt(): boolean {
  const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .every((file) => {
      const map = read(`dist/${file.replace(/ts$/, 'js.map')}`);
      return map !== undefined && JSON.parse(map).sourcesContent[0] === read(`src/${file}`);
    });
}

/** Training options that leave training nothing to search for, which would take most of its time. */
export const picked = [
  ...['--regularization', '8', '--unobserved-weight', '0.2', '--taste-decay', '0.9'],
  ...['--blend', 'taste=2,habit=4,trend=0.1,bought=0,repeat=0.5'],
];

export interface Ran {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Whether stdin is a pipe to it; otherwise it is empty. */
  hasStdin?: boolean;
  /** It is killed then, and its code is null; never by default. */
  timeoutMs?: number;
  /** Called with everything written to stderr so far. */
  onStderr?: (text: string, child: ChildProcess) => void;
}

const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(HOST|PORT|ENDCAP_.*|npm_.*)$/.test(name)),
);

/** Runs `endcap` with these arguments until it exits. One thread: other tests run at the same time. */
export function endcap(args: string[], options: RunOptions): Promise<Ran> {
  return start(args, options).ran;
}

/** Starts `endcap` with these arguments. */
export function start(args: string[], options: RunOptions): Running {
  return run([process.execPath, ...command, ...args], options);
}

/** Runs a script of the shell until it exits. In it, `endcap` is the command; `within` is a program that runs the shell. */
export function shell(script: string, options: RunOptions, within: string[] = []): Promise<Ran> {
  const quoted = [process.execPath, ...command].map((word) => `'${word}'`).join(' ');
  return run([...within, 'sh', '-c', `endcap() { ${quoted} "$@"; }\n${script}`], options).ran;
}

interface Running {
  child: ChildProcess;
  ran: Promise<Ran>;
}

function run([program, ...args]: string[], { cwd, env, hasStdin, timeoutMs, onStderr }: RunOptions): Running {
  const child = spawn(program, args, {
    cwd,
    stdio: [hasStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    env: { ...environment, ENDCAP_THREADS: '1', ...env },
    ...(timeoutMs !== undefined && { timeout: timeoutMs, killSignal: 'SIGKILL' }),
  });
  const ran = new Promise<Ran>((resolve, reject) => {
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout!.on('data', (bytes) => stdout.push(bytes));
    child.stderr!.on('data', (text) => {
      stderr += text;
      onStderr?.(stderr, child);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr }));
  });
  return { child, ran };
}

/** The JSON object that is all of stdout. */
export function json<Shape = Record<string, unknown>>({ stdout }: Ran): Shape {
  return JSON.parse(stdout.toString());
}

/** Writes orders of the made-up shop as a CSV file. */
export function writeSample(path: string, lines: number): Promise<void> {
  return writeFile(path, [...sampleCsv({ lines })].join(''));
}
