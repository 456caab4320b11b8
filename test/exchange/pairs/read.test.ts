import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import { exportModel } from '../../../src/exchange/export/export.ts';
import { type PairsOptions, readPairs } from '../../../src/exchange/pairs/read.ts';
import { createRandom } from '../../../src/random.ts';
import { train } from '../../../src/tuning/train.ts';
import { endcap, json } from '../../cli/run.ts';
import { comparable } from '../../dataset/files.ts';
import { parquetOf } from '../../orders/parquet/files.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { scratchFolder } from '../tables.ts';
import { type Pair, pairsOf, pairsPart, shuffled } from './pairs.ts';

const test = suite('pairs');
const { folderOf, partsOf } = scratchFolder(test);

interface Line {
  customer: string;
  order: string;
  product: string;
  quantity: number;
  time: string;
}

/** Lines of customers who buy again, in orders of one or several moments, and send back some of it, or all, or what they never bought. */
function linesOf(seed: number, count = 3000): Line[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const customer = random.below(60);
    const order = random.below(12);
    const time = Date.UTC(2025, order, 1 + (customer % 20), 9, random.below(3));
    const quantity = random.uniform() < 0.2 ? -1 - random.below(6) : 1 + random.below(3);
    return {
      customer: `c${customer}`,
      order: `${quantity < 0 ? 'r' : 'o'}${customer}-${order}`,
      product: `p${Math.floor(80 * random.uniform() ** 2)}`,
      quantity,
      time: new Date(time).toISOString(),
    };
  });
}

/** What training sees of a dataset, but for its orders. */
function seen({ customers, products, purchases, byProduct, returned }: Dataset): unknown {
  return comparable({ customers, products, purchases, byProduct, returned });
}

test('pairs in any order, in parts, are those of the orders, with what was returned in full', async () => {
  const dataset = await readOrders(linesOf(1));
  assert.ok(dataset.returned && dataset.purchases.quantities && dataset.purchases.orders);
  const pairs = shuffled(pairsOf(dataset));
  const source = partsOf(pairsPart(pairs.slice(0, 700), { rowGroupSize: 300 }), pairsPart(pairs.slice(700)));
  const progress: { rows: number; totalRows: number }[] = [];
  const read = await readPairs(source, { onProgress: (now) => progress.push(now) });
  assert.equal(seen(read), seen(dataset));
  assert.equal(progress.at(-1), { rows: pairs.length, totalRows: pairs.length });
  const { dropped, ...account } = read.account;
  assert.equal(
    [account.read, account.kept, account.purchases],
    [pairs.length, ...Array(2).fill(read.purchases.products.length)],
  );
  assert.equal(dropped, { 'returned in full': dataset.returned.products.length });
  assert.equal(
    read.notes?.map(({ code }) => code),
    ['pairs-without-orders'],
  );
  assert.is(read.history, undefined);
});

test('what is not given is 1, or unknown, as in a dataset of orders', async () => {
  const lines = linesOf(2).map(({ customer, product }) => ({
    customer,
    product,
    quantity: 1,
    order: `${customer} ${product}`,
  }));
  const once = [...new Map(lines.map((line) => [line.order, line])).values()];
  const pairs = shuffled(once).map(({ customer, product }) => ({ customer, product, quantity: 1 }));
  const { purchases, ...read } = await readPairs(partsOf(pairsPart(pairs)));
  assert.equal(Object.keys(purchases), ['offsets', 'products']);
  assert.equal(seen({ purchases, ...read }), seen(await readOrders(once)));
});

test('the factors are those of the orders, byte by byte, if each order counts the same', async () => {
  const dataset = await readOrders(linesOf(3));
  const pairs = await readPairs(partsOf(pairsPart(shuffled(pairsOf(dataset)))));
  const options = { factors: 8, fast: true, together: 0, regularization: 8 };
  const [fromOrders, fromPairs] = await Promise.all([
    train(dataset, { ...options, decay: 1, tasteDecay: 1 }),
    // Of pairs, nothing else is known, whatever is asked for.
    train(pairs, { ...options, decay: 0.5, tasteDecay: 0.7 }),
  ]);
  assert.equal(fromPairs.customerFactors, fromOrders.customerFactors);
  assert.equal(fromPairs.productFactors, fromOrders.productFactors);
  assert.equal([fromPairs.metadata.options.decay, fromPairs.metadata.options.tasteDecay], [1, 1]);
  const { metadata } = await train(pairs, { factors: 8 });
  // As few as 60 customers leave nothing to pick.
  assert.is(metadata.unchosen, 'too_early');
});

