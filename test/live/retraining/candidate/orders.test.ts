import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { datasetProblem } from '../../../../src/dataset/check.ts';
import { readOrders } from '../../../../src/dataset/read.ts';
import {
  type PurchaseStore,
  readOrdersAndPurchases,
  refuseUnrepeatable,
} from '../../../../src/live/retraining/candidate/orders.ts';
import type { Purchase } from '../../../../src/live/store/store.ts';
import { describeAccount } from '../../../../src/orders/cleaning/account.ts';
import type { OrderSource, ReadOptions } from '../../../../src/orders/options.ts';
import { filesOf } from '../../../dataset/files.ts';
import { endcapErrorOf } from '../../../support/errors.ts';

const test = suite('orders of a shop');
const { file, folder } = filesOf(test);

interface Line {
  order: string;
  customer: string;
  product: string;
  quantity: number;
  time: number;
}

const day = (number: number) => Date.UTC(2025, 0, number, 12);
const line = (order: string, customer: string, product: string, quantity: number, time: number): Line => ({
  ...{ order, customer, product, quantity, time },
});
/** As a source has it. */
const record = ({ time, ...rest }: Line) => ({ ...rest, date: new Date(time).toISOString() });
const columns = { customer: 'customer', product: 'product', quantity: 'quantity', order: 'order', time: 'date' };

/** A store in memory, whose places have gaps, as those of a store with a catalogue. */
function storeOf(purchases: readonly Purchase[], erased: readonly string[] = []) {
  const stored = purchases.map((purchase, i) => ({ ...purchase, seq: 3 * i + 1 }));
  const pages: number[] = [];
  const store: PurchaseStore = {
    async purchasesAfter(seq, limit) {
      const page = stored.filter((purchase) => purchase.seq > seq).slice(0, limit);
      pages.push(page.length);
      return page;
    },
    erasuresAfter: async () => erased.map((id, i) => ({ hash: `#${id}`, seq: i + 1 })),
    hashOf: (id) => `#${id}`,
    lastSeq: async () => 3 * stored.length,
  };
  return { ...store, pages };
}

/** Kept and dropped records add up, in numbers and in words. */
function checkAccount({ read, kept, dropped, purchases, returns }: Awaited<ReturnType<typeof readOrders>>['account']) {
  assert.is(kept, purchases + returns);
  assert.is(read, kept + Object.values(dropped).reduce((sum, count) => sum + count, 0));
}

// What the purchases of a store are, in the slow and obvious way: other lines of the same file.

const customer = fc.constantFrom('ann', 'bob', 'cleo');
const product = fc.constantFrom('tea', 'cup', 'pot');
const quantity = fc.constantFrom(1, 2, 3, -1, -2);
const lineOf = (order: fc.Arbitrary<string>, days: readonly [number, number]) =>
  fc
    .record({ order, customer, product, quantity, time: fc.integer({ min: days[0], max: days[1] }).map(day) })
    // An order is one customer's.
    .map((each) => ({ ...each, order: `${each.order} of ${each.customer}` }));
const ids = fc.constantFrom('1', '2', '3', '4', '5', '6');
const others = fc.constantFrom('w1', 'w2', 'w3', 'w4');
const shops = fc.record({
  source: fc.array(lineOf(ids, [2, 20]), { maxLength: 20 }),
  stored: fc.array(fc.oneof(lineOf(others, [10, 30]), lineOf(ids, [10, 30])), { maxLength: 20 }),
  erased: fc.subarray(['ann', 'bob', 'nobody']),
});
const base = line('base', 'base', 'tea', 1, day(1));

/** The lines of the store that are not in the source. */
function news(source: readonly Line[], stored: readonly Line[]): Line[] {
  const end = Math.max(...source.filter(({ quantity }) => quantity > 0).map(({ time }) => time));
  const has = (one: Line, isReturn: boolean) =>
    source.some(
      ({ order, customer, quantity }) => order === one.order && customer === one.customer && quantity < 0 === isReturn,
    );
  const areSame = stored.some((one) => one.quantity > 0 && has(one, false));
  return stored.filter((one) => {
    const isKnown = one.quantity > 0 ? has(one, false) : has(one, true) || (has(one, false) && one.time <= end);
    const isOfSource = source.some(({ customer }) => customer === one.customer);
    return !isKnown && (areSame || !isOfSource || one.time > end);
  });
}

