/** Other runtimes that have Node's modules. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { absentBackend } from '../kernel/backends.ts';
import { testUnless } from '../support/skip.ts';
import { newProject } from './packed.ts';
import { assertSameAnswers, smokeOf } from './smoke.ts';
import { bunTool, denoTool } from './tools.ts';

const test = suite('deno and bun');
const { folder: cwd, absent } = await newProject();
const noNative = absentBackend('native');
/** What Node says; undefined if the package is absent. */
const onNode = absent === undefined ? await smokeOf([process.execPath, 'smoke.mjs'], { cwd }) : undefined;

const hosts = [
  {
    host: 'Deno 2.9.6',
    tool: await denoTool('2.9.6'),
    flags: ['run', '--no-prompt', '--node-modules-dir=manual', '--allow-read', '--allow-write', '--allow-env'],
    addons: ['--allow-ffi'],
  },
  { host: 'Bun 1.4.5', tool: await bunTool('1.4.5'), flags: ['--no-install'], addons: [] },
];

for (const { host, tool, flags, addons } of hosts) {
  for (const backend of ['native', 'wasm']) {
    const reason = absent ?? tool.absent ?? (backend === 'native' ? noNative : undefined);
    testUnless(test, reason, `${host}, ${backend}: the lists of Node`, async () => {
      const env = { ENDCAP_BACKEND: backend };
      const smoke = await smokeOf([tool.path, ...flags, ...(backend === 'native' ? addons : []), 'smoke.mjs'], {
        cwd,
        env,
      });
      assert.is(smoke.host, host);
      assert.is(smoke.kernel.backend, backend);
      assert.is(smoke.kernel.threads, onNode!.kernel.threads);
      // C++ gives the same bytes in any host. Relaxed SIMD rounds as the engine does.
      if (backend === 'native') assert.is(smoke.factors, onNode!.factors);
      assertSameAnswers(smoke, onNode!, host);
    });
  }
}

testUnless(
  test,
  absent ?? hosts[0].tool.absent ?? noNative,
  'Deno goes on without addons if it may not load them',
  async () => {
    const [{ tool, flags }] = hosts;
    const { kernel, failed } = await smokeOf([tool.path, ...flags, 'smoke.mjs'], { cwd });
    assert.is(kernel.backend, 'wasm');
    assert.match(failed[0].reason, /--allow-ffi/);
  },
);

test.run();
