import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndcapError } from '../../../src/errors.ts';
import { copyIn } from '../../../src/kernel/memory.ts';
import { openKernel, type WebKernelOptions } from '../../../src/kernel/web/open.ts';
import { webAssembly } from '../../../src/kernel/webassembly.ts';
import { version } from '../../../src/version.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { testUnless } from '../../support/skip.ts';
import { moduleFile, modules } from './modules.ts';

const test = suite('web kernel');
const here = modules.filter(({ absent }) => !absent);
const best = (shared: boolean) => here.find((each) => each.shared === shared)!;

/** What the host under test answers, by path; by default, the files of the package. */
const answers = new Map<string, { status?: number; type?: string; body: Uint8Array | string }>();
const asked: string[] = [];
const server = createServer(({ url = '' }, response) => {
  asked.push(url);
  const file = url.split('/').at(-1)!;
  const known = modules.some(({ name }) => name === file);
  const {
    status = 200,
    type = 'application/wasm',
    body,
  } = answers.get(url) ?? {
    body: known ? readFileSync(moduleFile(file)) : '',
    status: known ? 200 : 404,
  };
  response.writeHead(status, { 'content-type': type }).end(body);
});
test.before(async () => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
test.after(() => void server.close());
test.before.each(() => {
  answers.clear();
  asked.length = 0;
});
const at = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

async function failure(options: WebKernelOptions): Promise<EndcapError> {
  return endcapErrorOf(openKernel(options));
}

test('it fetches the best module that runs here from a folder, once', async () => {
  const kernel = await openKernel({ url: at('/once/') });
  assert.equal([kernel.backend, kernel.isa, kernel.threads], ['wasm', best(false).isa, 1]);
  await openKernel({ url: new URL(at('/once/')) });
  assert.equal(asked, [`/once/${best(false).name}`]);
});

test('it fetches another one if that is not there, and says so', async () => {
  answers.set(`/fallback/${best(false).name}`, { status: 404, body: 'no' });
  const kernel = await openKernel({ url: at('/fallback/') });
  assert.is.not(kernel.isa, best(false).isa);
  assert.ok(kernel.failed.some(({ what, reason }) => what.endsWith(best(false).name) && /404/.test(reason)));
});

test('it fetches a single module, whatever type the answer claims', async () => {
  const scalar = readFileSync(moduleFile('endcap.scalar.unshared.wasm'));
  for (const type of ['application/wasm', 'application/octet-stream']) {
    answers.set(`/${type}/kernel`, { type, body: scalar });
    assert.is((await openKernel({ url: at(`/${type}/kernel`) })).isa, 'scalar');
  }
});

test('options force an instruction set', async () => {
  assert.is((await openKernel({ url: at('/forced/'), isa: 'scalar' })).isa, 'scalar');
});

test('a module that cannot be used is an error that says what was tried, why, and what to do', async () => {
  const whole = readFileSync(moduleFile('endcap.simd.unshared.wasm'));
  const bodies: [string, string | Uint8Array, number, RegExp][] = [
    ['missing', 'Not here', 404, /the answer is 404/],
    ['page', '<!doctype html><title>Shop</title>', 200, /it is not WebAssembly, but begins with "<!doctype html/],
    ['empty', '', 200, /it is empty/],
    ['truncated', whole.subarray(0, 5000), 200, /WebAssembly\.compile\(\)/],
    ['foreign', Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0), 200, /it is not a module of Endcap/],
    [
      'older',
      Buffer.from(whole.toString('latin1').replace(`"${version}"`, '"9.9.9"'), 'latin1'),
      200,
      /of Endcap 9\.9\.9/,
    ],
  ];
  for (const [path, body, status, reason] of bodies) {
    answers.set(`/bad/${path}`, { body, status, type: 'text/plain' });
    const error = await failure({ url: at(`/bad/${path}`) });
    assert.is(error.code, 'kernel_unavailable', path);
    assert.match(error.message, reason);
    assert.match(error.message, /have one of the files of the package's folder build\/wasm there/);
    assert.match(error.message, `wasm, ${at(`/bad/${path}`)}: `);
    assert.is((error.details.tried as unknown[]).length, 1);
  }
  answers.set('/bad/streamed', { body: whole.subarray(0, 5000) });
  assert.match((await failure({ url: at('/bad/streamed') })).message, /compileStreaming/);
});

test('a host that does not answer is an error, and the next attempt asks again', async () => {
  assert.match((await failure({ url: 'http://127.0.0.1:1/kernel.wasm' })).message, /127\.0\.0\.1:1\/kernel\.wasm: /);
  answers.set('/late/kernel.wasm', { status: 503, body: '' });
  assert.match((await failure({ url: at('/late/kernel.wasm') })).message, /503/);
  answers.set('/late/kernel.wasm', { body: readFileSync(moduleFile('endcap.scalar.unshared.wasm')) });
  assert.ok(await openKernel({ url: at('/late/kernel.wasm') }));
});

test('without a module and an address, it says what to do, where files cannot be fetched', async () => {
  const error = await failure({});
  assert.match(error.message, /file:\/\/.*endcap\.scalar\.unshared\.wasm: /);
  assert.match(error.message, /where the bundle expects them, or say by the option url where they are/);
});

test('a module that is given has to be one of this package', async () => {
  for (const [module, reason] of [
    [new webAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)), /not a module of Endcap/],
    [readFileSync(moduleFile('endcap.scalar.wasm')), /not a WebAssembly\.Module, but/],
    [{}, /not a WebAssembly\.Module, but \[object Object\]/],
  ] as const)
    assert.match((await failure({ module })).message, reason);
});

