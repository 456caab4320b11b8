/** Which module a web kernel runs, and how it is found: given, or fetched from where the package or the user has it. */
import { EndcapError } from '../../errors.ts';
import { excerpt } from '../../options.ts';
import { version } from '../../version.ts';
import type { Attempt } from '../kernel.ts';
import { type WasmIsa, wasmIsas } from '../wasm.ts';
import { type WasmModule, webAssembly } from '../webassembly.ts';

/** A compiled module, and what it says of itself. */
export interface WebModule {
  readonly module: WasmModule;
  readonly isa: WasmIsa;
  /** Whether its memory is shared. */
  readonly shared: boolean;
}

/** Where the package has its modules: literally, so that bundlers find the files. */
const shared: Record<WasmIsa, () => URL> = {
  relaxed: () => new URL('../../../build/wasm/endcap.relaxed.wasm', import.meta.url),
  simd: () => new URL('../../../build/wasm/endcap.simd.wasm', import.meta.url),
  scalar: () => new URL('../../../build/wasm/endcap.scalar.wasm', import.meta.url),
};
const unshared: Record<WasmIsa, () => URL> = {
  relaxed: () => new URL('../../../build/wasm/endcap.relaxed.unshared.wasm', import.meta.url),
  simd: () => new URL('../../../build/wasm/endcap.simd.unshared.wasm', import.meta.url),
  scalar: () => new URL('../../../build/wasm/endcap.scalar.unshared.wasm', import.meta.url),
};

const header = [0, 97, 115, 109, 1, 0, 0, 0];
/** The smallest modules that need an instruction set: a function that returns a vector. */
const probes: Record<WasmIsa, readonly number[]> = {
  relaxed: [1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11],
  simd: [1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
  scalar: [],
};
const names: Record<WasmIsa, string> = { relaxed: 'relaxed SIMD', simd: 'SIMD', scalar: 'WebAssembly 1.0' };

const runsHere = (isa: WasmIsa) => webAssembly.validate(Uint8Array.from([...header, ...probes[isa]]));

/** Throws `kernel_unavailable` on a host without WebAssembly. */
export function needWebAssembly(): void {
  if (typeof webAssembly === 'object') return;
  throw unavailable([{ what: 'wasm', reason: 'this host has no WebAssembly' }], 'use one that has');
}

/** A module that was given. Throws `kernel_unavailable` if it is not one of this package. */
export function givenModule(module: WasmModule): WebModule {
  const known = identified(module);
  if (typeof known !== 'string') return known;
  throw unavailable(
    [{ what: 'wasm, the given module', reason: known }],
    'give a module of this package, such as endcap/wasm/endcap.simd.unshared.wasm',
  );
}

/**
 * Fetches and compiles a module: the best that runs here or the one that is forced.
 *
 * @param url of a module, or of the folder of all if it ends in a slash; where the package has them if absent.
 * @param failed is given what would have been preferred.
 * @throws `kernel_unavailable`, with everything that was tried.
 */
export async function fetchModule(
  url: string | undefined,
  isa: WasmIsa | undefined,
  isShared: boolean,
  failed: Attempt[],
): Promise<WebModule> {
  await needCompiler();
  if (url !== undefined && !url.endsWith('/')) {
    const found = await tryUrl(url, () => url, failed);
    if (found) return found;
    throw unavailable(failed, adviceFor(url));
  }
  for (const choice of isa === undefined ? wasmIsas : [isa]) {
    const file = `endcap.${choice}${isShared ? '' : '.unshared'}.wasm`;
    if (!runsHere(choice)) {
      failed.push({ what: `wasm, ${file}`, reason: `this engine has no ${names[choice]}` });
      continue;
    }
    const address = url === undefined ? (isShared ? shared : unshared)[choice] : () => `${url}${file}`;
    const found = await tryUrl(file, address, failed);
    if (found) return found;
  }
  throw unavailable(failed, adviceFor(url));
}

async function tryUrl(file: string, address: () => URL | string, failed: Attempt[]): Promise<WebModule | undefined> {
  let what = `wasm, ${file}`;
  let reason: string;
  try {
    const url = String(address());
    what = `wasm, ${url}`;
    const known = identified(await compiledAt(url));
    if (typeof known !== 'string') return known;
    reason = known;
  } catch (error) {
    reason = (error as Error).message;
  }
  failed.push({ what, reason });
  return undefined;
}

const compiled = new Map<string, Promise<WasmModule>>();

/** Fetches and compiles a module once. */
function compiledAt(url: string): Promise<WasmModule> {
  let module = compiled.get(url);
  if (!module) {
    module = fetchAndCompile(url);
    compiled.set(url, module);
    module.catch(() => compiled.delete(url));
  }
  return module;
}

async function fetchAndCompile(url: string): Promise<WasmModule> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the answer is ${response.status} ${response.statusText}`.trim());
  const isStreamed = webAssembly.compileStreaming && response.headers.get('content-type') === 'application/wasm';
  if (isStreamed) return await webAssembly.compileStreaming!(response);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isWasm = bytes.length >= 8 && header.every((byte, i) => byte === bytes[i]);
  if (isWasm) return await webAssembly.compile(bytes);
  const start = new TextDecoder().decode(bytes.subarray(0, 32));
  throw new Error(
    bytes.length === 0 ? 'it is empty' : `it is not WebAssembly, but begins with ${JSON.stringify(start)}`,
  );
}

/** What a module says of itself; a problem if it is not one of this package. */
function identified(module: WasmModule): WebModule | string {
  if (!(module instanceof webAssembly.Module)) return `it is not a WebAssembly.Module, but ${excerpt(String(module))}`;
  const [section] = webAssembly.Module.customSections(module, 'endcap');
  if (!section) return 'it is not a module of Endcap';
  const about = JSON.parse(new TextDecoder().decode(section)) as Omit<WebModule, 'module'> & { version: string };
  if (about.version !== version) return `it is of Endcap ${about.version}, but this is ${version}`;
  return { module, isa: about.isa, shared: about.shared };
}

/** Throws `kernel_unavailable` on a host that runs modules, but compiles none. */
async function needCompiler(): Promise<void> {
  try {
    await webAssembly.compile(Uint8Array.from(header));
  } catch (error) {
    throw unavailable(
      [{ what: 'wasm', reason: `this host compiles no WebAssembly: ${(error as Error).message}` }],
      "allow it by script-src 'wasm-unsafe-eval' in the Content-Security-Policy, or give a compiled module by the option module",
    );
  }
}

/** What to do if no module could be fetched. */
function adviceFor(url: string | undefined): string {
  const files = "the files of the package's folder build/wasm";
  return url === undefined
    ? `have ${files} where the bundle expects them, or say by the option url where they are`
    : `have one of ${files} there, complete and of this version`;
}

function unavailable(tried: readonly Attempt[], advice: string): EndcapError {
  const list = tried.map(({ what, reason }) => `\n  ${what}: ${reason}`).join('');
  return new EndcapError('kernel_unavailable', `no kernel runs here; tried:${list}\n${advice}`, { tried });
}
