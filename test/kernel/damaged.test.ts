/** Kernels that cannot run, because of their files or of the host: nothing crashes, and the error says what to do. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndcapError } from '../../src/errors.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { version } from '../../src/version.ts';
import { testUnless } from '../support/skip.ts';
import { absentBackend } from './backends.ts';

const test = suite('damaged');
const root = fileURLToPath(new URL('../..', import.meta.url));
const temp = mkdtempSync(join(tmpdir(), 'endcap-damaged-'));
const platform = `${process.platform}-${process.arch}`;
const addon = ['build/native/Release', `prebuilds/${platform}`]
  .map((folder) => join(root, folder, 'endcap.node'))
  .find(existsSync)!;
const noNative = absentBackend('native');
const noElf = noNative ?? (process.platform === 'linux' ? undefined : 'only Linux has ELF');

test.before.each(() => {
  for (const name of ['ENDCAP_ADDON', 'ENDCAP_BACKEND', 'ENDCAP_ISA']) delete process.env[name];
});
test.after(() => {
  delete process.env.ENDCAP_PACKAGE;
  rmSync(temp, { recursive: true });
});

let packages = 0;

/** A package of these files only, besides its manifest. */
function packageOf(files: Record<string, Uint8Array>): string {
  const folder = join(temp, String(packages++));
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'endcap', version }));
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  process.env.ENDCAP_PACKAGE = folder;
  return folder;
}

const binary = `prebuilds/${platform}/endcap.node`;
const wasmOf = (isa: string) => `build/wasm/endcap.${isa}.wasm`;
const read = (path: string) => new Uint8Array(readFileSync(join(root, path)));

function failure(options: Parameters<typeof openKernel>[0]): EndcapError {
  try {
    openKernel({ threads: 1, ...options });
  } catch (error) {
    assert.is((error as EndcapError).code, 'kernel_unavailable');
    return error as EndcapError;
  }
  throw new Error('should have failed');
}

/** A header of ELF for a processor, with nothing behind it. */
function elfFor(machine: number): Uint8Array {
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0x7f454c46);
  header.writeUInt16BE(0x0201, 4);
  header.writeUInt16LE(machine, 18);
  return header;
}

test('with no file at all, the error lists all that were tried, and advises to install again', () => {
  packageOf({});
  const { message, details } = failure({});
  assert.is((details.tried as unknown[]).length, 5);
  assert.match(message, `native, ${binary}: no such file`);
  for (const isa of ['relaxed', 'simd', 'scalar']) assert.match(message, `wasm, ${wasmOf(isa)}: no such file`);
  assert.match(message, 'the package is not complete; install endcap again');
});

const strangers: Record<string, [Uint8Array, RegExp]> = {
  Windows: [Buffer.from('MZ and more'), /it is a binary for Windows/],
  macOS: [Buffer.from('cffaedfe0c000001', 'hex'), /it is a binary for macOS/],
  'another processor': [elfFor(process.arch === 'arm64' ? 62 : 183), /it is a binary for (arm64|x64), and this is/],
  'nothing at all': [new Uint8Array(0), /it is no binary; install endcap again/],
  text: [Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /it is no binary; install endcap again/],
};

for (const [what, [bytes, reason]] of Object.entries(strangers)) {
  testUnless(
    test,
    process.platform === 'linux' ? undefined : 'written for Linux',
    `a binary for ${what} is not loaded, and wasm runs in its place`,
    () => {
      packageOf({ [binary]: bytes, [wasmOf('scalar')]: read(wasmOf('scalar')) });
      const kernel = openKernel({ threads: 1 });
      assert.is(kernel.backend, 'wasm');
      assert.match(kernel.failed[0].reason, reason);
      assert.match(failure({ backend: 'native' }).message, reason);
    },
  );
}

testUnless(test, noElf, 'a binary that was cut off anywhere is not loaded', () => {
  const whole = readFileSync(addon);
  for (const share of [0.001, 0.1, 0.5, 0.9, 0.999]) {
    const length = Math.max(64, Math.floor(whole.length * share));
    packageOf({ [binary]: whole.subarray(0, length) });
    assert.match(
      failure({ backend: 'native' }).message,
      `it is cut off after ${length} of ${whole.length} bytes; install endcap again`,
    );
  }
});

testUnless(test, noElf, 'a whole binary passes the look at it', () => {
  packageOf({ [binary]: readFileSync(addon) });
  assert.is(openKernel({ backend: 'native', threads: 1 }).backend, 'native');
});