test('options that do not fit are refused', async () => {
  const module = here[0].module();
  for (const [options, message] of [
    [{ module, url: '/x' }, /^url: .*a module is given/],
    [{ module, isa: 'simd' }, /^isa: .*a module is given/],
    [{ url: '/x.wasm', isa: 'simd' }, /^isa: .*one module/],
    [{ url: 5 }, /^url: .*address of a module/],
    [{ isa: 'avx2' }, /^isa: 'avx2'.*'relaxed', 'simd', 'scalar'/],
    [{ memory: 1000 }, /^memory: .*from 1048576 to 4294967296/],
    [{ threads: 0 }, /^threads: /],
    [{ backend: 'wasm' }, /^backend: .*module, url, isa, memory, threads/],
  ] as const) {
    const error = await failure(options as WebKernelOptions);
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, message);
  }
});

/** What a program prints that has the kernel of the build. */
function printed(program: string, flags: string[] = []): string {
  const source = `
    import { readFileSync } from 'node:fs';
    const file = '${new URL('../../../dist/kernel/web/open.js', import.meta.url)}';
    const bytes = (name) => readFileSync('${fileURLToPath(moduleFile(''))}' + name);
    ${program}`;
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', source], {
    encoding: 'utf8',
  });
  return stdout + stderr;
}

test('a host without WebAssembly, or one that refuses to compile, is told what to do', () => {
  const attempt = `const { openKernel } = await import(file);
    await openKernel({ url: 'http://127.0.0.1:1/' }).catch(({ code, message }) => console.log(code, message));`;
  assert.match(
    printed(attempt, ['--jitless']),
    /^kernel_unavailable no kernel runs here; tried:\n {2}wasm: this host has no WebAssembly/,
  );
  const refused = `WebAssembly.compile = async () => { throw new Error('blocked by CSP') };\n${attempt}`;
  assert.match(
    printed(refused),
    /wasm: this host compiles no WebAssembly: blocked by CSP\nallow it by script-src 'wasm-unsafe-eval'/,
  );
});

const otherFlags = process.arch === 'x64' ? undefined : 'SIMD can be switched off on x64 only';
testUnless(test, otherFlags, 'a host without SIMD gets the scalar module, or is told', () => {
  const noSimd = ['--no-enable-ssse3', '--no-enable-sse4-1'];
  const listed = printed(
    `const { openKernel } = await import(file);
     await openKernel({ url: 'http://127.0.0.1:1/', isa: 'simd' }).catch(({ message }) => console.log(message));
     await openKernel({ url: 'http://127.0.0.1:1/' }).catch(({ message }) => console.log(message));`,
    noSimd,
  );
  assert.match(listed, /endcap\.simd\.unshared\.wasm: this engine has no SIMD/);
  assert.match(listed, /endcap\.relaxed\.unshared\.wasm: this engine has no relaxed SIMD/);
  assert.match(listed, /127\.0\.0\.1:1\/endcap\.scalar\.unshared\.wasm: fetch failed/);
});

