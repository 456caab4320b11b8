/**
 * Files of Endcap that its code loads while it runs: kernels, and scripts of threads and processes. They are in the package, and
 * so is the code, unless a bundler has copied it elsewhere.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { version } from './version.ts';

/** In a bundle of CommonJS there is no `import.meta`. */
const here: string | undefined =
  import.meta.url ?? (typeof __filename === 'string' ? pathToFileURL(__filename).href : undefined);

/**
 * Its path below the package's folder, and the same as `(_) => new URL('../...', import.meta.url)`, written out: tracers and
 * bundlers find files by such URLs, and some copy the files and put their new places there. `@vercel/nft` does not look into
 * functions without parameters, and the URL can't be made before it is asked for, since bundles of CommonJS have no `import.meta`.
 */
export type OwnFile = readonly [path: string, besideCode?: (_?: undefined) => URL];

/** Where a file is; undefined if it is nowhere. ENDCAP_PACKAGE names the only folder of the package that is looked at. */
export function findOwnFile([path, besideCode]: OwnFile): string | undefined {
  const copied = process.env.ENDCAP_PACKAGE ? undefined : pathOf(besideCode);
  if (copied !== undefined && existsSync(copied)) return copied;
  const folder = packageFolder();
  const file = isAbsolute(path) ? path : folder && join(folder, path);
  return file && existsSync(file) ? file : undefined;
}

/**
 * Where a script is. It imports what is beside it in the package, so that a copy of it alone is of no use. It is the compiled one
 * even if this code runs from its source, since threads and processes have no loader for TypeScript.
 *
 * @throws Error with what helps.
 */
export function findOwnScript([path, besideCode]: OwnFile): string {
  const copied = pathOf(besideCode);
  const isAlone = copied === undefined || !pathToFileURL(copied).pathname.endsWith(`/${path}`);
  const file = findOwnFile(isAlone ? [path] : [path, besideCode]);
  if (file === undefined) throw new Error(`${path} is missing: ${adviceOnFiles()}`);
  return file;
}

/**
 * Starts a thread, without the flags of the process: some, such as --input-type, are for its main program.
 *
 * @throws Error with what helps, if it can be seen at once that the thread does not start.
 */
export function startOwnThread(file: OwnFile, options: WorkerOptions = {}): Worker {
  const script = findOwnScript(file);
  try {
    return new Worker(script, { execArgv: [], ...options });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_ACCESS_DENIED') throw cause;
    throw new Error('this process may not start threads; allow them with --allow-worker', { cause });
  }
}

let hasTold = false;

/** Says once per process, as a warning, that work goes on without threads. */
export function tellThreadsMissing({ message }: Error): void {
  if (hasTold) return;
  hasTold = true;
  process.emitWarning(
    `threads do not start: ${message}. What they should do is done on the thread that asks for it, with the same results`,
    'EndcapWarning',
  );
}

/** What helps if a file is nowhere. */
export function adviceOnFiles(): string {
  const { ENDCAP_PACKAGE: named } = process.env;
  if (named && !isPackage(named)) return `ENDCAP_PACKAGE is ${named}, which is not the folder of endcap ${version}`;
  if (packageFolder() !== undefined) return 'the package is not complete; install endcap again';
  return (
    'a bundler has taken the code out of the package. Leave endcap out of the bundle (esbuild: --external:endcap; Rollup: ' +
    "external; webpack: externals; Vite: ssr.external; Next.js: serverExternalPackages: ['endcap']) and install it where the " +
    'program runs, or set ENDCAP_PACKAGE to the folder of the package'
  );
}

let found: string | undefined;

/** The package's folder: the one that ENDCAP_PACKAGE names, that of this code, or the one that is installed for it. */
function packageFolder(): string | undefined {
  const { ENDCAP_PACKAGE: named } = process.env;
  if (named) return isPackage(named) ? resolve(named) : undefined;
  found ??= [pathOf(() => new URL('..', here)), ...[here, process.argv[1]].map(installedFor)].find(isPackage);
  return found;
}

/** What a module would get from `require`. Not by an import of `createRequire`, which webpack replaces by its own. */
export function requireFrom(module: string): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(module);
}

/** The package that a module would import. */
function installedFor(module: string | undefined): string | undefined {
  try {
    return module && dirname(requireFrom(module).resolve('endcap/package.json'));
  } catch {
    return undefined;
  }
}

/** Whether this is the folder of this package. Files of another version may expect something else. */
function isPackage(folder: string | undefined): boolean {
  if (!folder) return false;
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return manifest.name === 'endcap' && manifest.version === version;
  } catch {
    return false;
  }
}

/** Undefined for what is no file. */
function pathOf(url: (() => URL) | undefined): string | undefined {
  try {
    return url && fileURLToPath(url());
  } catch {
    return undefined;
  }
}
