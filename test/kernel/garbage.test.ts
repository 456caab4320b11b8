import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
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

test('what is small is collected once there is enough of it', async () => {
  let freed = 0;
  const registry = new FinalizationRegistry(() => freed++);
  for (let i = 0; i < 16; i++) {
    const witness = {};
    registry.register(witness, i);
    void abandon({ size: () => 2 ** 23, witness: () => witness });
  }
  await later();
  await collected();
  await later();
  assert.ok(freed >= 14, `${freed} of 16`);
});

test('whoever waits for what is collected keeps the process', async () => {
  const script = [
    `const { abandon, collected } = await import(${JSON.stringify(new URL('../../src/kernel/garbage.ts', import.meta.url).href)});`,
    'void abandon({ size: () => 2 ** 30, witness: () => ({}) });',
    'await collected();',
    "console.log('collected');",
  ];
  const args = ['--import', 'tsx', '--input-type=module', '-e', script.join('\n')];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.is(stdout, 'collected\n');
});

test('what is held for longer than one look is found by a later one', async () => {
  let isFreed = false;
  const registry = new FinalizationRegistry(() => (isFreed = true));
  const holder: { held?: object } = { held: {} };
  registry.register(holder.held!, 0);
  void abandon({ size: () => 2 ** 30, witness: () => holder.held });
  // Past the first look, during which it is found to be alive.
  await new Promise((resolve) => setTimeout(resolve, 700));
  delete holder.held;
  await collected();
  await later();
  assert.ok(isFreed);
});

test('what somebody holds is not waited for for ever', async () => {
  const held = {};
  const end = abandon({ size: () => 2 ** 30, witness: () => held });
  await collected();
  await end;
  assert.ok(held);
});

test.run();
