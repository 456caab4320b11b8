import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import { type SampleRow, sampleCsv, sampleOrders } from '../../src/sample/sample.ts';

const test = suite('sample');
const rows = [...sampleOrders()];
const share = (keep: (row: SampleRow) => boolean) => rows.filter(keep).length / rows.length;
const customerOf = (row: SampleRow) => row.customer_id.replace(/\.0$/, '');
const isReturn = (row: SampleRow) => row.order_id.startsWith('C');

function countBy(keyOf: (row: SampleRow) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return counts;
}

/** The share of all rows that the biggest tenth of the keys has. */
function topTenth(counts: Map<string, number>): number {
  const sorted = [...counts.values()].sort((a, b) => b - a);
  const top = sorted.slice(0, Math.ceil(sorted.length / 10));
  return top.reduce((sum, count) => sum + count, 0) / rows.length;
}

test('the text of a seed never changes, and another seed gives another shop', () => {
  const hash = (seed?: number) => {
    const sha = createHash('sha256');
    for (const chunk of sampleCsv({ lines: 5000, seed })) sha.update(chunk);
    return sha.digest('hex');
  };
  assert.is(hash(), '1151d81b08edff5474c046a5886589cc2e502ecf16d84d71a7bbbb04881dbc2b');
  assert.is(hash(1), hash());
  assert.is.not(hash(2), hash());
});

test('there are as many rows as asked for, of as many customers and products', () => {
  assert.is(rows.length, 20_000);
  for (const lines of [1, 2, 13, 700]) {
    for (const size of [1, 3, 50]) {
      const few = [...sampleOrders({ lines, customers: size, products: size })];
      assert.is(few.length, lines);
      assert.ok(new Set(few.map(customerOf).filter((id) => id !== '')).size <= size);
      assert.ok(new Set(few.map((row) => row.product_id)).size <= size);
    }
  }
  assert.ok(countBy((row) => row.product_id).size > 340);
  assert.ok(countBy(customerOf).size > 800);
  assert.is(countBy((row) => row.category).size, 14);
});

test('CSV says the same as the rows', async () => {
  const text = [...sampleCsv()].join('');
  const folder = await mkdtemp(join(tmpdir(), 'endcap-'));
  try {
    await writeFile(join(folder, 'orders.csv'), text);
    const [fromFile, fromRows] = [await readOrders(join(folder, 'orders.csv')), await readOrders(rows)];
    assert.is(fromFile.fingerprint, fromRows.fingerprint);
    assert.equal(fromFile.productInfo, fromRows.productInfo);
    assert.equal(fromFile.account.dropped, fromRows.account.dropped);
  } finally {
    await rm(folder, { recursive: true });
  }
  assert.ok(/^[^\n]*""/m.test(text), 'some name holds a quote');
  assert.ok(/"[^"\n]*,[^"\n]*"/.test(text), 'some name holds a comma');
});

test('a name belongs to one product, and a product has one name, category and price', () => {
  const said = new Map<string, string>();
  for (const { product_id, product_name, category, price } of rows) {
    const all = JSON.stringify([product_name, category, price]);
    assert.is(said.get(product_id) ?? all, all);
    assert.ok(Number(price) > 0);
    said.set(product_id, all);
  }
  assert.is(new Set([...said.values()].map((all) => JSON.parse(all)[0])).size, said.size);
});

test('rows come in time order over 18 months, with weekly and yearly rhythm', () => {
  const times = rows.map((row) => row.ordered_at).filter((time) => !time.startsWith('0000'));
  assert.equal(times, [...times].sort());
  assert.ok(times[0].startsWith('2024-07-01T') && times.at(-1)!.startsWith('2025-12-31T'));
  const count = (keep: (date: Date) => boolean) => times.filter((time) => keep(new Date(time))).length;
  assert.ok(count((date) => date.getUTCDay() === 1) > 1.2 * count((date) => date.getUTCDay() === 6));
  assert.ok(count((date) => date.getUTCMonth() === 11) > 1.5 * count((date) => date.getUTCMonth() === 7));
});

