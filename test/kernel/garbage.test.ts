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
  const end = abandon({ size: () => 2 ** 30, witness: () => held });
  await collected();
  await end;
  assert.ok(held);
});

/** Arrays that are freed lie between others, after one whose end would have glibc keep all that are smaller. */
const freed = `
  const { openKernel } = await import(${moduleOf('kernel/open')});
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--expose-gc');
  const gc = (await import('node:vm')).runInNewContext('gc');
  const later = () => new Promise((resolve) => setTimeout(resolve, 50));
  const collect = async () => { for (let i = 0; i < 4; i++) (gc(), await later()); };
  const { memory } = openKernel({ backend: 'native', threads: 1 });
  memory.allocate(Uint8Array, 2 ** 24);
  await collect();
  let arrays = Array.from({ length: 64 }, () => memory.allocate(Uint8Array, 2 ** 20).fill(1));
  const before = process.memoryUsage.rss();
  arrays = arrays.filter((_, i) => i % 8 === 7);
  await collect();
  console.log(before - process.memoryUsage.rss() > 2 ** 25, arrays.every((array) => array.every((byte) => byte === 1)));
`;

testUnless(
  test,
  absentBackend('native') ?? withoutPages(),
  'the system has the pages of arrays back, also of those between others',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...loader, '--input-type=module', '-e', freed]);
    assert.is(stdout, 'true true\n');
  },
);

function withoutPages(): string | undefined {
  if (process.env.ASAN_OPTIONS !== undefined) return 'AddressSanitizer allocates by itself';
  if (process.env.ENDCAP_TEST_NODE) return 'an emulator does not pass on what is given back';
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime ? undefined : 'only glibc is told to';
}

test.run();