test('a host that hides shared memory runs kernels with it and without', () => {
  const program = `
    void Response; // which Node makes of what is taken away next
    for (const name of ['SharedArrayBuffer', 'FinalizationRegistry', 'WeakRef']) delete globalThis[name];
    const { openKernel } = await import(file);
    for (const name of ['endcap.scalar.wasm', 'endcap.scalar.unshared.wasm']) {
      const kernel = await openKernel({ module: new WebAssembly.Module(bytes(name)) });
      const x = kernel.memory.allocate(Float32Array, 16 * 100).fill(1);
      const gram = kernel.memory.allocate(Float32Array, 256);
      await kernel.run('gram', { x, count: 100, stride: 16, scale: 1, gram }, Uint32Array.of(0, 8, 16));
      console.log(name, gram[255]);
      await kernel.close();
    }`;
  assert.is(printed(program), 'endcap.scalar.wasm 100\nendcap.scalar.unshared.wasm 100\n');
});

for (const { name, absent, module } of modules) {
  testUnless(test, absent, `${name}: arrays stay as they are while others are allocated`, async () => {
    const { memory, close } = await openKernel({ module: module() });
    const first = copyIn(memory, Float32Array, [1, 2, 3]);
    for (let i = 0; i < 20; i++) memory.allocate(Float32Array, 2 ** 20);
    assert.equal([...first], [1, 2, 3]);
    assert.ok(memory.shares(first));
    await close();
  });

  testUnless(test, absent, `${name}: memory ends at its limit, with an error that says how to get more`, async () => {
    const { memory } = await openKernel({ module: module(), memory: 2 ** 22 });
    memory.allocate(Uint8Array, 2 ** 21);
    try {
      memory.allocate(Float32Array, 2 ** 20);
      assert.unreachable();
    } catch (error) {
      const { code, message, details } = error as EndcapError;
      assert.is(code, 'out_of_memory');
      assert.match(message, 'no room for 4 MiB of kernel memory: the kernel may take 4 MiB, of which ');
      assert.match(message, 'open it with memory: 8388608');
      assert.equal(details, { bytes: 2 ** 22 });
    }
  });
}

test('a host with frozen intrinsics runs kernels', () => {
  const program = `
    const { openKernel } = await import(file);
    const kernel = await openKernel({ module: new WebAssembly.Module(bytes('endcap.scalar.unshared.wasm')) });
    console.log(kernel.isa);`;
  assert.match(printed(program, ['--no-warnings', '--frozen-intrinsics']), /^scalar\n$/);
});

test('a host that has no room for shared memory gets the module without, and is told', () => {
  const program = `
    const { openKernel } = await import(file);
    const { Memory } = WebAssembly;
    WebAssembly.Memory = class {
      constructor(type) {
        if (type.shared) throw new RangeError('no address space');
        return new Memory(type);
      }
    };
    globalThis.Worker = class {};
    Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: 2 } });
    globalThis.fetch = async (url) => new Response(bytes(url.split('/').at(-1)), { headers: { 'content-type': 'application/wasm' } });
    const { threads, failed } = await openKernel({ url: '/', isa: 'scalar' });
    console.log(threads, JSON.stringify(failed.map(({ what, reason }) => what + ': ' + reason)));
    await openKernel({ url: '/', isa: 'scalar', threads: 2 }).catch(({ code, message }) => console.log(code, message));`;
  const [first, second] = printed(program).split('\n');
  assert.match(first, /^1 \["threads: no room for \d+ MiB of kernel memory: the host has none \(no address space\)/);
  assert.match(second, /^out_of_memory .*use a module without shared memory/);
});

test('threads that this host does not have are an error if they are asked for, and told if not', async () => {
  const error = await failure({ module: best(true).module(), threads: 2 });
  assert.is(error.code, 'kernel_unavailable');
  assert.match(error.message, /no kernel with 2 threads runs here: this host has no Web Workers/);
  const kernel = await openKernel({ module: best(true).module() });
  assert.is(kernel.threads, 1);
  assert.equal(kernel.failed, [{ what: 'threads', reason: 'this host has no Web Workers' }]);
});

test.run();
