import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createScope } from '../../src/kernel/scope.ts';
import { countedKernel } from '../support/counted-kernel.ts';

const test = suite('scope');

test('its end frees what was allocated in it, but not what was freed or kept before', async () => {
  const kernel = countedKernel();
  const outside = kernel.memory.allocate(Float32Array, 16);
  const scope = createScope(kernel);
  const kept = scope.memory.allocate(Float32Array, 32);
  scope.memory.free(scope.memory.allocate(Uint32Array, 64));
  scope.memory.allocate(Float64Array, 128);
  scope.keep(kept);
  const released = scope.memory.release(scope.memory.allocate(Float32Array, 256).fill(5));
  scope.end();
  assert.is(kernel.bytes(), outside.byteLength + kept.byteLength);
  assert.ok(released.every((value) => value === 5));
  await kernel.close();
});

test('what an inner scope keeps belongs to the outer one', async () => {
  const kernel = countedKernel();
  const outer = createScope(kernel);
  const inner = createScope(outer);
  const kept = inner.memory.allocate(Float32Array, 16);
  inner.memory.allocate(Float32Array, 16);
  inner.keep(kept);
  inner.end();
  assert.is(kernel.bytes(), kept.byteLength);
  outer.end();
  assert.is(kernel.bytes(), 0);
  await kernel.close();
});

test('its operations run on the kernel', async () => {
  const kernel = countedKernel();
  const scope = createScope(kernel);
  const x = scope.memory.allocate(Float32Array, 16).fill(2);
  const gram = scope.memory.allocate(Float32Array, 256);
  assert.is(await scope.run('gram', { x, count: 1, stride: 16, scale: 1, gram }, Uint32Array.of(0, 16)), 0);
  assert.is(gram[0], 4);
  scope.end();
  await kernel.close();
});

test.run();
