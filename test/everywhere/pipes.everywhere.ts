/** The line of the reference that pipes DuckDB, of PyPI, into Endcap. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { parquetOf } from '../orders/parquet/files.ts';
import { pipedCsv, pipedOrders, pipeOf, trainedBy } from '../support/pipes.ts';
import { testUnless } from '../support/skip.ts';
import { duckdbTool } from './duckdb.ts';

const test = suite('pipes');
const { path, absent } = await duckdbTool();

testUnless(test, absent, 'duckdb', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'endcap-duckdb-'));
  try {
    mkdirSync(join(cwd, 'orders'));
    const names = Object.keys(pipedOrders[0]) as (keyof (typeof pipedOrders)[0])[];
    const types = { order_id: 'INT64', quantity: 'INT32', ordered_at: 'TIMESTAMP' } as Record<
      string,
      'INT64' | 'INT32' | 'TIMESTAMP'
    >;
    for (const [part, from] of [0, 45].entries()) {
      const rows = pipedOrders.slice(from, from + 45);
      const data = (name: (typeof names)[0]) =>
        rows.map((row) => (name === 'ordered_at' ? new Date(`${row.ordered_at.replace(' ', 'T')}Z`) : row[name]));
      const columns = names.map((name) => ({
        name,
        data: data(name),
        type: types[name] ?? ('STRING' as const),
        nullable: true,
      }));
      writeFileSync(join(cwd, `orders/part-${part}.parquet`), parquetOf(columns));
    }
    const expected = await readOrders(Buffer.from(pipedCsv()), { format: 'csv' });
    const env = { PATH: [dirname(path), process.env.PATH].join(delimiter) };
    const { fingerprint, names: found } = await trainedBy(pipeOf('duckdb'), env, cwd);
    assert.equal(
      found,
      expected.productInfo.map(({ name }) => name),
    );
    assert.is(fingerprint, expected.fingerprint);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

test.run();
