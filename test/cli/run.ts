/** Runs the real command line, from its source, in processes of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { sampleCsv } from '../../src/sample/sample.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

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

const { HOST, PORT, ENDCAP_BACKEND, ENDCAP_ISA, ...environment } = process.env;

/** Runs `endcap` with these arguments and waits for its end. One thread: the machine has other tests to run. */
export function endcap(args: string[], { cwd, env, onStderr }: RunOptions): Promise<Ran> {
  const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', loader, `${root}src/cli/main.ts`, ...args], {
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
