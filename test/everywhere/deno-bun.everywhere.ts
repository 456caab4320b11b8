/** Other runtimes that have Node's modules. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { absentBackend } from '../kernel/backends.ts';
import { testUnless } from '../support/skip.ts';
import { newProject } from './packed.ts';
import { assertSameAnswers, smokeOf } from './smoke.ts';
import { bunTool, denoTool } from './tools.ts';

const test = suite('deno and bun');
const { folder: cwd, absent } = await newProject();
const model = join(cwd, 'model.safetensors');
const noNative = absentBackend('native');
/** What Node says; undefined if the package is absent. */
const onNode =
  absent === undefined ? await smokeOf([process.execPath, 'smoke.mjs', '--save', model], { cwd }) : undefined;

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

for (const { host, tool, flags, addons } of hosts) {
  const more = host.startsWith('Deno') ? ['--allow-net', '--allow-sys'] : [];
  testUnless(
    test,
    absent ?? tool.absent,
    `${host}: endcap serve keeps what a shop hears, and stops when it is told`,
    async () => {
      const store = join(cwd, `${host}.db`);
      const args = ['node_modules/endcap/dist/cli/main.js', 'serve', model, '--data', store, '--port', '0'];
      const server = spawn(tool.path, [...flags, ...addons, ...more, ...args], {
        cwd,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const timer = setTimeout(() => server.kill('SIGKILL'), 60_000);
      const exited = once(server, 'exit');
      let output = '';
      const address = new Promise<string>((resolve, reject) => {
        const read = (text: string) => {
          output += text;
          const [, url] = /Serving on (http:\S+)/.exec(output) ?? [];
          if (url) resolve(url);
        };
        for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', read);
        server.once('exit', () => reject(new Error(output)));
      });
      try {
        const purchase = { user_id: 'ann', order_id: 'w1', product_id: 'SPI-1004', quantity: 1 };
        const answer = await fetch(`${await address}/purchases`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ purchases: [purchase] }),
        });
        assert.equal(await answer.json(), { accepted: 1, duplicates: 0, unknown_products: [] });
        server.kill('SIGTERM');
        assert.equal(await exited, [0, null], output);
        assert.match(output, /Stopping\s*$/);
        assert.ok(existsSync(store));
      } finally {
        clearTimeout(timer);
        server.kill('SIGKILL');
      }
    },
  );
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
