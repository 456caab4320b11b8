import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import { type SampleRecord, sampleCsv, sampleOrders } from '../../src/sample/sample.ts';

const test = suite('sample');
const records = [...sampleOrders()];
const share = (keep: (record: SampleRecord) => boolean) => records.filter(keep).length / records.length;
const customerOf = (record: SampleRecord) => record.customer_id.replace(/\.0$/, '');
const isReturn = (record: SampleRecord) => record.order_id.startsWith('C');

function countBy(keyOf: (record: SampleRecord) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const record of records) counts.set(keyOf(record), (counts.get(keyOf(record)) ?? 0) + 1);
  return counts;
}

/** The share of all records that the biggest tenth of the keys has. */
function topTenth(counts: Map<string, number>): number {
  const sorted = [...counts.values()].sort((a, b) => b - a);
  const top = sorted.slice(0, Math.ceil(sorted.length / 10));
  return top.reduce((sum, count) => sum + count, 0) / records.length;
}

test('a seed always gives the same text, and another seed gives another shop', () => {
  const hash = (seed?: number) => {
    const sha = createHash('sha256');
    for (const chunk of sampleCsv({ lines: 5000, seed })) sha.update(chunk);
    return sha.digest('hex');
  };
  assert.is(hash(), '1151d81b08edff5474c046a5886589cc2e502ecf16d84d71a7bbbb04881dbc2b');
  assert.is(hash(1), hash());
  assert.is.not(hash(2), hash());
});

test('gives the requested number of lines, from at most the requested customers and products', () => {
  assert.is(records.length, 20_000);
  for (const lines of [1, 2, 13, 700]) {
    for (const size of [1, 3, 50]) {
      const few = [...sampleOrders({ lines, customers: size, products: size })];
      assert.is(few.length, lines);
      assert.ok(new Set(few.map(customerOf).filter((id) => id !== '')).size <= size);
      assert.ok(new Set(few.map((record) => record.product_id)).size <= size);
    }
  }
  assert.ok(countBy((record) => record.product_id).size > 340);
  assert.ok(countBy(customerOf).size > 800);
  assert.is(countBy((record) => record.category).size, 14);
});

test('the CSV text reads back as the same orders', async () => {
  const text = [...sampleCsv()].join('');
  const folder = await mkdtemp(join(tmpdir(), 'endcap-'));
  try {
    await writeFile(join(folder, 'orders.csv'), text);
    const [fromFile, fromRecords] = [await readOrders(join(folder, 'orders.csv')), await readOrders(records)];
    assert.is(fromFile.fingerprint, fromRecords.fingerprint);
    assert.equal(fromFile.productInfo, fromRecords.productInfo);
    assert.equal(fromFile.account.dropped, fromRecords.account.dropped);
  } finally {
    await rm(folder, { recursive: true });
  }
  assert.ok(/^[^\n]*""/m.test(text), 'some name holds a quote');
  assert.ok(/"[^"\n]*,[^"\n]*"/.test(text), 'some name holds a comma');
});

test('each name belongs to one product, and each product has one name, category, and price', () => {
  const said = new Map<string, string>();
  for (const { product_id, product_name, category, price } of records) {
    const all = JSON.stringify([product_name, category, price]);
    assert.is(said.get(product_id) ?? all, all);
    assert.ok(Number(price) > 0);
    said.set(product_id, all);
  }
  assert.is(new Set([...said.values()].map((all) => JSON.parse(all)[0])).size, said.size);
});

test('records are in time order over 18 months, with weekly and yearly rhythm', () => {
  const times = records.map((record) => record.ordered_at).filter((time) => !time.startsWith('0000'));
  assert.equal(times, [...times].sort());
  assert.ok(times[0].startsWith('2024-07-01T') && times.at(-1)!.startsWith('2025-12-31T'));
  const count = (keep: (date: Date) => boolean) => times.filter((time) => keep(new Date(time))).length;
  assert.ok(count((date) => date.getUTCDay() === 1) > 1.2 * count((date) => date.getUTCDay() === 6));
  assert.ok(count((date) => date.getUTCMonth() === 11) > 1.5 * count((date) => date.getUTCMonth() === 7));
});