test('purchases are as other lines of the same file, but for those that the file has, and without erased customers', async () => {
  await fc.assert(
    fc.asyncProperty(shops, async ({ source, stored, erased }) => {
      const lines = [base, ...source];
      const options: ReadOptions = { columns, acceptLoss: true, lines: true };
      const store = storeOf(stored, erased);
      const { dataset, learned } = await readOrdersAndPurchases(lines.map(record), options, store);
      const kept = news(lines, stored);
      const plain = await readOrders([...lines, ...kept].map(record), { ...options, customersOut: erased });
      assert.is(dataset.fingerprint, plain.fingerprint);
      assert.equal(dataset.lines, plain.lines);
      const { account } = dataset;
      const { read, examples, dropped, source: _, ...rest } = account;
      const { read: readPlain, examples: __, dropped: droppedPlain, ...restPlain } = plain.account;
      assert.equal(rest, restPlain);
      const { 'in the orders': known = 0, 'before the last order': before = 0, ...others } = dropped;
      assert.equal([others, read - readPlain], [droppedPlain, known + before]);
      assert.is(known + before, stored.length - kept.length);
      if (stored.length > 0) assert.equal(account.source!.read, lines.length);
      checkAccount(account);
      assert.is(datasetProblem(dataset), undefined);
      assert.equal(learned, { store: '#', seq: 3 * stored.length });
    }),
    { numRuns: 300 },
  );
});

const source = [
  line('1', 'ann', 'tea', 2, day(1)),
  line('2', 'bob', 'tea', 1, day(2)),
  line('2', 'bob', 'cup', 1, day(2)),
  line('3', 'cleo', 'cup', 1, day(9)),
].map((each) => ({ ...record(each), name: `The ${each.product}`, price: 3 }));

const shopOrders = (stored: readonly Purchase[], erased: readonly string[] = [], options: ReadOptions = {}) =>
  readOrdersAndPurchases(source, options, storeOf(stored, erased));

/** `customer: product times quantity` */
function boughtIn({ customers, products, purchases }: Awaited<ReturnType<typeof readOrders>>): string[] {
  return customers.flatMap((customer, row) => {
    const pairs = [...purchases.products.subarray(purchases.offsets[row], purchases.offsets[row + 1])];
    return `${customer}: ${pairs.map((product, i) => `${purchases.quantities?.[purchases.offsets[row] + i] ?? 1} ${products[product]}`).join(', ')}`;
  });
}

test('what is bought of new products by new customers counts, and descriptions of the orders stay', async () => {
  const { dataset, inSource, lastPurchase } = await shopOrders([
    line('w1', 'zoe', 'mat', 1, day(12)),
    line('w2', 'ann', 'cup', 2, day(13)),
  ]);
  assert.equal(boughtIn(dataset), ['ann: 2 cup, 2 tea', 'bob: 1 cup, 1 tea', 'cleo: 1 cup', 'zoe: 1 mat']);
  assert.equal(dataset.productInfo, [{ name: 'The cup', price: 3 }, {}, { name: 'The tea', price: 3 }]);
  assert.equal(
    [[...inSource!.customers], [...inSource!.products]],
    [
      [1, 1, 1, 0],
      [1, 0, 1],
    ],
  );
  assert.is(lastPurchase, 4);
  assert.equal(dataset.account.source, { read: 4, purchases: 4, customers: 3, products: 2, lastPurchase: day(9) });
  assert.is(dataset.account.lastPurchase, day(13));
  assert.is(describeAccount(dataset.account).at(-1), 'These are 4 rows of the orders and 2 of the store');
});

test('an order that both have counts once, as the orders have it', async () => {
  const stored = [
    line('1', 'ann', 'tea', 5, day(1)),
    line('2', 'bob', 'tea', 1, day(2)),
    line('old', 'bob', 'pot', 1, day(3)),
    line('3', 'cleo', 'cup', -1, day(12)),
  ];
  const { dataset } = await shopOrders(stored);
  // An order that the source lacks counts, since others have the same ids; a return after its end is news.
  assert.equal(boughtIn(dataset), ['ann: 2 tea', 'bob: 1 cup, 1 pot, 1 tea']);
  assert.equal(dataset.account.dropped, { 'in the orders': 2, 'returned in full': 2 });
  assert.not.ok(dataset.notes!.some(({ code }) => code === 'purchases-in-orders'));
});

