/** A shop whose orders are in Postgres, through the real command line. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadMetadata } from '../../src/model/file/file.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { createClock } from '../support/clock.ts';
import { startPostgres } from '../support/postgres.ts';
import { testUnless } from '../support/skip.ts';
import { endcap, json } from './run.ts';
import { begun, quick } from './serving.ts';

const test = suite('orders of a shop in postgres');
const started = await startPostgres();
const reason = typeof started === 'string' ? started : undefined;
const server = () => started as Exclude<typeof started, string>;
const cwd = mkdtempSync(join(tmpdir(), 'endcap-shop-'));
const own = reason === undefined ? await server().newDatabase() : 'postgres://nobody@127.0.0.1/none';
const { pathname, port } = new URL(own);
const address = own.replace(/\/\/([^:@]*)(:[^@]*)?@/, '//$1:s3cret%21word@');
const database = pathname.slice(1);
const secret = /s3cret/;
const lines = [...sampleOrders({ lines: 1500 })];
const text = (line: object) => `${JSON.stringify(line)}\n`;

async function insert(part: typeof lines): Promise<void> {
  const client = new pg.Client(own);
  await client.connect();
  const columns = Object.keys(part[0]);
  await client.query(`CREATE TABLE IF NOT EXISTS orders (${columns.map((name) => `${name} text`).join(', ')})`);
  await client.query('INSERT INTO orders SELECT * FROM json_populate_recordset(NULL::orders, $1)', [
    JSON.stringify(part),
  ]);
  await client.end();
}

testUnless(test, reason, 'are trained on, looked at, and learned again, and nobody hears the password', async () => {
  await insert(lines.slice(0, 1000));
  writeFileSync(join(cwd, 'orders.jsonl'), lines.slice(0, 1000).map(text).join(''));
  const inspected = await endcap(['inspect', address, '--table', 'orders', '--json'], { cwd });
  assert.is(inspected.code, 0, inspected.stderr);
  const fromFile = await endcap(['train', 'orders.jsonl', '-o', 'file.safetensors', ...quick], { cwd });
  const trained = await endcap(['train', address, '--table', 'orders', '-o', 'm.safetensors', ...quick], { cwd });
  assert.is(trained.code, 0, trained.stderr);
  assert.match(trained.stderr, `Training als on postgres://127.0.0.1:${port}/${database}`);
  const metadata = await loadMetadata(join(cwd, 'm.safetensors'));
  assert.is(metadata.fingerprint, (await loadMetadata(join(cwd, 'file.safetensors'))).fingerprint, fromFile.stderr);
  assert.equal(metadata.reading!.files, [`postgres:${database}`]);

  const orders = ['--orders', address, '--query', 'select * from orders -- all'];
  const same = await endcap(['retrain', 'm.safetensors', ...orders, '--fast', '--json'], { cwd });
  assert.is(json(same).outcome, 'unchanged', same.stderr);
  await insert(lines.slice(1000));

  const clock = createClock(cwd);
  const minuteMs = 60_000;
  await clock.set(Math.ceil((clock.now() + 8000) / minuteMs) * minuteMs - 8000);
  const serve = ['serve', 'm.safetensors', '--port', '0', '--data', 'shop.db', '--log'];
  const { child, ran, saying } = begun([...serve, ...orders, '--retrain', '* * * * *', '--fast'], cwd, clock.env);
  const pages: string[] = [];
  try {
    const [, url] = await saying(/Serving on (\S+) .*openapi\.json\n/s);
    await saying(/Retraining: Model \w+ takes the place/);
    for (const page of [
      '/admin/status',
      '/metrics',
      '/explorer',
      '/explorer/data',
      '/explorer/quality',
      '/model',
      '/openapi.json',
    ])
      pages.push(await (await fetch(url + page)).text());
  } finally {
    child.kill('SIGTERM');
  }
  const { stdout, stderr } = await ran;
  assert.match(pages[3], `postgres:${database}`);
  assert.is((await loadMetadata(join(cwd, 'm.safetensors'))).account.read, 1500);
  const told = [...pages, stdout, stderr, ...[inspected, trained, same].flatMap((each) => [each.stdout, each.stderr])];
  for (const one of told) assert.not.match(String(one), secret);
  for (const file of readdirSync(cwd)) assert.not.match(readFileSync(join(cwd, file), 'latin1'), secret, file);
});

testUnless(test, reason, 'that cannot be read leave the model as it is', async () => {
  const before = await loadMetadata(join(cwd, 'm.safetensors'));
  const gone = `postgres://endcap:s3cret%21word@127.0.0.1:1/${database}`;
  const failed = await endcap(['train', gone, '--table', 'orders', '-o', 'm.safetensors'], { cwd });
  assert.is(failed.code, 1);
  assert.match(failed.stderr, 'ECONNREFUSED');
  const midway = `select *, case when order_id = '${lines[700].order_id}' then pg_terminate_backend(pg_backend_pid()) end from orders`;
  const broken = await endcap(['train', address, '--query', midway, '-o', 'm.safetensors'], { cwd });
  assert.is(broken.code, 1);
  assert.match(broken.stderr, 'terminating connection');
  const refused = await endcap(['retrain', 'm.safetensors', '--orders', gone, '--table', 'orders', '--json'], { cwd });
  assert.equal([refused.code, json(refused).outcome], [3, 'refused']);
  for (const { stdout, stderr } of [failed, broken, refused]) assert.not.match(`${stdout}${stderr}`, secret);
  assert.equal(await loadMetadata(join(cwd, 'm.safetensors')), before);
  assert.equal(
    readdirSync(cwd).filter((file) => file.startsWith('.endcap-')),
    [],
  );
});

test.after(async () => {
  rmSync(cwd, { recursive: true });
  if (reason === undefined) await server().stop();
});

test.run();
