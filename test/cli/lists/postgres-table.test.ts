import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkTable, type ListsTable, listsTable, replaceTable } from '../../../src/cli/lists/postgres-table.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { startPostgres } from '../../support/postgres.ts';
import { testUnless } from '../../support/skip.ts';
import { until } from '../../support/until.ts';
import { endcap, json, picked, writeSample } from '../run.ts';

const test = suite('lists as a table of postgres');
const started = await startPostgres();
const reason = typeof started === 'string' ? started : undefined;
const server = () => started as Exclude<typeof started, string>;
const address = reason === undefined ? await server().newDatabase() : '';
const cwd = mkdtempSync(join(tmpdir(), 'endcap-lists-'));
const user = decodeURIComponent(new URL(address || 'postgres://nobody@nowhere').username);

async function sql(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(address);
  await client.connect();
  try {
    const result = await client.query(text);
    return result.rows;
  } finally {
    await client.end();
  }
}

const rowsOf = async (table: string) =>
  (await sql(`SELECT customer, rank, product, score FROM ${table} ORDER BY customer COLLATE "C", rank`)).map((row) =>
    Object.values(row).join(','),
  );
/** Both are the same 32-bit float, which they write with other digits. */
const withFloats = (rows: string[]) =>
  rows.map((row) => row.replace(/[^,]*$/, (score) => String(Math.fround(Number(score))))).sort();
const to = (table: string): ListsTable => listsTable(address, table)!;
const fill = (table: string, rows: string) => replaceTable(to(table), 'a test', (append) => append(Buffer.from(rows)));
const leftOver = () => sql("SELECT relname FROM pg_class WHERE relname LIKE 'endcap%'");

testUnless(test, reason, 'have the rows of the CSV, every night anew', async () => {
  await writeSample(join(cwd, 'orders.csv'), 2000);
  assert.is((await endcap(['train', 'orders.csv', ...picked], { cwd })).code, 0);
  assert.is((await endcap(['batch', 'model.safetensors', '-o', 'lists.csv', '-n', '3'], { cwd })).code, 0);
  const expected = readFileSync(join(cwd, 'lists.csv'), 'utf8').trim().split('\n').slice(1);
  const command = ['batch', 'model.safetensors', '-o', address, '--table', 'lists', '-n', '3', '--json'];
  for (let night = 0; night < 2; night++) {
    const ran = await endcap(command, { cwd });
    assert.is(ran.code, 0, ran.stderr);
    assert.is(json(ran).recommendations, expected.length);
    assert.equal(withFloats(await rowsOf('lists')), withFloats(expected));
    const [{ comment, keys }] = await sql(`SELECT obj_description('lists'::regclass) AS comment,
      pg_get_indexdef('lists_pkey'::regclass) AS keys`);
    assert.is(comment, `Lists of Endcap, of model ${json(ran).version}`);
    assert.match(String(keys), '(customer, rank)');
  }
  assert.equal(await leftOver(), []);
});

testUnless(test, reason, 'keep owner, grants, and the names of indexes', async () => {
  await sql(`DROP ROLE IF EXISTS endcap_reader; CREATE ROLE endcap_reader;
    CREATE SCHEMA "My Shop"; CREATE TABLE "My Shop"."Lists" (product text, customer text, seen int DEFAULT 5, score real,
      rank int, PRIMARY KEY (customer, rank));
    CREATE INDEX by_product ON "My Shop"."Lists" (product); CREATE INDEX again_by_product ON "My Shop"."Lists" (product);
    CREATE UNIQUE INDEX best ON "My Shop"."Lists" (lower(customer)) WHERE rank = 1;
    GRANT SELECT ON "My Shop"."Lists" TO endcap_reader WITH GRANT OPTION; GRANT SELECT ON "My Shop"."Lists" TO PUBLIC;
    GRANT UPDATE (seen) ON "My Shop"."Lists" TO endcap_reader`);
  try {
    const described = () =>
      sql(`SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'My Shop' UNION ALL
        SELECT 'grants', relacl::text FROM pg_class WHERE relname = 'Lists' UNION ALL
        SELECT attname, attacl::text FROM pg_attribute WHERE attrelid = '"My Shop"."Lists"'::regclass AND attacl IS NOT NULL
        ORDER BY 1`);
    const before = await described();
    for (const product of ['tea', 'cup']) await fill('"My Shop"."Lists"', `ann,1,${product},0.5\n`);
    assert.equal(await described(), before);
    assert.equal(await sql('SELECT * FROM "My Shop"."Lists"'), [
      { product: 'cup', customer: 'ann', seen: 5, score: 0.5, rank: 1 },
    ]);
  } finally {
    await sql('DROP SCHEMA "My Shop" CASCADE; DROP ROLE endcap_reader');
  }
});

