import { availableParallelism } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import { type KernelOptions, openKernel } from '../../src/kernel/open.ts';
import { testUnless } from '../support/skip.ts';
import { backends } from './backends.ts';

const test = suite('open');
const native = backends.find(({ options, absent }) => options.backend === 'native' && !absent);
const noNative = native ? undefined : 'no native kernel runs here';

test.before.each(() => {
  for (const name of ['ENDCAP_ADDON', 'ENDCAP_BACKEND', 'ENDCAP_ISA', 'ENDCAP_THREADS']) delete process.env[name];
});

function failure(options: KernelOptions): EndcapError {
  try {
    openKernel(options);
  } catch (error) {
    assert.instance(error, EndcapError);
    return error as EndcapError;
  }
  throw new Error('should have failed');
}

testUnless(test, noNative, 'by default it takes the best native instruction set', () => {
  const kernel = openKernel();
  assert.is(kernel.backend, 'native');
  assert.is(kernel.isa, native?.options.isa);
  assert.equal(kernel.failed, []);
});

testUnless(
  test,
  native && 'a native kernel runs here',
  'without a native kernel it takes wasm and does not report missing files',
  () => {
    const kernel = openKernel();
    assert.is(kernel.backend, 'wasm');
    assert.equal(
      kernel.failed.filter(({ what }) => what.startsWith('native')),
      [],
    );
  },
);

test('options force a backend, an instruction set, and threads', () => {
  const kernel = openKernel({ backend: 'wasm', isa: 'scalar', threads: 3 });
  assert.equal([kernel.backend, kernel.isa, kernel.threads], ['wasm', 'scalar', 3]);
});

test('so does the environment, and options win', () => {
  process.env.ENDCAP_BACKEND = 'wasm';
  process.env.ENDCAP_ISA = 'simd';
  process.env.ENDCAP_THREADS = '2';
  const kernel = openKernel();
  assert.equal([kernel.backend, kernel.isa, kernel.threads], ['wasm', 'simd', 2]);
  assert.is(openKernel({ isa: 'scalar', threads: 1 }).isa, 'scalar');
});

test('a forced kernel that cannot run is an error that lists what was tried', () => {
  const isa = process.arch === 'arm64' ? 'avx2' : 'neon';
  const error = failure({ backend: 'native', isa });
  assert.is(error.code, 'kernel_unavailable');
  assert.match(error.message, /build\/native\/Release\/endcap\.node: /);
  assert.match(error.message, /prebuilds\//);
  assert.is((error.details.tried as unknown[]).length, 2);
});

test('ENDCAP_ADDON names the only addon that is tried', () => {
  process.env.ENDCAP_ADDON = 'build/no-such-folder/endcap.node';
  assert.equal(failure({ backend: 'native' }).details.tried, [
    { what: 'native, build/no-such-folder/endcap.node', reason: 'no such file' },
  ]);
});

test('for a name that does not exist, the error lists those that do', () => {
  assert.match(failure({ backend: 'gpu' as never }).message, /'native' or 'wasm'/);
  assert.match(failure({ backend: 'wasm', isa: 'avx2' }).message, /relaxed, simd, scalar/);
  for (const threads of [0, 1.5, -1, Number.NaN]) assert.is(failure({ threads }).code, 'invalid_options');
  for (const strange of [Object.create(null), { toString: 1 }, Symbol('x')]) {
    for (const option of ['backend', 'isa', 'threads'])
      assert.is(failure({ [option]: strange }).code, 'invalid_options', option);
  }
  process.env.ENDCAP_THREADS = 'many';
  assert.match(failure({}).message, /'many'/);
});

test('as many threads as four times the CPUs are taken, and no more', () => {
  const most = 4 * availableParallelism();
  assert.is(openKernel({ threads: most }).threads, most);
  process.env.ENDCAP_THREADS = String(most + 1);
  for (const options of [{}, { threads: most + 1 }, { threads: 1000 * most }]) {
    const error = failure(options);
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, `from 1 to ${most}, `);
    assert.match(error.message, `there are ${availableParallelism()}`);
  }
});

test.run();
