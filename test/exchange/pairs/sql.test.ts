/** The query of the page "Larger", in SQLite, gives the pairs that Endcap makes of the same lines. */
import { readFileSync } from 'node:fs';
import Database from 'libsql';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { readPairs } from '../../../src/exchange/pairs/read.ts';
import { cleanCustomerId, cleanId } from '../../../src/orders/cleaning/ids.ts';
import { createRandom } from '../../../src/random.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { comparable } from '../../dataset/files.ts';
import { fileOn } from '../../support/page.ts';
import { scratchFolder } from '../tables.ts';
import { type Pair, pairsPart } from './pairs.ts';

const test = suite('pairs by SQL');
const { partsOf } = scratchFolder(test);
const query = fileOn(readFileSync(new URL('../../../src/larger.md', import.meta.url), 'utf8'), 'pairs.sql');

interface Line {
  customer_id: string | null;
  order_id: string;
  product_id: string | null;
  quantity: number;
  /** ISO 8601, in UTC. */
  ordered_at: string;
}

/** The rows of the query, with `ordered_at` in milliseconds. */
function pairsBySql(lines: readonly Line[]): Pair[] {
  const database = new Database(':memory:');
  try {
    database.exec(
      'create table orders (customer_id text, order_id text, product_id text, quantity integer, ordered_at integer)',
    );
    const insert = database.prepare('insert into orders values (?, ?, ?, ?, ?)');
    database.transaction(() => {
      for (const { customer_id, order_id, product_id, quantity, ordered_at } of lines)
        insert.run(customer_id, order_id, product_id, quantity, Date.parse(ordered_at));
    })();
    return database.prepare(query).all() as Pair[];
  } finally {
    database.close();
  }
}

async function assertSame(lines: readonly Line[]): Promise<void> {
  const columns = { customer: 'customer_id', order: 'order_id', product: 'product_id', time: 'ordered_at' };
  const dataset = await readOrders(lines, { columns, acceptLoss: true });
  const read = await readPairs(partsOf(pairsPart(pairsBySql(lines))));
  for (const part of ['customers', 'products', 'purchases', 'byProduct', 'returned'] as const)
    assert.equal(comparable(read[part]), comparable(dataset[part]), part);
}

/** Lines of few customers, with returns before and after purchases, of a part, of all, and of what was never bought. */
function linesWithReturns(seed: number): Line[] {
  const random = createRandom(seed);
  return Array.from({ length: 2500 }, () => {
    const [customer, month] = [random.below(50), random.below(12)];
    const quantity = random.uniform() < 0.25 ? -1 - random.below(6) : 1 + random.below(3);
    // Some orders have lines of two moments, of which the later one counts for all of them.
    const time = Date.UTC(2025, month, 1 + (customer % 20), 9, random.below(2), quantity > 0 ? 0 : 30);
    return {
      customer_id: random.uniform() < 0.05 ? null : `c${customer}`,
      order_id: `${quantity < 0 ? 'r' : 'o'}${customer}-${month}`,
      product_id: random.uniform() < 0.02 ? null : `p${Math.floor(70 * random.uniform() ** 2)}`,
      quantity: random.uniform() < 0.02 ? 0 : quantity,
      ordered_at: new Date(time).toISOString(),
    };
  });
}

test('with returns of every kind', async () => {
  for (const seed of [1, 2, 3]) await assertSame(linesWithReturns(seed));
});

test('of the made-up shop', async () => {
  const lines = [...sampleOrders({ lines: 6000 })].flatMap((order): Line[] => {
    const { customer_id, order_id, product_id, quantity, ordered_at } = order;
    // Only what fits into columns with types, and clean ids, as a table has them that is joined by them.
    if (!/^-?\d+$/.test(quantity) || !/^\d{4}-\d\d-\d\dT/.test(ordered_at)) return [];
    return [
      {
        customer_id: cleanCustomerId(customer_id) || null,
        order_id,
        product_id: cleanId(product_id) || null,
        quantity: Number(quantity),
        ordered_at,
      },
    ];
  });
  assert.ok(lines.length > 5500);
  await assertSame(lines);
});

test.run();