test('training that is to pick options says that pairs leave nothing to measure on', async () => {
  const pairs = Array.from({ length: 3000 }, (_, i) => ({
    customer: `c${i % 600}`,
    product: `p${((i * 7) % 50) + (i % 3)}`,
    quantity: 1 + (i % 2),
  }));
  const once = [...new Map(pairs.map((pair) => [`${pair.customer} ${pair.product}`, pair])).values()];
  const model = await train(await readPairs(partsOf(pairsPart(once))), { factors: 8 });
  assert.is(model.metadata.unchosen, 'no_history');
});

test('an export of the model has the pairs it learned from, and the products', async () => {
  const dataset = await readOrders(linesOf(4).map((line) => ({ ...line, name: `The ${line.product}`, price: 2.5 })));
  const folder = folderOf({});
  await exportModel(await train(dataset, { factors: 4, fast: true }), folder);
  const read = await readPairs(join(folder, 'pairs.parquet'), { products: join(folder, 'products.parquet') });
  assert.equal(seen(read), seen(dataset));
  assert.equal(read.productInfo, dataset.productInfo);
  assert.equal(read.unusedColumns, ['recency']);
});

test('the fingerprint is that of the pairs, in whatever order they come', async () => {
  const pairs = pairsOf(await readOrders(linesOf(5)));
  const fingerprintOf = async (all: readonly Pair[]) => (await readPairs(partsOf(pairsPart(all)))).fingerprint;
  const own = await fingerprintOf(pairs);
  assert.is(await fingerprintOf(shuffled(pairs)), own);
  const others = ['product', 'quantity', 'orders', 'last_order'] as const;
  for (const name of others) {
    const changed = { product: 'another', quantity: 99, orders: 9, last_order: 1e12 }[name];
    assert.is.not(await fingerprintOf([{ ...pairs[0], [name]: changed }, ...pairs.slice(1)]), own, name);
  }
});

const fine: Pair = { customer: 'ann', product: 'tea', quantity: 2, orders: 1, last_order: 1.7e12 };

test('ids are cleaned as those of orders', async () => {
  const { customers, products, idCleaning } = await readPairs(
    partsOf(pairsPart([{ ...fine, customer: ' Ann@Shop.Example ', product: '17.0' }])),
  );
  assert.equal([customers, products], [['ann@shop.example'], ['17']]);
  assert.is(idCleaning, 1);
  const numbers = await readPairs(partsOf(pairsPart([{ customer: 17850, product: 22n, quantity: 1.5 }])));
  assert.equal([numbers.customers, numbers.products], [['17850'], ['22']]);
  assert.equal(numbers.purchases.quantities, Float32Array.of(1.5));
});

for (const [what, pairs, says] of [
  [
    'a pair is there twice',
    [fine, { ...fine, quantity: 1 }],
    /has the pair of the customer ann and the product tea twice/,
  ],
  ['it is the same once ids are clean', [fine, { ...fine, customer: 'ann ' }], /twice.*without blanks/],
  ['a pair is bought and returned in full', [fine, { ...fine, quantity: 0 }], /twice/],
  [
    'a quantity is below zero',
    [fine, { ...fine, product: 'cup', quantity: -2 }],
    /row 2: the quantity is -2; expected 0 if/,
  ],
  ['a quantity is no number', [{ ...fine, quantity: Number.NaN }], /row 1: the column quantity has NaN/],
  [
    'a quantity is missing',
    [
      { ...fine, quantity: 1.5 },
      { ...fine, product: 'cup', quantity: null },
    ],
    /row 2: the column quantity has nothing/,
  ],
  ['a quantity is too large', [{ ...fine, quantity: 1e300 }], /row 1: the quantity is 1e\+300/],
  ['a quantity is too small', [{ ...fine, quantity: 1e-300 }], /row 1: the quantity is 1e-300/],
  ['no order holds what was bought', [{ ...fine, orders: 0 }], /row 1: the number of orders is 0/],
  ['a number of orders is no whole one', [{ ...fine, orders: 1.5 }], /row 1: the number of orders is 1.5/],
  ['a customer is missing', [fine, { ...fine, customer: null }], /row 2: the column customer has nothing/],
  ['a customer is no id', [{ ...fine, customer: 'NaN' }], /row 1: the customer is 'NaN', which is no id/],
] satisfies [string, Pair[], RegExp][]) {
  test(`an error says so if ${what}`, async () => {
    const { code, message } = await endcapErrorOf(readPairs(partsOf(pairsPart(pairs))));
    assert.is(code, 'table_unreadable');
    assert.match(message, says);
  });
}