test('with other ids for orders, what customers of the orders bought before their end is theirs, and a note says so', async () => {
  const stored = [
    line('w1', 'ann', 'tea', 2, day(1)),
    line('w2', 'zoe', 'tea', 1, day(2)),
    line('w3', 'bob', 'cup', -1, day(8)),
    line('w4', 'bob', 'cup', 1, day(10)),
  ];
  const { dataset } = await shopOrders(stored);
  assert.equal(boughtIn(dataset), ['ann: 2 tea', 'bob: 2 cup, 1 tea', 'cleo: 1 cup', 'zoe: 1 tea']);
  assert.equal(dataset.account.dropped, { 'before the last order': 2 });
  const note = dataset.notes!.find(({ code }) => code === 'purchases-in-orders')!;
  assert.match(note.text, '2 purchases of the store are from before the end of the orders (2025-01-09');
});

test('an order that was cancelled in the orders, or does not meet a condition, is none of the store either', async () => {
  const records = source.map((each, i) => ({ ...each, Status: i === 1 || i === 2 ? 'cancelled' : 'completed' }));
  const stored = [
    line('1', 'ann', 'tea', 2, day(1)),
    line('2', 'bob', 'tea', 1, day(2)),
    line('3', 'bob', 'tea', 1, day(2)),
    line('w9', 'bob', 'tea', 3, day(12)),
    line('2', 'bob', 'tea', -1, day(12)),
  ];
  const { dataset } = await readOrdersAndPurchases(records, {}, storeOf(stored));
  assert.equal(boughtIn(dataset), ['ann: 2 tea', 'bob: 4 tea', 'cleo: 1 cup']);
  assert.equal(dataset.account.dropped, { 'not a purchase': 2, 'in the orders': 3 });
  const where = ['order!=2'];
  const { account } = (await readOrdersAndPurchases(source, { where }, storeOf(stored))).dataset;
  assert.equal(account.dropped, { 'left out': 2, 'in the orders': 3 });
});

test('a number that two ways of counting have in common by chance does not make their ids the same', async () => {
  const stored = Array.from({ length: 150 }, (_, i) => line(`w${i}`, 'ann', 'pot', 1, day(5)));
  const { dataset } = await shopOrders([...stored, line('1', 'ann', 'pot', 1, day(5))]);
  assert.equal(dataset.account.dropped, { 'in the orders': 1, 'before the last order': 150 });
  const { dataset: same } = await shopOrders([...stored.slice(0, 50), line('1', 'ann', 'pot', 1, day(5))]);
  assert.equal(same.account.dropped, { 'in the orders': 1 });
});

test('a date in the future does not make purchases of today old', async () => {
  const future = line('9', 'bob', 'tea', 1, Date.UTC(2999, 0, 1));
  const bought = [line('w1', 'ann', 'cup', 1, day(12))];
  const { dataset } = await readOrdersAndPurchases([...source, record(future)], {}, storeOf(bought));
  assert.equal(dataset.account.dropped, {});
  assert.ok(dataset.notes!.some(({ code }) => code === 'future-dates'));
});

test('orders of whole days end with the day', async () => {
  const days = source.map((each) => ({ ...each, date: each.date.slice(0, 10) }));
  const stored = [line('w1', 'ann', 'cup', 1, day(9)), line('w2', 'ann', 'pot', 1, day(10))];
  const { dataset } = await readOrdersAndPurchases(days, {}, storeOf(stored));
  assert.is(boughtIn(dataset)[0], 'ann: 1 pot, 2 tea');
});

