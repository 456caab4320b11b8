/** The commands and programs of the page "Larger", as they are printed, with Spark, pandas, and DuckDB. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dataset, loadModel, readOrders, readPairs, sampleCsv, sampleOrders } from '../../../src/index.ts';
import { shell } from '../../cli/run.ts';
import { comparable } from '../../dataset/files.ts';
import { run } from '../../support/commands.ts';
import { blocksOf, scriptsOn, writeShop } from '../../support/page.ts';
import { sharedData, testUnless } from '../../support/skip.ts';
import { duckdbTool } from '../duckdb.ts';
import { sparkTool, submitting } from './spark.ts';

const test = suite('the page "Larger"');
const spark = await sparkTool();
const duckdb = await duckdbTool();
const absent = spark.absent ?? duckdb.absent;
const page = await readFile(new URL('../../../src/larger.md', import.meta.url), 'utf8');
const cwd = await mkdtemp(join(tmpdir(), 'endcap-larger-'));
test.after(() => rm(cwd, { recursive: true, force: true }));

/** Runs a script in a folder that has the files of the page. */
async function runIn(folder: string, script: string): Promise<string> {
  const temporary = join(folder, 'tmp');
  await mkdir(temporary, { recursive: true });
  const submitted = await submitting(spark, temporary);
  const env = Object.fromEntries(Object.entries(submitted).filter(([, value]) => value !== undefined));
  const path = [dirname(duckdb.path), env.PATH].join(delimiter);
  const all = { ...(env as Record<string, string>), PATH: path, DATABASE_URL: 'sqlite:shop.db' };
  const within = `set -e\nnpx() { shift; endcap "$@"; }\n${script}`;
  const { code, stdout, stderr } = await shell(within, { cwd: folder, env: all, timeoutMs: 600_000 });
  assert.is(code, 0, `${script}\n${stderr.slice(-3000)}`);
  return stdout.toString();
}

async function filesInto(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, text } of blocksOf(page)) if (name !== '') await writeFile(join(folder, name), text);
}

async function duck(folder: string, query: string): Promise<void> {
  const { code, stderr } = await run(duckdb.path, ['-c', query], { cwd: folder });
  assert.is(code, 0, stderr);
}

/** What training sees of a dataset, but for its orders. */
function seen({ customers, products, purchases, byProduct, returned }: Dataset): unknown {
  return comparable({ customers, products, purchases, byProduct, returned });
}

const folder = join(cwd, 'page');
let printed = '';

testUnless(test, absent, 'its commands run as printed, in their order', async () => {
  await filesInto(folder);
  await writeFile(join(folder, 'orders.csv'), [...sampleCsv({ lines: 6000 })].join(''));
  writeShop(join(folder, 'shop.db'), sampleOrders({ lines: 6000 }));
  await mkdir(join(folder, 'orders'));
  // Only what fits into columns with types, and clean ids, as tables have them that are joined by them.
  await duck(
    folder,
    `create view all_lines as from read_csv('orders.csv', all_varchar = true);
     create view lines as select customer_id, order_id, product_id, product_name, cast(quantity as integer) as quantity,
         cast(ordered_at as timestamp) as ordered_at
       from all_lines where try_cast(quantity as integer) is not null and try_cast(ordered_at as timestamp) is not null
         and regexp_full_match(customer_id, '[0-9]+') and regexp_full_match(product_id, '[A-Z]+-[0-9]+');
     copy lines to 'orders/part-0.parquet';
     copy (select * from lines where customer_id not like '%5') to 'some-customers.parquet';
     copy (select product_id as product, max(product_name) as name from lines group by product_id) to 'products.parquet'`,
  );
  for (const script of scriptsOn(page)) printed += await runIn(folder, script);
});

testUnless(test, absent, 'the pairs of Spark and of DuckDB are those that Endcap makes of the orders', async () => {
  const orders = await readOrders(join(folder, 'orders'));
  assert.ok(orders.returned && orders.purchases.lastPurchase);
  const [bySpark, byDuckdb] = [await readPairs(join(folder, 'pairs')), await readPairs(join(folder, 'pairs.parquet'))];
  assert.equal(seen(bySpark), seen(orders));
  assert.equal(seen(byDuckdb), seen(orders));
  assert.is(bySpark.fingerprint, byDuckdb.fingerprint);
});

testUnless(
  test,
  absent,
  'programs read what is exported: pandas and DuckDB find products, Spark lists by taste',
  async () => {
    const model = await loadModel(join(folder, 'model.safetensors'));
    // The product itself is most like itself.
    assert.match(printed, /PAS-1007.* 1\.0/);
    assert.match(printed, /uptake/);
    const parts = await run('sh', ['-c', 'ls lists-by-taste/part-*'], { cwd: folder });
    const lists = [];
    for (const part of parts.stdout.trim().split('\n'))
      lists.push(...(await parquetReadObjects({ file: await asyncBufferFromFile(join(folder, part)), compressors })));
    assert.is(lists.length, model.customers.length);
    const { factors, customerFactors, productFactors, products } = model;
    const taste = (user: number, item: number) => {
      let sum = 0;
      for (let k = 0; k < factors; k++) sum += customerFactors[user * factors + k] * productFactors[item * factors + k];
      return sum;
    };
    for (const { user, recommendations } of lists as {
      user: number;
      recommendations: { item: number; rating: number }[];
    }[]) {
      const best = products.map((_, item) => taste(user, item)).sort((a, b) => b - a);
      for (const [rank, { item, rating }] of recommendations.entries()) {
        const tolerance = 1e-5 * (1 + Math.abs(best[0]));
        assert.ok(Math.abs(rating - taste(user, item)) < tolerance && Math.abs(rating - best[rank]) < tolerance);
      }
    }
  },
);

const retail = sharedData('online-retail.parquet');

testUnless(test, absent ?? retail.absent, 'the query gives exactly our pairs of Online Retail, in both', async () => {
  const own = join(cwd, 'retail');
  await filesInto(own);
  await mkdir(join(own, 'orders'));
  await symlink(retail.path, join(own, 'retail.parquet'));
  // Spark does not read times in nanoseconds.
  await duck(
    own,
    `copy (select cast(cast(CustomerID as bigint) as varchar) as customer_id, InvoiceNo as order_id, StockCode as product_id,
       Quantity as quantity, cast(InvoiceDate as timestamp) as ordered_at from 'retail.parquet') to 'orders/part-0.parquet'`,
  );
  for (const script of scriptsOn(page)) if (/pairs\.sql/.test(script)) await runIn(own, script);
  const orders = await readOrders(retail.path);
  assert.is(orders.purchases.products.length, 265_220);
  for (const pairs of ['pairs', 'pairs.parquet'])
    assert.equal(seen(await readPairs(join(own, pairs))), seen(orders), pairs);
});

test.run();
