import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kernelFor, kernelsHere } from '../../src/kernel/available.ts';
import { type KernelOptions, openKernel } from '../../src/kernel/open.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { backends } from './backends.ts';

const test = suite('available kernels');

test('every kernel of this kind of machine is listed, best first, and runs if it opens', async () => {
  const kernels = kernelsHere();
  const nameOf = ({ backend, isa }: { backend?: string; isa?: string }) => `${backend} ${isa}`;
  const order = backends.map(({ name }) => name);
  assert.equal(
    kernels.map(nameOf),
    order.filter((name) => kernels.some((kernel) => nameOf(kernel) === name)),
  );
  for (const { name, absent } of backends)
    if (!absent)
      assert.ok(
        kernels.some((kernel) => nameOf(kernel) === name && kernel.runs),
        name,
      );
  for (const { backend, isa, runs, reason } of kernels) {
    const opening = Promise.resolve().then(() => openKernel({ backend, isa, threads: 1 }));
    if (runs) assert.equal([(await opening).isa, reason], [isa, undefined]);
    else {
      assert.is((await endcapErrorOf(opening)).code, 'kernel_unavailable');
      assert.match(String(reason), /^(build|prebuilds)\/.+: ./);
    }
  }
  assert.is(kernels.at(-1)?.isa, 'scalar');
});

test('kernelFor reports the kernel that the same options open, and refuses what they refuse', async () => {
  const given: KernelOptions[] = [{}, { threads: 2 }, { backend: 'wasm', isa: 'scalar', threads: 3 }];
  for (const options of given) {
    const kernel = openKernel(options);
    const { backend, isa, threads, failed } = kernel;
    assert.equal(kernelFor(options), { backend, isa, threads, failed });
    await kernel.close();
  }
  for (const options of [{ backend: 'wasm', isa: 'avx2' }, { threads: 0 }] as KernelOptions[]) {
    const refusals = [openKernel, kernelFor].map((open) => endcapErrorOf(Promise.resolve().then(() => open(options))));
    const [opening, reporting] = await Promise.all(refusals);
    assert.equal([reporting.code, reporting.message], [opening.code, opening.message]);
  }
});

/** What a program of its own prints; it may change globals. */
function printed(program: string): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ENDCAP_ADDON: '' },
  });
  assert.ok(stdout, stderr);
  return JSON.parse(stdout);
}

test('a wasm module is compiled once, however many kernels open it', () => {
  const program = `
    let compiled = 0;
    const { Module } = WebAssembly;
    WebAssembly.Module = class extends Module { constructor(bytes) { compiled++; super(bytes); } };
    const { openKernel } = await import('./dist/kernel/open.js');
    for (let i = 0; i < 3; i++) openKernel({ backend: 'wasm', isa: 'scalar', threads: 1 });
    openKernel({ backend: 'wasm', isa: 'simd', threads: 1 });
    console.log(compiled);`;
  assert.is(printed(program), 2);
});

test.run();