test('the end of orders without times is that of their file', async () => {
  const path = await file('timeless.csv', 'customer,product,quantity\nann,tea,1\nbob,cup,1\n');
  await utimes(path, day(9) / 1000, day(9) / 1000);
  const stored = [line('w1', 'ann', 'cup', 1, day(8)), line('w2', 'ann', 'pot', 1, day(10))];
  const { dataset } = await readOrdersAndPurchases(path, {}, storeOf(stored));
  assert.equal(boughtIn(dataset), ['ann: 1 pot, 1 tea', 'bob: 1 cup']);
});

test('an order of C and digits is a purchase, since a store says what is a return', async () => {
  const { dataset } = await shopOrders([line('C1', 'ann', 'tea', 1, day(12))]);
  assert.is(boughtIn(dataset)[0], 'ann: 3 tea');
});

test('customers who are left out of the orders are left out of the store as well', async () => {
  const { dataset, leftOut } = await shopOrders([line('w1', 'bob', 'pot', 1, day(12))], [], { customersOut: ['bob'] });
  assert.equal([dataset.customers, leftOut], [['ann', 'cleo'], 0]);
  assert.equal(dataset.account.dropped, { 'left-out customer': 3 });
});

test('erased customers are left out as if they had been named, and examples of dropped records with them', async () => {
  const records = [
    { order: 1, customer: 'ann', product: 'tea', quantity: 2 },
    { order: 2, customer: 'bob', product: 'tea', quantity: 1 },
    { order: 2, customer: 'ann', product: 'pot', quantity: 1 },
    { order: 3, customer: 'bob', product: 'cup', quantity: 'ann has it' },
    { order: 4, customer: 'cleo', product: 'cup', quantity: 1 },
    { order: 5, customer: 'ann', product: 'tea', quantity: -1 },
  ];
  const store = storeOf([line('w1', 'ann', 'mat', 1, day(1))], ['ann', 'nobody']);
  const { dataset, leftOut } = await readOrdersAndPurchases(records, { customersOut: ['cleo'] }, store, 0);
  const named = await readOrders(records, { customersOut: ['ann', 'cleo'] });
  assert.equal([dataset.customers, dataset.products, leftOut], [['bob'], ['tea'], 1]);
  assert.is(dataset.fingerprint, named.fingerprint);
  assert.equal(dataset.account.dropped, named.account.dropped);
  assert.not.match(JSON.stringify([dataset.account, dataset.notes]), 'ann');
  assert.not.ok((await readOrdersAndPurchases(records, {}, store)).dataset.customers.includes('ann'));
});

test('examples go even if nobody was found, since dropped records are of anybody; without erasures they stay', async () => {
  const records = [...source, { ...source[0], quantity: 'ann has it' }];
  const { dataset } = await readOrdersAndPurchases(records, {}, storeOf([], ['nobody']));
  assert.equal([dataset.customers, dataset.account.examples], [['ann', 'bob', 'cleo'], {}]);
  const { account } = (await readOrdersAndPurchases(records, {}, storeOf([]), 0)).dataset;
  assert.equal(account, (await readOrders(records)).account);
});

test('without a store, and with an empty one, there are the orders alone', async () => {
  const plain = await readOrders(source);
  for (const store of [undefined, storeOf([])]) {
    const { dataset, learned, lastPurchase } = await readOrdersAndPurchases(source, {}, store);
    assert.equal([dataset.fingerprint, lastPurchase], [plain.fingerprint, 0]);
    assert.equal(learned, store && { store: '#', seq: 0 });
  }
});

test('purchases are read some at a time, up to the place that is named', async () => {
  const stored = Array.from({ length: 2500 }, (_, i) => line(`w${i}`, `c${i % 7}`, 'mat', 1, day(12)));
  const all = storeOf(stored);
  const { dataset, learned, lastPurchase } = await readOrdersAndPurchases(source, {}, all);
  assert.equal(all.pages, [1000, 1000, 500]);
  assert.equal([dataset.account.read, learned!.seq, lastPurchase], [2504, 7500, 7498]);
  const first = await readOrdersAndPurchases(source, {}, storeOf(stored), 4);
  assert.equal([first.dataset.account.read, first.learned!.seq, first.lastPurchase], [6, 4, 4]);
});

