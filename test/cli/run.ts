/** Runs the real command line, from its source, in processes of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
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
  input?: string;
  /** Called with all that was written to stderr so far. */
  onStderr?: (text: string, child: ChildProcess) => void;
}

const { HOST, PORT, ENDCAP_BACKEND, ENDCAP_ISA, ...environment } = process.env;

/** Runs `endcap` with these arguments and waits for its end. One thread: the machine has other tests to run. */
export function endcap(args: string[], { cwd, env, input, onStderr }: RunOptions): Promise<Ran> {
  const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', loader, `${root}src/cli/main.ts`, ...args], {
      cwd,
      env: { ...environment, ENDCAP_THREADS: '1', ...env },
    });
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (bytes) => stdout.push(bytes));
    child.stderr.on('data', (text) => {
      stderr += text;
      onStderr?.(stderr, child);
    });
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr }));
  });
}

/** The one JSON object on stdout. */
export function json({ stdout }: Ran): any {
  return JSON.parse(stdout.toString());
}

export function writeSample(path: string, lines: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const file = createWriteStream(path).on('error', reject).on('finish', resolve);
    for (const text of sampleCsv({ lines })) file.write(text);
    file.end();
  });
}
