import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Pinned, so that runs of different days compare. */
const peers: Readonly<Record<string, string>> = {
  numpy: '2.4.6',
  scipy: '1.17.1',
  implicit: '0.7.3',
  rusket: '0.1.101',
  'faiss-cpu': '1.15.1',
  duckdb: '2.0.1',
  pandas: '3.1.1',
  polars: '2.1.0',
  pyarrow: '26.0.1',
  threadpoolctl: '3.8.0',
};

/** A Python environment with those packages that could be installed. */
export interface Environment {
  /** Undefined if there is no Python. */
  python: string | undefined;
  /** Versions by package. */
  versions: Map<string, string>;
  /** Why something is missing, by package, or under `python3`. */
  gaps: Map<string, string>;
}

/** Creates a virtual environment in a folder, or reuses the one there, and installs the packages it lacks, by version. */
export async function makeEnvironment(folder: string, packages = peers): Promise<Environment> {
  const gaps = new Map<string, string>();
  const versions = new Map<string, string>();
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  try {
    if (!existsSync(python)) await run('python3', ['-m', 'venv', folder]);
  } catch (error) {
    gaps.set('python3', reasonOf(error));
    return { python: undefined, versions, gaps };
  }
  for (const [name, version] of Object.entries(packages)) {
    try {
      if ((await installed(python, name)) !== version)
        await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `${name}==${version}`]);
      versions.set(name, version);
    } catch (error) {
      gaps.set(name, reasonOf(error));
    }
  }
  if (versions.has('numpy') && versions.has('threadpoolctl')) {
    const env = peerSettings(1, 1);
    const { stdout } = await run(python, ['-c', blasQuestion], { env });
    versions.set('BLAS of numpy', stdout.trim());
  }
  return { python, versions, gaps };
}

/** The version of a package; undefined if it is not there. */
async function installed(python: string, name: string): Promise<string | undefined> {
  try {
    return (await run(python, ['-c', `import importlib.metadata as m; print(m.version('${name}'))`])).stdout.trim();
  } catch {
    return undefined;
  }
}

/** Prints the library and the kernels that it chose for this CPU, such as `openblas 0.3.30 SkylakeX`. */
const blasQuestion = `
import numpy
from threadpoolctl import threadpool_info
print(*(f"{p['internal_api']} {p['version']} {p.get('architecture', '')}" for p in threadpool_info() if p["user_api"] == "blas"))
`;

/** Variables that choose kernels, threads, or instruction sets of numeric libraries. */
const steering = /BLAS|^(MKL|OMP|GOMP|KMP|GOTO|NPY|NUMEXPR|VECLIB|RAYON|POLARS|ARROW|FAISS|BLIS)_/;

/** Settings of the surroundings that could slow a peer down, which it does not inherit. */
export function removedSettings(): string[] {
  return Object.keys(process.env).filter((name) => steering.test(name));
}

/**
 * The environment of a peer's process. BLAS gets `blasThreads` threads, everything else `threads`. If ours is held to AVX2,
 * so are the peers that choose their instruction set when they start.
 */
export function peerSettings(threads: number, blasThreads: number): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !steering.test(name))),
    OMP_NUM_THREADS: String(threads),
    RAYON_NUM_THREADS: String(threads),
    POLARS_MAX_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(blasThreads),
    MKL_NUM_THREADS: String(blasThreads),
    PEER_THREADS: String(threads),
    ...(process.env.ENDCAP_ISA === 'avx2' && { OPENBLAS_CORETYPE: 'Haswell', FAISS_OPT_LEVEL: 'avx2' }),
  };
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

/** Starts `peers.py`; see `peerSettings`. */
export function startPeer({ python, gaps }: Environment, threads: number, blasThreads = 1): Peer {
  if (python === undefined) return { ask: () => Promise.reject(new Error(gaps.get('python3'))), close() {} };
  const script = fileURLToPath(new URL('peers.py', import.meta.url));
  const child = spawn(python, [script], {
    env: peerSettings(threads, blasThreads),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
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
