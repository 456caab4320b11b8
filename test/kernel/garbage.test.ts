import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { abandon, collected } from '../../src/kernel/garbage.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { testUnless } from '../support/skip.ts';
import { absentBackend } from './backends.ts';

const test = suite('garbage of kernels');

/** What runs a script in a process of its own, where tests are compiled as well, and a module of `src` for it. */
const isCompiled = import.meta.url.endsWith('.js');
const loader = isCompiled ? [] : ['--import', 'tsx'];
const moduleOf = (path: string) =>
  JSON.stringify(new URL(isCompiled ? `../../dist/${path}.js` : `../../src/${path}.ts`, import.meta.url).href);

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
    `const { abandon, collected } = await import(${moduleOf('kernel/garbage')});`,
    'void abandon({ size: () => 2 ** 30, witness: () => ({}) });',
    'await collected();',
    "console.log('collected');",
  ];
  const args = [...loader, '--input-type=module', '-e', script.join('\n')];
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
  let trims = 0;
  const end = abandon({ size: () => 2 ** 30, witness: () => held, trim: () => trims++ });
  await collected();
  await end;
  assert.ok(held);
  assert.is(trims, 0);
});

test('the system gets pages back once what was in them is collected, and not before', async () => {
  let [isFreed, trims] = [false, 0];
  const registry = new FinalizationRegistry(() => (isFreed = true));
  const holder: { held?: object } = { held: {} };
  registry.register(holder.held!, 0);
  const end = abandon({ size: () => 2 ** 30, witness: () => holder.held, trim: () => trims++ });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal([isFreed, trims], [false, 0]);
  delete holder.held;
  await collected();
  await end;
  assert.equal([isFreed, trims], [true, 1]);
});

/** Arrays that are freed lie between others, and the library of the system is told to keep what it has. */
const giveBack = `
  const { openKernel } = await import(${moduleOf('kernel/open')});
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--expose-gc');
  const gc = (await import('node:vm')).runInNewContext('gc');
  const later = () => new Promise((resolve) => setTimeout(resolve, 50));
  const { memory } = openKernel({ backend: 'native', threads: 1 });
  let arrays = Array.from({ length: 64 }, () => memory.allocate(Uint8Array, 2 ** 20).fill(1));
  arrays = arrays.filter((_, i) => i % 8 === 7);
  for (let i = 0; i < 4; i++) (gc(), await later());
  const before = process.memoryUsage.rss();
  memory.trim();
  console.log(before - process.memoryUsage.rss() > 2 ** 25, arrays.every((array) => array.every((byte) => byte === 1)));
`;

testUnless(
  test,
  absentBackend('native') ?? withoutTrim(),
  'the system gets pages back between arrays in use',
  async () => {
    const args = [...loader, '--input-type=module', '-e', giveBack];
    const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: '1000000000', MALLOC_TRIM_THRESHOLD_: '1000000000' };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    assert.is(stdout, 'true true\n');
  },
);

function withoutTrim(): string | undefined {
  if (process.env.ASAN_OPTIONS !== undefined) return 'AddressSanitizer allocates by itself';
  if (process.env.ENDCAP_TEST_NODE) return 'an emulator does not pass on what is given back';
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime ? undefined : 'only glibc keeps pages between what is allocated';
}

test.run();
