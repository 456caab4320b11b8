/** Where the command line has an explorer, and where it says that there is none. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endcap, writeSample } from './run.ts';
import { quick, serving } from './serving.ts';

const test = suite<{ cwd: string }>('the explorer on the command line');

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-explorer-'));
  await writeSample(join(context.cwd, 'orders.csv'), 2000);
  const { code, stderr } = await endcap(['train', 'orders.csv', '-o', 'm.safetensors', ...quick], context);
  assert.is(code, 0, stderr);
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

const serve = ['serve', 'm.safetensors', '--port', '0'];
const at = async (url: string, init: RequestInit = {}) =>
  (await fetch(`${url.replace('0.0.0.0', '127.0.0.1')}/explorer`, { redirect: 'manual', ...init })).status;

test('start and serve have it on this machine, and say where', async ({ cwd }) => {
  for (const args of [serve, ['start', 'orders.csv', '--folder', 'none', '--port', '0', ...quick]])
    await serving(args, { cwd }, async (url, stderr) => {
      assert.match(stderr, `\nExplorer: ${url}/explorer\nAll endpoints: `);
      assert.is(await at(url), 200);
      const { endpoints } = (await (await fetch(url)).json()) as { endpoints: string[] };
      assert.ok(endpoints.includes('GET /explorer'));
    });
});

test('there is none if nobody wants it, or anybody could see it', async ({ cwd }) => {
  const off = /\nExplorer: off, since anybody could see what customers bought; --keys turns it on\n/;
  for (const [args, said] of [
    [['--no-explorer'], /^(?![\s\S]*Explorer)/],
    [['--host', '0.0.0.0', '--open'], off],
    [['--host', '0.0.0.0', '--open', '--workers', '2'], off],
    [['--behind-proxy'], off],
  ] as const)
    await serving([...serve, ...args], { cwd }, async (url, stderr) => {
      assert.match(stderr, said, args.join(' '));
      assert.is(await at(url), 404, args.join(' '));
    });
});

test('elsewhere it takes a key, and a session counts on all workers until the key is revoked', async ({ cwd }) => {
  const { stdout } = await endcap(['key', 'create', '--scope', 'admin'], { cwd });
  const key = stdout.toString().trim();
  const args = [...serve, '--host', '0.0.0.0', '--keys', 'endcap-keys.json', '--workers', '2'];
  const ran = await serving(args, { cwd }, async (url, stderr) => {
    assert.match(stderr, `\nExplorer: ${url}/explorer\n`);
    assert.is(await at(url), 303);
    const signedIn = await fetch(`${url}/explorer/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ key }),
    });
    assert.is(signedIn.status, 303);
    const [cookie] = signedIn.headers.get('set-cookie')!.split(';');
    // Each of these has a connection of its own, and so either worker.
    const asked = Array.from({ length: 8 }, () => at(url, { headers: { cookie, connection: 'close' } }));
    assert.equal([...new Set(await Promise.all(asked))], [200]);
    assert.is((await endcap(['key', 'create', '--scope', 'read'], { cwd })).code, 0);
    assert.is((await endcap(['key', 'revoke', key.slice(7, 15)], { cwd })).code, 0);
    for (let tries = 0; (await at(url, { headers: { cookie, connection: 'close' } })) !== 303; tries++) {
      assert.ok(tries < 3000, 'the session never ends');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  assert.not.ok(ran.stderr.includes(key.slice(16)));
});

test.run();