test('a few percent of the rows are dirty, of every kind', () => {
  const kinds: Record<string, (row: SampleRow) => boolean> = {
    'no customer': (row) => row.customer_id === '',
    'no quantity': (row) => row.quantity === '',
    'n/a quantity': (row) => row.quantity === 'n/a',
    'decimal quantity': (row) => row.quantity.endsWith('.0'),
    'decimal customer': (row) => row.customer_id.endsWith('.0'),
    'no date': (row) => Number.isNaN(Date.parse(row.ordered_at)),
  };
  for (const [name, kind] of Object.entries(kinds)) {
    assert.ok(share(kind) > 0.001 && share(kind) < 0.015, `${name}: ${share(kind)}`);
  }
  const duplicates = rows.length - new Set(rows.map((row) => JSON.stringify(row))).size;
  assert.ok(duplicates > 20 && duplicates < 200, `${duplicates} duplicates`);
  const dirty = share((row) => Object.values(kinds).some((kind) => kind(row))) + duplicates / rows.length;
  assert.ok(dirty > 0.015 && dirty < 0.05, `dirty ${dirty}`);
});

test('what is returned was bought before by the same customer, in no smaller number', () => {
  const held = new Map<string, number>();
  for (const row of rows) {
    const key = `${customerOf(row)} ${row.product_id}`;
    assert.is(isReturn(row), Number(row.quantity) < 0);
    if (Number.isNaN(Number(row.quantity))) continue;
    held.set(key, (held.get(key) ?? 0) + Number(row.quantity));
    if (isReturn(row)) assert.ok(row.customer_id !== '' && held.get(key)! >= 0, `return of ${key}`);
  }
  assert.ok(share(isReturn) > 0.01 && share(isReturn) < 0.025, `returns ${share(isReturn)}`);
});

test('orders have several lines, mostly of one piece, each order one customer and one time', () => {
  const orders = countBy((row) => row.order_id).size;
  assert.ok(rows.length / orders > 2 && rows.length / orders < 4);
  assert.ok(share((row) => row.quantity === '1') > 0.6);
  assert.is(countBy((row) => `${row.order_id} ${customerOf(row)}`).size, orders);
});

test('few products and customers make up much of the sales', () => {
  assert.ok(topTenth(countBy((row) => row.product_id)) > 0.25);
  assert.ok(topTenth(countBy(customerOf)) > 0.3);
});

test('consumables are bought again, and far more often than things that last', () => {
  const repeats = (code: RegExp) => {
    const orders = new Map<string, Set<string>>();
    for (const row of rows) {
      if (isReturn(row) || row.customer_id === '' || !code.test(row.product_id)) continue;
      const pair = `${customerOf(row)} ${row.product_id}`;
      orders.set(pair, (orders.get(pair) ?? new Set()).add(row.order_id));
    }
    return [...orders.values()].filter((set) => set.size > 1).length / orders.size;
  };
  const consumables = repeats(/^(COF|TEA|PAS|SPI|CAR)/);
  assert.ok(consumables > 0.2, `consumables ${consumables}`);
  assert.ok(consumables > 2 * repeats(/^(CGR|TWR|CWR|TAB)/));
});

test('some products are launched midway', () => {
  const first = new Map<string, string>();
  for (const row of rows) if (!first.has(row.product_id)) first.set(row.product_id, row.ordered_at);
  const late = [...first.values()].filter((time) => time > '2024-11').length;
  assert.ok(late > 0.08 * first.size && late < 0.4 * first.size, `${late} of ${first.size}`);
});

test('tastes show: who buys coffee buys coffee gear, who buys tea buys teaware', () => {
  const buyers = (code: string) =>
    new Set(rows.filter((row) => row.product_id.startsWith(code) && row.customer_id !== '').map(customerOf));
  const customers = countBy(customerOf).size;
  const lift = (one: string, other: string) => {
    const [a, b] = [buyers(one), buyers(other)];
    return ([...a].filter((id) => b.has(id)).length * customers) / (a.size * b.size);
  };
  assert.ok(lift('COF', 'CGR') > 1.1 * lift('COF', 'TWR'), `${lift('COF', 'CGR')} ${lift('COF', 'TWR')}`);
  assert.ok(lift('TEA', 'TWR') > 1.1 * lift('TEA', 'CGR'), `${lift('TEA', 'TWR')} ${lift('TEA', 'CGR')}`);
});

test('an option out of range is refused by name', () => {
  for (const [name, value] of [
    ['lines', 0],
    ['lines', 1.5],
    ['customers', -1],
    ['products', Number.NaN],
    ['seed', -1],
  ] as const) {
    assert.throws(
      () => sampleOrders({ [name]: value }).next(),
      (error: unknown) =>
        error instanceof EndcapError && error.code === 'invalid_options' && error.details.option === name,
    );
  }
});

test.run();
