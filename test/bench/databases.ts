/** Orders in a database against the same orders in a CSV file: the time of the processor, which other programs do not change. */
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { readOrders } from '../../src/dataset/read.ts';
import type { ReadOptions } from '../../src/orders/options.ts';
import { sampleCsv } from '../../src/sample/sample.ts';
import { startPostgres } from '../support/postgres.ts';
import { duration, inTurn, median, ratios, table, times } from './measure.ts';

const lines = 1_000_000;
const rounds = 7;
const most = 1.8;

export async function databases(): Promise<void> {
  const postgres = await startPostgres();
  if (typeof postgres === 'string') {
    console.log(`\nNo orders in Postgres: ${postgres}`);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'endcap-bench-'));
  try {
    const path = join(folder, 'orders.csv');
    await writeOrders(path);
    const address = await postgres.newDatabase();
    await load(address, path);
    const used: Record<string, number[]> = { file: [], postgres: [] };
    const fingerprints = new Set<string>();
    const reading = (name: string, source: string, options: ReadOptions) => async () => {
      const [started, cpu] = [performance.now(), process.cpuUsage()];
      fingerprints.add((await readOrders(source, options)).fingerprint);
      const { user, system } = process.cpuUsage(cpu);
      used[name].push((user + system) / 1000);
      return performance.now() - started;
    };
    const walls = await inTurn(
      { file: reading('file', path, {}), postgres: reading('postgres', address, { table: 'orders' }) },
      rounds,
    );
    const rows = Object.keys(used).map((name) => [
      name,
      duration(median(used[name])),
      duration(median(walls.get(name)!)),
      ratios(used[name], used.file, times),
    ]);
    const mebibytes = ((await stat(path)).size / 2 ** 20).toFixed(1);
    console.log(
      `\nOrders of a typed table, ${lines.toLocaleString('en-US')} lines less those that its types refuse, ${mebibytes} MiB as CSV`,
    );
    console.log(table(['', 'CPU', 'wall', 'CPU against the file'], rows));
    console.log(
      `Fingerprints are ${fingerprints.size === 1 ? 'the same' : 'DIFFERENT'}; at most ${most} x the CPU of the file are expected.`,
    );
  } finally {
    await rm(folder, { recursive: true });
    await postgres.stop();
  }
}

/** Sample orders without the texts that columns of numbers and times cannot hold. */
async function writeOrders(path: string): Promise<void> {
  const file = await open(path, 'w');
  for (const text of sampleCsv({ lines })) await file.write(text.replaceAll(/^.*(n\/a|0000-00-00).*\n/gm, ''));
  await file.close();
}

async function load(address: string, path: string): Promise<void> {
  const client = new pg.Client(address);
  await client.connect();
  try {
    await client.query(`CREATE UNLOGGED TABLE orders (order_id text, customer_id text, product_id text, product_name text,
      category text, quantity numeric, price numeric, ordered_at timestamptz)`);
    await pipeline(createReadStream(path), client.query(copyFrom('COPY orders FROM STDIN (FORMAT csv, HEADER)')));
    await client.query('VACUUM ANALYZE orders');
  } finally {
    await client.end();
  }
}
