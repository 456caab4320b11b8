import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evenBounds, type OpenKernel } from '../../../src/kernel/kernel.ts';
import { openKernel } from '../../../src/kernel/web/open.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { testUnless } from '../../support/skip.ts';
import { matrix } from '../backends.ts';
import { modules } from './modules.ts';
import { provideWebWorkers, type WebWorkers } from './workers.ts';

const test = suite('Web Workers of a kernel');
const shared = modules.filter((each) => each.shared);
const module = shared.find(({ absent }) => !absent)!.module();
const stride = 48;
let workers: WebWorkers;

test.before.each(() => {
  workers = provideWebWorkers();
});
test.after.each(() => workers.remove());

async function gramOn(kernel: OpenKernel, rows = 500, signal?: AbortSignal, size = 8): Promise<Float32Array> {
  const x = matrix(kernel, rows, 40, stride, 1);
  const gram = kernel.memory.allocate(Float32Array, stride * stride);
  assert.is(
    await kernel.run('gram', { x, count: rows, stride, scale: 1, gram }, evenBounds(stride, size), { signal }),
    0,
  );
  return gram.slice();
}

for (const { name, absent, module } of shared) {
  testUnless(test, absent, `${name}: the bytes do not depend on the number of threads`, async () => {
    const one = await openKernel({ module: module(), threads: 1 });
    const expected = await gramOn(one);
    assert.is(workers.started, 0);
    const kernel = await openKernel({ module: module(), threads: 3 });
    assert.equal([kernel.threads, kernel.failed], [3, []]);
    for (const gram of await Promise.all([gramOn(kernel), gramOn(kernel)])) assert.equal(gram, expected);
    assert.is(workers.started, 3);
    await kernel.close();
    assert.is(workers.ended, 3);
  });
}

test('one thread starts when the kernel is opened, and the others at the first run', async () => {
  const kernel = await openKernel({ module, threads: 3 });
  assert.is(workers.started, 1);
  await gramOn(kernel);
  assert.is(workers.started, 3);
  await kernel.close();
});

test('a signal ends a run, and a thread that dies is replaced', async () => {
  const kernel = await openKernel({ module, threads: 2 });
  const expected = await gramOn(kernel);
  const stopping = new AbortController();
  const running = endcapErrorOf(gramOn(kernel, 500_000, stopping.signal));
  stopping.abort();
  assert.is((await running).code, 'aborted');
  const args = { x: new Float32Array(), count: 0, stride, scale: 1, gram: new Float32Array() };
  assert.instance(await kernel.run('gram', args, Uint32Array.of(0)).catch((error) => error), TypeError);
  assert.equal(await gramOn(kernel), expected);
  await kernel.close();
  assert.match((await endcapErrorOf(gramOn(kernel))).message, /closed/);
});

test('threads that do not start are an error if they are asked for, and else the calling thread works', async () => {
  workers.remove();
  workers = provideWebWorkers('data:text/javascript,throw new Error("no such file")');
  const error = await endcapErrorOf(openKernel({ module, threads: 2 }));
  assert.is(error.code, 'kernel_unavailable');
  assert.match(error.message, /a thread of the kernel did not start: no such file.*kernel\/web\/worker\.js/);
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: 4 } });
  const kernel = await openKernel({ module });
  assert.is(kernel.threads, 1);
  assert.match(kernel.failed[0].reason, /did not start: no such file/);
  assert.ok((await gramOn(kernel))[0] > 0);
  await kernel.close();
});

/** A worker that does no work, and throws at jobs of three calls. */
const broken = `
  globalThis.onmessage = ({ data }) => {
    if (data.bounds?.length === 4) throw new Error('broken');
    globalThis.postMessage('module' in data ? 'ready' : 'done');
  };`;

test('the death of a thread in a run is reported as such, and the next run replaces it', async () => {
  workers.remove();
  workers = provideWebWorkers(`data:text/javascript,${encodeURIComponent(broken)}`);
  const kernel = await openKernel({ module, threads: 2 });
  const error = await endcapErrorOf(gramOn(kernel, 500, undefined, 16));
  assert.is(error.code, 'kernel_unavailable');
  assert.match(error.message, /a thread of the kernel died: broken; the call is lost/);
  assert.is(workers.started, 2);
  await gramOn(kernel);
  assert.is(workers.started, 4);
  await kernel.close();
});

test('hosts that are not isolated have no threads, and are told how to get them', async () => {
  Object.assign(globalThis, { crossOriginIsolated: false });
  const error = await endcapErrorOf(openKernel({ module, threads: 2 }));
  assert.match(error.message, /not cross-origin isolated.*Cross-Origin-Opener-Policy: same-origin/);
  delete (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated;
  const shared = globalThis.SharedArrayBuffer;
  Object.assign(globalThis, { SharedArrayBuffer: undefined });
  const hidden = await endcapErrorOf(openKernel({ module, threads: 2 }));
  Object.assign(globalThis, { SharedArrayBuffer: shared });
  assert.match(hidden.message, /this host has no SharedArrayBuffer/);
  const unshared = modules.find((each) => !each.shared && !each.absent)!.module();
  assert.match((await endcapErrorOf(openKernel({ module: unshared, threads: 2 }))).message, /give endcap\.simd\.wasm/);
});

test.run();
