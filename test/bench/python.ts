import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const packages = ['numpy', 'scipy', 'implicit', 'rusket', 'faiss-cpu', 'duckdb'];

/** A Python environment with those peers that could be installed. */
export interface Environment {
  /** Undefined if there is no Python. */
  python: string | undefined;
  /** Versions by package. */
  versions: Map<string, string>;
  /** Why something is missing, by package, or under `python3`. */
  gaps: Map<string, string>;
}

/** Creates a virtual environment in a folder, or reuses the one there, and installs the packages it lacks. */
export async function makeEnvironment(folder: string): Promise<Environment> {
  const gaps = new Map<string, string>();
  const versions = new Map<string, string>();
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  try {
    if (!existsSync(python)) await run('python3', ['-m', 'venv', folder]);
  } catch (error) {
    gaps.set('python3', reasonOf(error));
    return { python: undefined, versions, gaps };
  }
  for (const name of packages) {
    try {
      await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', name]);
      const version = await run(python, ['-c', `import importlib.metadata as m; print(m.version('${name}'))`]);
      versions.set(name, version.stdout.trim());
    } catch (error) {
      gaps.set(name, reasonOf(error));
    }
  }
  return { python, versions, gaps };
}

/** Returns the last line that a failed program printed, or of the error's own message. */
export function reasonOf(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  const lines = (stderr || message).trim().split('\n');
  return lines[lines.length - 1].trim().slice(0, 200);
}

/** A Python process that keeps data and models between requests. */
export interface Peer {
  /** Sends a request and returns the answer; one at a time. Rejects with Python's error. */
  ask(command: string, parameters: Record<string, unknown>): Promise<Record<string, number>>;
  close(): void;
}

/** Starts `peers.py`. BLAS gets `blasThreads` threads, everything else `threads`. */
export function startPeer({ python, gaps }: Environment, threads: number, blasThreads = 1): Peer {
  if (python === undefined) return { ask: () => Promise.reject(new Error(gaps.get('python3'))), close() {} };
  const script = fileURLToPath(new URL('peers.py', import.meta.url));
  const env = {
    ...process.env,
    OMP_NUM_THREADS: String(threads),
    RAYON_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(blasThreads),
    MKL_NUM_THREADS: String(blasThreads),
    PEER_THREADS: String(threads),
  };
  const child = spawn(python, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  // If the process ended, the wait for its answer reports it.
  child.stdin.on('error', () => {});
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(command, parameters) {
      child.stdin.write(`${JSON.stringify({ command, ...parameters })}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`python ended during ${command}`);
      const answer = JSON.parse(value);
      if (answer.error === undefined) return answer;
      const module = /No module named '(\w+)/.exec(answer.error)?.[1];
      const absent = [...gaps].find(([name]) => module !== undefined && name.startsWith(module));
      throw new Error(absent ? `${absent[0]} was not installed: ${absent[1]}` : answer.error);
    },
    close: () => child.stdin.end(),
  };
}