testUnless(test, reason, 'leave the old ones if anything goes wrong, or the process dies', async () => {
  await fill('nightly', 'ann,1,tea,0.5\n');
  const broken = {
    'ann,1,tea,0.5\nann,1,cup,0.4\n': 'duplicate key',
    'ann,x,tea,0.5\n': 'invalid input syntax',
    'a\0,1,b,1\n': 'invalid byte',
  };
  for (const [rows, problem] of Object.entries(broken)) {
    const error = await endcapErrorOf(fill('nightly', rows));
    assert.is(error.code, 'write_failed');
    assert.match(error.message, problem);
  }
  const stopping = new AbortController();
  const stopped = replaceTable(
    to('nightly'),
    '',
    async (append) => {
      await append(Buffer.from('bob,1,cup,0.5\n'));
      stopping.abort();
      throw new Error('stopped');
    },
    stopping.signal,
  );
  assert.is((await endcapErrorOf(stopped)).code, 'aborted');
  // The database goes away, before or after more is sent.
  const cut = replaceTable(to('nightly'), 'a test', async (append) => {
    for (let row = 0; ; row++) {
      await append(Buffer.from(`${row},1,cup,0.5\n`));
      if (row === 10)
        await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'endcap' AND datname = current_database()`);
    }
  });
  assert.is((await endcapErrorOf(cut)).code, 'write_failed');
  const script = `
    import { listsTable, replaceTable } from ${JSON.stringify(new URL('../../../src/cli/lists/postgres-table.ts', import.meta.url).href)};
    await replaceTable(listsTable(${JSON.stringify(address)}, 'nightly'), '', async (append) => {
      await append(Buffer.from('bob,1,cup,0.5\\n'));
      process.kill(process.pid, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const { spawnSync } = await import('node:child_process');
  const { signal } = spawnSync(process.execPath, [
    '--import',
    import.meta.resolve('tsx'),
    '--input-type=module',
    '-e',
    script,
  ]);
  assert.is(signal, 'SIGKILL');
  await until(async () => (await leftOver()).length === 0, 20);
  assert.equal(await rowsOf('nightly'), ['ann,1,tea,0.5']);
});

testUnless(test, reason, 'are given up at once if that is asked, also while the database takes nothing', async () => {
  await fill('slow', 'ann,1,tea,0.5\n');
  // Hands on what it is sent, but no more than a few rows of each connection.
  const { port } = new URL(address);
  const proxy = createServer((client) => {
    const real = connect(Number(port), '127.0.0.1');
    let taken = 0;
    client.on('error', () => {}).on('close', () => real.destroy());
    client.on('data', (chunk) => {
      taken += chunk.length;
      if (taken < 100_000) real.write(chunk);
      else client.pause();
    });
    real.on('error', () => {}).on('data', (chunk) => client.write(chunk));
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const through = new URL(address);
  through.port = String((proxy.address() as AddressInfo).port);
  const stopping = new AbortController();
  const rows = Buffer.from('bob,1,cup,0.5\n'.repeat(100_000));
  let isWriting = false;
  const filling = replaceTable(
    listsTable(through.href, 'slow')!,
    'a test',
    async (append) => {
      isWriting = true;
      for (;;) await append(rows);
    },
    stopping.signal,
  );
  await until(() => isWriting, 10);
  setTimeout(() => stopping.abort(), 500);
  assert.is((await endcapErrorOf(filling)).code, 'aborted');
  assert.equal(await rowsOf('slow'), ['ann,1,tea,0.5']);
  proxy.close();
});

testUnless(test, reason, 'never are half of either for whoever reads, and wait for who reads long', async () => {
  await fill('read', 'ann,1,tea,1\nbob,1,tea,1\n');
  const reader = new pg.Client(address);
  await reader.connect();
  await reader.query('BEGIN; SELECT * FROM read');
  const filling = fill('read', 'ann,1,cup,2\nbob,1,cup,2\n');
  // The lock is asked for again and again, and never stops others for longer than two seconds.
  const seen = new Set<string>();
  for (let i = 0; i < 20; i++) {
    seen.add((await rowsOf('read')).join(' '));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal([...seen], ['ann,1,tea,1 bob,1,tea,1']);
  assert.match((await endcapErrorOf(checkTable(to('read')))).message, 'is being written by another process');
  await reader.query('COMMIT');
  await filling;
  await reader.end();
  assert.equal(await rowsOf('read'), ['ann,1,cup,2', 'bob,1,cup,2']);
});

testUnless(
  test,
  reason,
  'of two processes that make the same new table, the second one is refused at its start',
  async () => {
    await sql('CREATE SCHEMA "New Shop"');
    for (const [table, others] of [
      ['first', ['first', 'FIRST', 'public.first']],
      ['"New Shop".first', ['"New Shop"."first"']],
    ] as const) {
      await replaceTable(to(table), 'a test', async (append) => {
        await append(Buffer.from('ann,1,tea,1\n'));
        for (const name of others) {
          const refused = await endcapErrorOf(checkTable(to(name)));
          assert.is(refused.code, 'write_failed');
          assert.match(refused.message, 'is being written by another process; wait until that is done');
          assert.is((await endcapErrorOf(fill(name, 'bob,1,tea,1\n'))).message, refused.message);
        }
        await checkTable(to('second'));
      });
      assert.equal(await rowsOf(table), ['ann,1,tea,1']);
    }
    await sql('DROP SCHEMA "New Shop" CASCADE');
  },
);

testUnless(test, reason, 'replace no other table, and none that others are made over', async () => {
  await sql(`CREATE TABLE orders (customer text, product text); CREATE TABLE shown (customer text, rank int, product text, score real);
    CREATE VIEW best AS SELECT * FROM shown WHERE rank = 1; CREATE VIEW lists_view AS SELECT * FROM shown;
    CREATE TABLE guarded (LIKE shown); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;`);
  const problems = {
    orders: 'is no table of lists',
    lists_view: 'is no ordinary table',
    shown: 'view best depends on table shown',
    guarded: 'its row-level security',
    'nowhere.lists': 'schema',
  };
  for (const [table, problem] of Object.entries(problems)) {
    const error = await endcapErrorOf(checkTable(to(table)));
    assert.is(error.code, 'write_failed');
    assert.match(error.message, problem);
    assert.not.match(error.message, `${user}@`);
  }
  await sql('DROP VIEW best; DROP VIEW lists_view');
  await checkTable(to('shown'));
  assert.equal(await leftOver(), []);
  assert.equal(await sql("SELECT to_regclass('fresh') AS made"), [{ made: null }]);
  await checkTable(to('fresh'));
  assert.equal(await sql("SELECT to_regclass('fresh') AS made"), [{ made: null }]);
});

testUnless(test, reason, 'are refused before the model is read, without the password', async () => {
  const secret = address.replace(/\/\/[^@]*@/, '//nobody:s3cret@');
  for (const [command, problem] of [
    [['-o', secret, '--table', 'lists'], 'role "nobody" does not exist'],
    [['-o', secret], 'the name of the table'],
    [['-o', secret, '--table', 'lists; drop table orders'], 'in quotes if it has other signs'],
    [['-o', secret, '--table', 'lists', '--shard', '1/2'], '--shard'],
    [['-o', secret, '--table', 'lists', '--format', 'csv'], '--format'],
    [['-o', 'lists.csv', '--table', 'lists'], 'files have none'],
    [['-o', 'mysql://ann:s3cret@127.0.0.1/shop', '--table', 'lists'], 'a Postgres database'],
  ] as const) {
    const ran = await endcap(['batch', 'missing.safetensors', ...command], { cwd });
    assert.match(ran.stderr, problem);
    assert.not.match(ran.stderr, 's3cret');
  }
});

test.after(async () => {
  rmSync(cwd, { recursive: true });
  if (reason === undefined) await server().stop();
});

test.run();