/** A Node-API module of others, if one is installed that loads here. */
const other = join(root, 'node_modules/@libsql', `linux-${process.arch}-gnu/index.node`);
function noOther(): string | undefined {
  try {
    createRequire(import.meta.url)(other);
  } catch {
    return 'there is no other addon here';
  }
}

testUnless(test, noElf ?? noOther(), 'an addon that is none of Endcap is not used', () => {
  packageOf({ [binary]: readFileSync(other) });
  assert.match(failure({ backend: 'native' }).message, /it is of something else than this version of endcap/);
});

test('WebAssembly that was cut off, or is of something else, is not used', () => {
  const whole = read(wasmOf('scalar'));
  const empty = Buffer.from('0061736d01000000', 'hex');
  for (const [bytes, reason] of [
    [whole.subarray(0, 20_000), /it is damaged; install endcap again/],
    [whole.subarray(0, 3), /it is damaged; install endcap again/],
    [new Uint8Array(0), /it is damaged; install endcap again/],
    [Buffer.from('<!doctype html>'), /it is damaged; install endcap again/],
    [empty, /it is of something else than this version of endcap, without \w+; install endcap again/],
  ] as const) {
    packageOf({ [wasmOf('scalar')]: bytes });
    assert.match(failure({ backend: 'wasm', isa: 'scalar' }).message, reason);
  }
});

test('a forced instruction set that is not there names what forces it', () => {
  packageOf({ [wasmOf('scalar')]: read(wasmOf('scalar')) });
  const isa = process.arch === 'arm64' ? 'avx2' : 'neon';
  assert.match(failure({ isa }).message, `no ${isa} kernel runs here`);
  assert.match(failure({ isa }).message, 'leave out the option isa, so that whatever runs here is used');
  process.env.ENDCAP_ISA = isa;
  process.env.ENDCAP_BACKEND = 'native';
  const { message } = failure({});
  assert.match(message, 'leave out ENDCAP_ISA');
  assert.match(message, 'leave out ENDCAP_BACKEND');
});

/** What a process says that opens a kernel, with flags of Node, after commands of a shell. */
function opened(flags: string[], options: object, commands = ''): string {
  delete process.env.ENDCAP_PACKAGE;
  const program = `
    import { openKernel } from './dist/kernel/open.js';
    try {
      const { backend, isa, failed } = openKernel(${JSON.stringify({ threads: 1, ...options })});
      console.log(backend, isa, JSON.stringify(failed));
    } catch (error) {
      console.log(error.code, error.message);
    }`;
  const node = [process.execPath, ...flags, '--input-type=module', '-e', program];
  const [command, ...args] = commands ? ['/bin/sh', '-c', `${commands}; exec "$@"`, 'sh', ...node] : node;
  const { stdout, stderr, signal } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  assert.is(signal, null);
  assert.ok(stdout, stderr);
  return stdout;
}

test('without WebAssembly and without addons, the error says that there is neither', () => {
  const said = opened(['--jitless', '--no-addons'], {});
  assert.match(said, /^kernel_unavailable no kernel runs here/);
  assert.match(said, /this host has no WebAssembly/);
});

testUnless(
  test,
  process.arch === 'x64' ? undefined : 'the flag is of x64',
  'without SIMD, the scalar WebAssembly runs, and a forced one does not',
  () => {
    assert.match(
      opened(['--no-enable-sse4-1'], { backend: 'wasm' }),
      /^wasm scalar .*simd\.wasm.*this host does not run it/,
    );
    assert.match(
      opened(['--no-enable-sse4-1'], { backend: 'wasm', isa: 'simd' }),
      /^kernel_unavailable.*does not run it/s,
    );
  },
);

testUnless(
  test,
  process.platform !== 'linux'
    ? 'ulimit -v is of Linux'
    : process.env.ASAN_OPTIONS && 'AddressSanitizer reserves more address space than that',
  'without address space for shared memory, the error says so; since Node 24 there is less of it',
  () => {
    const reserves = Number.parseInt(process.versions.node, 10) < 24;
    const expected = reserves
      ? /^kernel_unavailable.*no address space for its memory; raise the limit of this process, such as ulimit -v/s
      : /^wasm /;
    assert.match(opened([], { backend: 'wasm' }, 'ulimit -v 3000000'), expected);
  },
);

test.run();