test('stopping stops between the pages of a store', async () => {
  const stopping = new AbortController();
  const store = storeOf(Array.from({ length: 2500 }, (_, i) => line(`w${i}`, 'ann', 'mat', 1, day(12))));
  const reading = readOrdersAndPurchases(
    source,
    { signal: stopping.signal, onProgress: ({ rows }) => rows > 1000 && stopping.abort() },
    store,
  );
  assert.is((await endcapErrorOf(reading)).code, 'aborted');
  assert.ok(store.pages.length < 3);
});

const text = ['order,customer,product,quantity,date']
  .concat(
    source.map(({ order, customer, product, quantity, date }) => [order, customer, product, quantity, date].join()),
  )
  .join('\n');
const lines = source.map((each) => JSON.stringify(each)).join('\n');

const kinds: Record<string, () => Promise<OrderSource>> = {
  'a file': () => file('orders.csv', text),
  'a packed file': () => file('orders.csv.gz', gzipSync(text)),
  'tab-separated text': () => file('orders.tsv', text.replaceAll(',', '\t')),
  'lines of JSON': () => file('orders.jsonl', lines),
  async 'several files'() {
    const [header, ...rows] = text.split('\n');
    const first = await file('first.csv', [header, ...rows.slice(0, 2)].join('\n'));
    return [first, await file('second.csv', [header, ...rows.slice(1)].join('\n'))];
  },
  async 'a folder'() {
    const path = join(folder(), 'export');
    await mkdir(path);
    await writeFile(join(path, 'orders.csv'), text);
    return path;
  },
  async 'a pattern'() {
    await file('shop-2025-01.csv', text);
    return join(folder(), 'shop-2025-*.csv');
  },
};
for (const [kind, make] of Object.entries(kinds)) {
  test(`${kind} can be read with a store, again and again`, async () => {
    const path = await make();
    const expected = (await shopOrders([line('w2', 'ann', 'cup', 2, day(13))])).dataset.fingerprint;
    await refuseUnrepeatable(path);
    const { dataset } = await readOrdersAndPurchases(path, {}, storeOf([line('w2', 'ann', 'cup', 2, day(13))]));
    assert.is(dataset.fingerprint, expected);
    checkAccount(dataset.account);
  });
}

test('what can be read only once is refused for runs that repeat', async () => {
  for (const [given, named] of [
    ['-', "'-'"],
    ['/dev/null', "'/dev/null'"],
    [[await file('one.csv', text), '-'], "'-'"],
    [source, ''],
  ] as [OrderSource, string][]) {
    const error = await endcapErrorOf(refuseUnrepeatable(given));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, named);
    assert.match(
      error.message,
      'expected files, folders, patterns, addresses, or databases, which each run reads again',
    );
  }
});

test('a source that is gone, or has nothing left, is named, whatever the store has', async () => {
  const store = storeOf([line('w2', 'ann', 'cup', 2, day(13))]);
  const gone = join(folder(), 'gone.csv');
  for (const [path, code, problem] of [
    [gone, 'orders_unreadable', 'does not exist'],
    [join(folder(), 'gone-*.csv'), 'orders_unreadable', 'matches no file'],
    [await file('empty.csv', ''), 'no_orders', 'is empty'],
    [await file('header.csv', text.split('\n')[0]), 'no_orders', 'has a header but no rows'],
    [await file('broken.csv', text.replace(/^(.*?,.*?,.*?),\d/gm, '$1,?')), 'no_orders', 'no order line is left'],
  ]) {
    const error = await endcapErrorOf(readOrdersAndPurchases(path, {}, store));
    assert.is(error.code, code);
    assert.match(error.message, path.split('/').at(-1)!);
    assert.match(error.message, problem);
  }
});

test('what a store has does not make up for records of the orders that are lost', async () => {
  const broken = await file(
    'half.csv',
    `${text}\n${text.replace(/^(.*?,.*?,.*?),\d/gm, '$1,?')}\n4,ann,tea,?,2025-01-03`,
  );
  const store = storeOf(Array.from({ length: 100 }, (_, i) => line(`w${i}`, 'ann', 'mat', 1, day(12))));
  const error = await endcapErrorOf(readOrdersAndPurchases(broken, {}, store));
  assert.is(error.code, 'orders_lost');
  assert.match(error.message, 'only 4 of 9 rows');
});

test.run();