test('an error says so if columns are missing or of another type, and what there is', async () => {
  const column = (name: string, data: unknown[], type: 'STRING' | 'INT32' | 'TIMESTAMP' = 'STRING') => ({
    name,
    data,
    type,
  });
  const ids = [column('customer', ['ann']), column('product', ['tea'])];
  for (const [columns, says] of [
    [ids, /has no column quantity of numbers; it has customer \(.*\), product/],
    [[...ids, column('quantity', ['2'])], /has a column quantity of BYTE_ARRAY.*; expected numbers/],
    [
      [...ids, column('quantity', [2], 'INT32'), column('last_order', [5], 'INT32')],
      /last_order of INT32; expected times/,
    ],
    [[column('user', ['ann']), ids[1], column('quantity', [2], 'INT32')], /has no column customer of ids/],
  ] as const)
    assert.match((await endcapErrorOf(readPairs(partsOf(parquetOf([...columns]))))).message, says);
});

test('parts that are cut off, or differ, are errors; a job that did not finish is noted', async () => {
  const whole = pairsPart([fine]);
  const cut = folderOf({
    'part-00000.parquet': whole,
    'part-00001.parquet': whole.subarray(0, whole.length - 9),
    _SUCCESS: '',
  });
  assert.match((await endcapErrorOf(readPairs(cut))).message, /part-00001\.parquet is no part of the table/);
  const differing = partsOf(whole, pairsPart([{ customer: 'bob', product: 'tea', quantity: 1 }]));
  assert.match((await endcapErrorOf(readPairs(differing))).message, /lacks the column orders/);
  const unfinished = await readPairs(folderOf({ 'part-00000.parquet': whole }));
  assert.equal(
    unfinished.notes?.map(({ code }) => code),
    ['pairs-without-orders', 'unfinished-parts'],
  );
  assert.is((await endcapErrorOf(readPairs(partsOf(pairsPart([{ ...fine, quantity: 0 }]))))).code, 'no_orders');
  assert.is((await endcapErrorOf(readPairs(partsOf(pairsPart([]))))).code, 'no_orders');
});

test('products have names, and those that are none, or named, are in no list', async () => {
  const pairs = partsOf(pairsPart(['tea', 'cup', 'POSTAGE', 'bag'].map((product) => ({ ...fine, product }))));
  const products = folderOf({
    'products.parquet': parquetOf([
      { name: 'product', data: ['tea', 'cup', 'gone'] },
      { name: 'name', data: ['Green tea', null, 'Gone'], type: 'STRING', nullable: true },
      { name: 'price', data: [3.5, null, 1], type: 'DOUBLE', nullable: true },
    ]),
  });
  const read = await readPairs(pairs, { products, productsOut: ['bag'] });
  assert.equal(read.products, ['POSTAGE', 'bag', 'cup', 'tea']);
  assert.equal(read.productInfo, [{}, {}, {}, { name: 'Green tea', price: 3.5 }]);
  assert.equal(read.unlisted, Uint32Array.of(0, 1));
  const twice = folderOf({ 'products.parquet': parquetOf([{ name: 'product', data: ['tea', 'tea '] }]) });
  assert.match(
    (await endcapErrorOf(readPairs(pairs, { products: twice }))).message,
    /row 2: the product tea is there twice/,
  );
});