test('a few percent of the records are dirty, in every way', () => {
  const kinds: Record<string, (record: SampleRecord) => boolean> = {
    'no customer': (record) => record.customer_id === '',
    'no quantity': (record) => record.quantity === '',
    'n/a quantity': (record) => record.quantity === 'n/a',
    'decimal quantity': (record) => record.quantity.endsWith('.0'),
    'decimal customer': (record) => record.customer_id.endsWith('.0'),
    'no date': (record) => Number.isNaN(Date.parse(record.ordered_at)),
  };
  for (const [name, kind] of Object.entries(kinds)) {
    assert.ok(share(kind) > 0.001 && share(kind) < 0.015, `${name}: ${share(kind)}`);
  }
  const duplicates = records.length - new Set(records.map((record) => JSON.stringify(record))).size;
  assert.ok(duplicates > 20 && duplicates < 200, `${duplicates} duplicates`);
  const dirty = share((record) => Object.values(kinds).some((kind) => kind(record))) + duplicates / records.length;
  assert.ok(dirty > 0.015 && dirty < 0.05, `dirty ${dirty}`);
});

test('a return follows a purchase of at least as many units by the same customer', () => {
  const held = new Map<string, number>();
  for (const record of records) {
    const key = `${customerOf(record)} ${record.product_id}`;
    assert.is(isReturn(record), Number(record.quantity) < 0);
    if (Number.isNaN(Number(record.quantity))) continue;
    held.set(key, (held.get(key) ?? 0) + Number(record.quantity));
    if (isReturn(record)) assert.ok(record.customer_id !== '' && held.get(key)! >= 0, `return of ${key}`);
  }
  assert.ok(share(isReturn) > 0.01 && share(isReturn) < 0.025, `returns ${share(isReturn)}`);
});

test('orders have several lines, mostly of one unit, and one customer each', () => {
  const orders = countBy((record) => record.order_id).size;
  assert.ok(records.length / orders > 2 && records.length / orders < 4);
  assert.ok(share((record) => record.quantity === '1') > 0.6);
  assert.is(countBy((record) => `${record.order_id} ${customerOf(record)}`).size, orders);
});

test('a few products and customers make up much of the sales', () => {
  assert.ok(topTenth(countBy((record) => record.product_id)) > 0.25);
  assert.ok(topTenth(countBy(customerOf)) > 0.3);
});

test('consumables are bought again far more often than durable goods', () => {
  const repeats = (code: RegExp) => {
    const orders = new Map<string, Set<string>>();
    for (const record of records) {
      if (isReturn(record) || record.customer_id === '' || !code.test(record.product_id)) continue;
      const pair = `${customerOf(record)} ${record.product_id}`;
      orders.set(pair, (orders.get(pair) ?? new Set()).add(record.order_id));
    }
    return [...orders.values()].filter((set) => set.size > 1).length / orders.size;
  };
  const consumables = repeats(/^(COF|TEA|PAS|SPI|CAR)/);
  assert.ok(consumables > 0.2, `consumables ${consumables}`);
  assert.ok(consumables > 2 * repeats(/^(CGR|TWR|CWR|TAB)/));
});

test('some products are launched midway', () => {
  const first = new Map<string, string>();
  for (const record of records) if (!first.has(record.product_id)) first.set(record.product_id, record.ordered_at);
  const late = [...first.values()].filter((time) => time > '2024-11').length;
  assert.ok(late > 0.08 * first.size && late < 0.4 * first.size, `${late} of ${first.size}`);
});

test('tastes show: coffee buyers buy coffee gear, tea buyers buy teaware', () => {
  const buyers = (code: string) =>
    new Set(
      records.filter((record) => record.product_id.startsWith(code) && record.customer_id !== '').map(customerOf),
    );
  const customers = countBy(customerOf).size;
  const lift = (one: string, other: string) => {
    const [a, b] = [buyers(one), buyers(other)];
    return ([...a].filter((id) => b.has(id)).length * customers) / (a.size * b.size);
  };
  assert.ok(lift('COF', 'CGR') > 1.1 * lift('COF', 'TWR'), `${lift('COF', 'CGR')} ${lift('COF', 'TWR')}`);
  assert.ok(lift('TEA', 'TWR') > 1.1 * lift('TEA', 'CGR'), `${lift('TEA', 'TWR')} ${lift('TEA', 'CGR')}`);
});

test('invalid and unknown options are errors that name the option, before the first record', () => {
  for (const [name, value] of [
    ['lines', 0],
    ['lines', 1.5],
    ['customers', -1],
    ['products', Number.NaN],
    ['seed', -1],
    ['rows', 500],
  ] as const) {
    for (const sample of [sampleOrders, sampleCsv]) {
      assert.throws(
        () => sample({ [name]: value }),
        (error: unknown) =>
          error instanceof EndcapError && error.code === 'invalid_options' && error.details.option === name,
      );
    }
  }
});

test.run();
