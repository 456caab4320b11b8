import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { abandon, collected } from '../../src/kernel/garbage.ts';
import { openKernel } from '../../src/kernel/open.ts';

const test = suite('garbage of kernels');

/** Lets the stack lose what it may still hold. */
const later = () => new Promise((resolve) => setTimeout(resolve, 10));

test('the memory of closed kernels is collected though nothing else asks for it', async () => {
  for (const options of [{}, { backend: 'wasm' }] as const) {
    let freed = 0;
    const registry = new FinalizationRegistry(() => freed++);
    for (let i = 0; i < 4; i++) {
      const kernel = openKernel({ ...options, threads: 1 });
      registry.register(kernel.memory.allocate(Uint8Array, 2 ** 26).buffer, i);
      await kernel.close();
    }
    await later();
    await collected();
    await later();
    // The last one may be on the stack.
    assert.ok(freed >= 3, `${freed} of 4`);
  }
});

test('what is small, and what is nowhere, is not waited for', async () => {
  await abandon({ size: () => 2 ** 20, witness: () => ({}) });
  await abandon({ size: () => 2 ** 30, witness: () => undefined });
  await collected();
});

test('what somebody holds is not waited for for ever', async () => {
  const held = {};
  const end = abandon({ size: () => 2 ** 30, witness: () => held });
  await collected();
  await end;
  assert.ok(held);
});

test.run();
