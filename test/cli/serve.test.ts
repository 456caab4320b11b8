import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endcap, type Ran, writeSample } from './run.ts';

const test = suite<{ cwd: string }>('endcap start and serve');

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-serve-'));
  await writeSample(join(context.cwd, 'orders.csv'), 2000);
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

/** Runs a serving command, asks it what `ask` asks once it says that it serves, and ends it with SIGTERM. */
async function serving(
  args: string[],
  options: { cwd: string; env?: Record<string, string> },
  ask: (url: string, told: string) => Promise<void>,
): Promise<Ran> {
  let asked: Promise<void> | undefined;
  const ran = await endcap(args, {
    ...options,
    onStderr: (text, child: ChildProcess) => {
      const [, url] = /Serving on (\S+) .*openapi\.json\n/s.exec(text) ?? [];
      if (url === undefined || asked) return;
      asked = ask(url, text).finally(() => child.kill('SIGTERM'));
    },
  });
  assert.ok(asked, ran.stderr);
  await asked;
  return ran;
}

test('start trains on the orders, keeps the model, and prints a curl line that works', async ({ cwd }) => {
  const args = ['start', 'orders.csv', '-o', 'kept.safetensors', '--iterations', '3', '--port', '0'];
  const ran = await serving(args, { cwd }, async (url, told) => {
    assert.match(told, /^Endcap [\d.]+, kernel (native|wasm) \w+, 1 thread\n/);
    assert.match(told, '2,000 rows read');
    assert.match(told, 'epoch 3 of 3');
    const [, where, type, body] = /curl -s (\S+) -H (\S+) \\\n +-d '(.*)'/.exec(told) ?? [];
    assert.is(where, `${url}/recommend`);
    const response = await fetch(where, { method: 'POST', headers: { 'content-type': type.split(':')[1] }, body });
    assert.is(response.status, 200);
    const answer = (await response.json()) as { source: string; recommendations: unknown[] };
    assert.is(answer.source, 'personal');
    assert.is(answer.recommendations.length, 5);
  });
  assert.is(ran.code, 0, ran.stderr);
  assert.match(ran.stderr, /Stopping\n$/);
  assert.ok((await readdir(cwd)).includes('kept.safetensors'));
});

test('start without orders trains on the sample; serve takes PORT and HOST, and flags win over them', async ({
  cwd,
}) => {
  await serving(['start', '--iterations', '2', '--port', '0', '-o', 'm.safetensors'], { cwd }, async (_, told) => {
    assert.match(told, 'made-up shop');
    assert.match(told, '20,000 rows read');
  });
  const ran = await serving(
    ['serve', 'm.safetensors', '--port', '0'],
    { cwd, env: { PORT: '1', HOST: 'localhost' } },
    async (url) => {
      assert.match(url, /^http:\/\/localhost:/);
      assert.is((await fetch(`${url}/health/ready`)).status, 200);
    },
  );
  assert.is(ran.code, 0, ran.stderr);
});

test('a port that is taken, one that cannot be, and a missing model are one plain sentence each', async ({ cwd }) => {
  const taken = createServer().listen(0, '127.0.0.1');
  const port = String(
    (await new Promise<AddressInfo>((resolve) => taken.on('listening', () => resolve(taken.address() as AddressInfo))))
      .port,
  );
  try {
    const ran = await endcap(['start', 'orders.csv', '--port', port], { cwd });
    assert.is(ran.code, 1);
    assert.match(ran.stderr, `cannot listen on 127.0.0.1 port ${port}: the port is taken`);
    assert.not.match(ran.stderr, 'rows read');
  } finally {
    taken.close();
  }
  const bad = await endcap(['serve', 'absent.safetensors'], { cwd, env: { PORT: 'http' } });
  assert.is(bad.code, 2);
  assert.match(bad.stderr, /PORT.*must be a whole number from 0 to 65535/);
  const missing = await endcap(['serve', 'absent.safetensors'], { cwd });
  assert.is(missing.code, 1);
  assert.is(missing.stderr.trimEnd().split('\n').length, 1);
  assert.match(missing.stderr, 'absent.safetensors does not exist');
});

test('Ctrl-C while start still trains stops it', async ({ cwd }) => {
  let sent = false;
  const ran = await endcap(['start', 'orders.csv', '--iterations', '1000', '--factors', '512', '--port', '0'], {
    cwd,
    onStderr: (text, child) => {
      if (!sent && text.includes(' pairs, in ')) sent = child.kill('SIGINT');
    },
  });
  assert.is(ran.code, 130, ran.stderr);
});

test.run();
