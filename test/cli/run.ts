/** Runs the real command line in processes of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sampleCsv } from '../../src/sample/sample.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** As it is installed where the build is newer than every source, which starts three times as fast; else the source. */
const command = builtSince()
  ? [join(root, 'dist/cli/main.js')]
  : ['--import', import.meta.resolve('tsx'), join(root, 'src/cli/main.ts')];

function builtSince(): boolean {
  const changed = (path: string) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .every((file) => changed(`src/${file}`) <= changed(`dist/${file.replace(/ts$/, 'js')}`));
}

export interface Ran {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Called with all that was written to stderr so far. */
  onStderr?: (text: string, child: ChildProcess) => void;
}

const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(HOST|PORT|ENDCAP_.*|npm_.*)$/.test(name)),
);

/** Runs `endcap` with these arguments and waits for its end. One thread: the machine has other tests to run. */
export function endcap(args: string[], { cwd, env, onStderr }: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...command, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment, ENDCAP_THREADS: '1', ...env },
    });
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (bytes) => stdout.push(bytes));
    child.stderr.on('data', (text) => {
      stderr += text;
      onStderr?.(stderr, child);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr }));
  });
}

/** The one JSON object on stdout, which is all that is there. */
export function json<Shape = Record<string, unknown>>({ stdout }: Ran): Shape {
  return JSON.parse(stdout.toString());
}

/** Orders of the made-up shop as a CSV file. */
export function writeSample(path: string, lines: number): Promise<void> {
  return writeFile(path, [...sampleCsv({ lines })].join(''));
}
