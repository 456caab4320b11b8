/** Keys, rates, metrics and logs of a server, through the real command line and a real port. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endcap, picked, writeSample } from '../run.ts';

const test = suite<{ cwd: string }>('endcap key, and serve with keys');

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-access-'));
  await writeSample(join(context.cwd, 'orders.csv'), 2000);
  const options = ['--factors', '8', '--iterations', '2', ...picked];
  const { code, stderr } = await endcap(['train', 'orders.csv', '-o', 'm.safetensors', ...options], context);
  assert.is(code, 0, stderr);
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

/** Runs `endcap serve`, calls `ask` once it serves, and ends it. */
async function serving(cwd: string, args: string[], ask: (url: string) => Promise<void>) {
  let asked: Promise<void> | undefined;
  const ran = await endcap(['serve', 'm.safetensors', '--port', '0', ...args], {
    cwd,
    onStderr: (text, child: ChildProcess) => {
      const [, url] = /Serving on http:\/\/\S+:(\d+) .*openapi\.json\n/s.exec(text) ?? [];
      if (url !== undefined) asked ??= ask(`http://127.0.0.1:${url}`).finally(() => child.kill('SIGTERM'));
    },
  });
  assert.ok(asked, ran.stderr);
  await asked;
  return { ...ran, stdout: ran.stdout.toString() };
}

const recommend = (url: string, key?: string) =>
  fetch(`${url}/recommend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: '{"user_id": "10002"}',
  });

test('wrong usage of a command for keys points at the help of that command', async ({ cwd }) => {
  await writeFile(join(cwd, 'none.json'), '{"version":1,"keys":[]}');
  for (const [args, help] of [
    [['key', 'create'], 'endcap key create --help'],
    [['key', 'revoke', '01234567', '--file', 'none.json'], 'endcap key revoke --help'],
  ] as const) {
    const ran = await endcap([...args], { cwd });
    assert.is(ran.code, 2);
    assert.ok(ran.stderr.endsWith(`\nTry: ${help}\n`), ran.stderr);
  }
});

test('keys of a file that does not exist are not taken for none', async ({ cwd }) => {
  const key = ['key', 'list', '--file', 'no.json', '--json'];
  const { code, stdout } = await endcap(key, { cwd });
  assert.equal([code, JSON.parse(stdout.toString()).error.code], [1, 'keys_unreadable']);
});

test('a key is made, used, rotated and revoked while the server runs, and never logged', async ({ cwd }) => {
  const create = async () => {
    const { code, stdout, stderr } = await endcap(['key', 'create', '--scope', 'read', '--note', 'web'], { cwd });
    assert.is(code, 0, stderr);
    return stdout.toString().trim();
  };
  const first = await create();
  const used: string[] = [first];
  const ran = await serving(cwd, ['--host', '0.0.0.0', '--keys', 'endcap-keys.json', '--log'], async (url) => {
    assert.is((await recommend(url)).status, 401);
    assert.is((await recommend(url, first)).status, 200);
    assert.is((await fetch(`${url}/health/ready`)).status, 200);
    assert.is((await fetch(`${url}/metrics`)).status, 401);
    const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${first}` } });
    assert.match(await metrics.text(), /endcap_requests_total\{route="\/recommend",status="401"\} 1\n/);
    const second = await create();
    used.push(second);
    for (let tries = 0; (await recommend(url, second)).status !== 200; tries++) {
      assert.ok(tries < 3000, 'the new key is never taken');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const id = first.slice(7, 15);
    const listed = await endcap(['key', 'list'], { cwd });
    assert.match(listed.stdout.toString(), new RegExp(`${id} +read +\\d{4}-\\d\\d-\\d\\d +web\n`));
    assert.is((await endcap(['key', 'revoke', id], { cwd })).code, 0);
    for (let tries = 0; (await recommend(url, first)).status !== 401; tries++) {
      assert.ok(tries < 3000, 'the revoked key is never refused');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.is((await recommend(url, second)).status, 200);
  });
  assert.is(ran.code, 0);
  const lines = ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(
    lines.some(({ route, status, key }) => route === '/recommend' && status === 200 && key === first.slice(7, 15)),
  );
  for (const key of used) assert.not.ok((ran.stdout + ran.stderr).includes(key.slice(16)));
  assert.not.match(ran.stdout, /10002/);
});

test('without keys, other machines may call only if that is said', async ({ cwd }) => {
  const refused = await endcap(['serve', 'm.safetensors', '--host', '0.0.0.0', '--port', '0'], { cwd });
  assert.is(refused.code, 2);
  assert.match(
    refused.stderr,
    /--host 0\.0\.0\.0 lets other machines ask .* --keys, or let everybody ask with --open/s,
  );
  await serving(cwd, ['--host', '0.0.0.0', '--open'], async (url) => {
    assert.is((await recommend(url)).status, 200);
  });
  const none = await endcap(['serve', 'm.safetensors', '--keys', 'no.json', '--port', '0'], { cwd });
  assert.is(none.code, 1);
  assert.match(none.stderr, /no\.json does not exist; endcap key create/);
});

test('each address has its rate, behind a proxy that of its client', async ({ cwd }) => {
  await serving(cwd, ['--rate', '0.1', '--behind-proxy'], async (url) => {
    const statuses: number[] = [];
    for (const address of ['10.0.0.1', '10.0.0.1', '10.0.0.2']) {
      const answer = await fetch(`${url}/model`, { headers: { 'x-forwarded-for': `6.6.6.6, ${address}` } });
      statuses.push(answer.status);
      if (answer.status === 429) assert.ok(Number(answer.headers.get('retry-after')) > 1);
    }
    assert.equal(statuses, [200, 429, 200]);
  });
});

test.run();