test('a table says which products lists may hold, but for those that the caller names', async () => {
  const ids = ['POSTAGE', 'bag', 'cup', 'mug', 'tea', 'VOUCHER'];
  const pairs = partsOf(pairsPart(ids.map((product) => ({ ...fine, product }))));
  const table = (data: unknown[], type: 'BOOLEAN' | 'STRING' = 'BOOLEAN') =>
    folderOf({
      'products.parquet': parquetOf([
        { name: 'product', data: ids.slice(0, 5) },
        { name: 'listed', data, type, nullable: true },
      ]),
    });
  const products = table([true, false, null, false, true]);
  const read = await readPairs(pairs, { products, productsOut: ['tea'], productsIn: ['mug'] });
  const unlisted = Array.from(read.unlisted!, (row) => read.products[row]);
  assert.equal(unlisted.sort(), ['VOUCHER', 'bag', 'tea'], 'of VOUCHER it says nothing');
  const texts = table(['yes', 'no', null, 'no', 'yes'], 'STRING');
  const { message } = await endcapErrorOf(readPairs(pairs, { products: texts }));
  assert.match(message, /has a column listed of BYTE_ARRAY UTF8; expected true and false/);
});

test('options are checked, and reading can be stopped', async () => {
  const source = partsOf(pairsPart([fine]));
  for (const [options, says] of [
    [{ columns: {} }, /^columns/],
    [{ products: 3 }, /^products: 3 cannot be used/],
    [{ productsOut: 'tea' }, /^productsOut/],
    [{ idleTimeoutMs: 0 }, /^idleTimeoutMs/],
  ] as [PairsOptions, RegExp][])
    assert.match((await endcapErrorOf(readPairs(source, options))).message, says);
  assert.match((await endcapErrorOf(readPairs(['a'] as never))).message, /^source/);
  assert.is((await endcapErrorOf(readPairs(source, { signal: AbortSignal.abort() }))).code, 'aborted');
});

test('the command trains on pairs, and refuses what belongs to orders', async () => {
  const dataset = await readOrders(linesOf(6));
  const cwd = folderOf({
    'pairs.parquet': pairsPart(pairsOf(dataset)),
    'orders.csv': 'customer,product,quantity\na,b,1\n',
  });
  const trained = await endcap(['train', 'pairs.parquet', '--pairs', '--factors', '4', '--json'], { cwd });
  assert.is(trained.code, 0, trained.stderr);
  const { pairs, model, notes } = json<{ pairs: number; model: string; notes: { code: string }[] }>(trained);
  assert.is(pairs, dataset.purchases.products.length);
  assert.equal([model, notes[0].code], ['model.safetensors', 'pairs-without-orders']);
  assert.ok(readFileSync(join(cwd, 'model.safetensors')).length > 0);
  for (const [args, code, says] of [
    [['pairs.parquet', '--pairs', '--where', 'a=b'], 2, /'--where <condition>' belongs to orders/],
    [['pairs.parquet', '--pairs', '--algorithm', 'quantity'], 2, /learns from order lines/],
    [['pairs.parquet', 'pairs.parquet', '--pairs'], 2, /takes one file or folder/],
    [['orders.csv', '--products', 'products.parquet'], 2, /belongs to --pairs/],
    [['orders.csv', '--pairs'], 1, /orders\.csv is no complete Parquet file: it does not end with PAR1/],
    [
      ['postgres://reader:secret@db/shop', '--pairs'],
      1,
      /error: postgres:\/\/db\/shop is no file; expected the path of a Parquet/,
    ],
  ] as const) {
    const ran = await endcap(['train', ...args, '-o', 'none.safetensors'], { cwd });
    assert.is(ran.code, code, ran.stderr);
    assert.match(ran.stderr, says);
    assert.not.match(ran.stderr, 'secret');
  }
});

test('commands that need single orders say so before they read anything', async () => {
  const cwd = folderOf({});
  for (const [command, advice] of [
    [['tune', 'none.csv'], /tune holds some out\. Tune on the orders of some customers/],
    [['evaluate', 'none.csv'], /evaluate holds some out/],
    [['retrain', 'none.safetensors', '--orders', 'none.csv'], /retrain compares models on the newest/],
  ] as const)
    for (const flag of ['--pairs', '--no-history']) {
      const ran = await endcap([...command, flag], { cwd });
      assert.is(ran.code, 2, ran.stderr);
      assert.match(ran.stderr, `option '${flag}' leaves no single orders`);
      assert.match(ran.stderr, advice);
    }
});

test.run();
