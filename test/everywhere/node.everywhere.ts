/** The versions of Node that the package promises, on the thread where programs run and on another one. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { version as packageVersion } from '../../src/version.ts';
import { absentBackend } from '../kernel/backends.ts';
import { root, run } from '../support/commands.ts';
import { testUnless } from '../support/skip.ts';
import { newProject } from './packed.ts';
import { assertSameAnswers, type Smoke, smokeOf } from './smoke.ts';
import { nodeTool } from './tools.ts';

const test = suite('node');
const versions = ['20.19.0', '22.23.3', '24.22.3', '26.12.1'];
const { folder: cwd, absent } = await newProject();

/** Node 20 has relaxed SIMD behind a flag. */
const kernels = [
  { kernel: 'native', flags: [], env: { ENDCAP_BACKEND: 'native' }, absent: absentBackend('native') },
  { kernel: 'wasm simd', flags: [], env: { ENDCAP_BACKEND: 'wasm', ENDCAP_ISA: 'simd' } },
  {
    kernel: 'wasm relaxed',
    flags: ['--experimental-wasm-relaxed-simd'],
    env: { ENDCAP_BACKEND: 'wasm', ENDCAP_ISA: 'relaxed' },
  },
];
/** What the first Node said on each kernel. */
const first = new Map<string, Smoke>();
const sameAsFirst = (kernel: string, smoke: Smoke) => {
  if (!first.has(kernel)) first.set(kernel, smoke);
  assert.is(smoke.factors, first.get(kernel)!.factors, `${smoke.host}, ${kernel}`);
  for (const other of first.values()) assertSameAnswers(smoke, other, `${smoke.host}, ${kernel}`);
};

for (const version of versions) {
  const node = await nodeTool(version);
  const isOld = version.startsWith('20.');

  for (const { kernel, flags, env, absent: noKernel } of kernels) {
    const reason = absent ?? node.absent ?? noKernel;
    testUnless(test, reason, `Node ${version} on ${kernel}: the same bytes as every other version`, async () => {
      const smoke = await smokeOf([node.path, ...(isOld ? flags : []), 'smoke.mjs'], { cwd, env });
      assert.is(smoke.host, `Node ${version}`);
      assert.is(
        [smoke.kernel.backend, kernel.split(' ')[1] ?? smoke.kernel.isa].join(' '),
        `${env.ENDCAP_BACKEND} ${smoke.kernel.isa}`,
      );
      assert.equal(smoke.warnings, []);
      sameAsFirst(kernel, smoke);
    });
  }

  testUnless(test, absent ?? node.absent, `Node ${version}, in a worker thread`, async () => {
    const program = "new (require('node:worker_threads').Worker)('./smoke.mjs')";
    const smoke = await smokeOf([node.path, '-e', program], { cwd });
    assert.equal(smoke.failed, []);
    sameAsFirst(smoke.kernel.backend === 'native' ? 'native' : `wasm ${smoke.kernel.isa}`, smoke);
  });

  testUnless(test, absent ?? node.absent, `Node ${version}, from CommonJS`, async () => {
    const program = "console.log(require('endcap').version, typeof require('endcap/server').createApp)";
    const { stdout, stderr } = await run(node.path, ['-e', program], { cwd });
    assert.is(stdout, `${packageVersion} function\n`, stderr);
  });

  // `npm test` runs them on the Node that is here.
  if (process.versions.node.split('.')[0] === version.split('.')[0]) continue;
  testUnless(test, node.absent, `Node ${version} passes the tests of the kernels`, async () => {
    const command = ['--import', 'tsx', 'test/run.ts', 'kernel'];
    const { stdout, stderr, code } = await run(node.path, command, { cwd: root, seconds: 1800 });
    assert.is(code, 0, stderr + stdout);
    assert.match(stdout, /^\d+ passed, 0 failed, \d+ skipped$/m);
  });
}

test.run();
