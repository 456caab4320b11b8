import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ImportOptions, importModel } from '../../../src/exchange/import/import.ts';
import {
  createRecommender,
  createShop,
  decodeModel,
  encodeModel,
  exportModel,
  readOrders,
} from '../../../src/index.ts';
import type { ConventionName } from '../../../src/model/imported.ts';
import { fit } from '../../../src/training/fit.ts';
import { numbers } from '../../kernel/backends.ts';
import { parquetOf } from '../../orders/parquet/files.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { factorsPart, scratchFolder } from '../tables.ts';
import { foreignFactors } from './foreign.ts';
import { npy, npz } from './numpy.ts';

const test = suite('importModel');
const { folderOf, partsOf } = scratchFolder(test);

/** Orders of a shop: customer `i` buys some of the products `i % 5 + 5k`, the first one twice. */
const lines = Array.from({ length: 40 }, (_, c) =>
  Array.from({ length: 3 + (c % 4) }, (_, k) => ({
    order: `${c}-${Math.min(k, 1)}`,
    customer: `c${c}`,
    product: `p${(c % 5) + 5 * ((k + c) % 6)}`,
    quantity: 1 + ((c + k) % 3),
    time: new Date(Date.UTC(2025, 0, 1 + c, k)),
  })),
).flat();
const orders = await readOrders([...lines, { ...lines[0], order: 'again', time: new Date(Date.UTC(2025, 5, 1)) }]);
const factors = 6;
const next = numbers(5);
const products = orders.products.map(() => Array.from({ length: factors }, () => Math.fround(next() - 0.2)));
const trained = { alpha: 3, regularization: 0.1 };

/** What a system has of each customer, by what the orders say of units. */
function customersBy(convention: ConventionName, rating: 'quantities' | 'orders' = 'quantities') {
  const { purchases } = orders;
  return orders.customers.map((_, c) => {
    const bought = [];
    for (let pair = purchases.offsets[c]; pair < purchases.offsets[c + 1]; pair++)
      bought.push({ product: purchases.products[pair], rating: purchases[rating]?.[pair] ?? 1 });
    return foreignFactors(convention, products, bought, trained);
  });
}

const rowsOf = (ids: readonly unknown[]) => ids.map((_, i) => i);
const textColumn = (name: string, data: readonly string[]) => ({ name, data: [...data], type: 'STRING' as const });

/** Tables as Spark writes them, with numbers for ids; those of the customers at `without` are left out. */
function sparkTables(customers: readonly number[][], without: readonly number[] = []): ImportOptions {
  const kept = rowsOf(customers).filter((row) => !without.includes(row));
  const half = kept.length >> 1;
  const idsOf = (name: string, ids: readonly string[]) =>
    parquetOf([{ name: 'id', data: ids.map((_, i) => 100 + i), type: 'INT32' }, textColumn(name, ids)]);
  const part = (rows: readonly number[]) =>
    factorsPart(
      rows.map((row) => 100 + row),
      rows.map((row) => customers[row]),
    );
  const ids = folderOf({
    'customers/part-00000.parquet': idsOf('customer', orders.customers),
    'customers/_SUCCESS': '',
    'products/part-00000.parquet': idsOf('product', orders.products),
    'products/_SUCCESS': '',
  });
  return {
    from: 'spark',
    customers: partsOf(part(kept.slice(half)), part(kept.slice(0, half))),
    products: partsOf(
      factorsPart(
        rowsOf(products).map((row) => 100 + row),
        products,
      ),
    ),
    ids,
    ...trained,
    threads: 1,
  };
}

const closeTo = (actual: ArrayLike<number>, expected: readonly number[], what: string) => {
  const largest = Math.max(...expected.map(Math.abs));
  for (const [k, value] of expected.entries())
    assert.ok(Math.abs(actual[k] - value) <= 1e-5 * largest, `${what}: ${actual[k]} ${value}`);
};

for (const convention of ['spark', 'explicit', 'implicit'] as const) {
  test(`customers and baskets are folded in as the other system does: ${convention}`, async () => {
    const customers = customersBy(convention);
    const without = [3, 17, 39];
    const options: ImportOptions =
      convention === 'implicit'
        ? {
            ...sparkTables(customers, without),
            from: 'csv',
            convention,
          }
        : { ...sparkTables(customers, without), ...(convention === 'explicit' && { explicit: true }) };
    const { model, notes } = await importModel({ ...options, orders, confidence: 'quantity' });
    const { cold, foldIn, weights } = model.metadata.imported!;
    assert.equal(cold, { customers: 3, products: 0, foldedIn: 3 });
    assert.ok(foldIn!.customers === 37 && foldIn!.difference < 1e-5);
    assert.is(weights, 'too_few');
    assert.equal(
      notes.map(({ code }) => code),
      ['ids-without-factors', 'cold-customers', 'weights-not-learned'],
    );
    for (const row of [...without, 0, 20])
      closeTo(model.customerFactors.subarray(row * factors, (row + 1) * factors), customers[row], `customer ${row}`);
    // Its file says the same, and a basket has the scores of factors that are folded in.
    const again = await decodeModel(Buffer.concat(await encodeModel(model)));
    assert.equal(again.metadata, model.metadata);
    const { ranking: _, ...plain } = again.metadata;
    const recommender = createRecommender({ ...again, metadata: plain } as typeof again, { threads: 1 });
    const basket = [
      { product: 'p7', quantity: 2 },
      { product: 'p11', quantity: 1 },
    ];
    const bought = basket.map(({ product, quantity }) => ({
      product: orders.products.indexOf(product),
      rating: quantity,
    }));
    const vector = foreignFactors(convention, products, bought, trained);
    const { items } = await recommender.recommendForBasket(basket, { n: 5 });
    for (const { product, score } of items)
      closeTo([score], [dot(vector, products[orders.products.indexOf(product)])], product);
    await recommender.close();
  });
}

test('a running shop folds purchases in as the other system does, at once', async () => {
  const { model } = await importModel({ ...sparkTables(customersBy('spark')), orders, confidence: 'quantity' });
  const { ranking: _, ...metadata } = model.metadata;
  const shop = await createShop({ model: { ...model, metadata }, store: join(folderOf({}), 'shop.db'), threads: 1 });
  const row = orders.customers.indexOf('c7');
  const bought = new Map<number, number>();
  for (let pair = orders.purchases.offsets[row]; pair < orders.purchases.offsets[row + 1]; pair++)
    bought.set(orders.purchases.products[pair], orders.purchases.quantities?.[pair] ?? 1);
  const p7 = orders.products.indexOf('p7');
  try {
    const time = Date.UTC(2026, 0, 1);
    for (const [customer, before] of [
      ['stranger', new Map<number, number>()],
      ['c7', bought],
    ] as const) {
      await shop.recordPurchases([{ customer, order: `live ${customer}`, product: 'p7', quantity: 2, time }]);
      const all = new Map(before).set(p7, 2 + (before.get(p7) ?? 0));
      const rated = Array.from(all, ([product, rating]) => ({ product, rating }));
      const vector = foreignFactors('spark', products, rated, trained);
      const { items } = await shop.recommend(customer, { n: 5, purchased: 'allow' });
      assert.is(items.length, 5);
      for (const { product, score } of items)
        closeTo([score], [dot(vector, products[orders.products.indexOf(product)])], `${customer} ${product}`);
    }
  } finally {
    await shop.close();
  }
});

test('without orders, lists go by taste alone and leave nothing out', async () => {
  const customers = customersBy('spark');
  const { model, notes } = await importModel(sparkTables(customers));
  assert.equal(
    notes.map(({ code }) => code),
    ['no-orders'],
  );
  assert.is(model.metadata.ranking, undefined);
  assert.equal(model.customers, orders.customers);
  const recommender = createRecommender(model, { threads: 1 });
  for (const [c, customer] of orders.customers.entries()) {
    const { items } = await recommender.recommend(customer, { n: 30 });
    const scores = products.map((factors) => dot(customers[c], factors));
    const best = rowsOf(scores).sort((a, b) => scores[b] - scores[a]);
    assert.equal(
      items.map(({ product }) => product),
      best.map((row) => orders.products[row]),
      customer,
    );
  }
  await recommender.close();
});

test('what the ratings were is found out by the factors', async () => {
  const by = async (customers: number[][]) => {
    const { model, notes } = await importModel({ ...sparkTables(customers), orders });
    return [model.metadata.options.confidence, notes.map(({ code }) => code)];
  };
  assert.equal(await by(customersBy('spark')), ['quantity', ['weights-not-learned']]);
  assert.equal(await by(customersBy('spark', 'orders')), ['orders', ['weights-not-learned']]);
  const other = customersBy('spark').map((row) => row.map((value, k) => (k === 0 ? -value : value)));
  assert.equal((await by(other))[1], ['fold-in-differs', 'weights-not-learned']);
});

test('ratings of a number of orders do not age, though habits do', async () => {
  const customers = customersBy('spark', 'orders');
  const { model } = await importModel({ ...sparkTables(customers), orders, confidence: 'orders' });
  assert.ok(model.metadata.ranking!.decay < 1);
  assert.equal([...model.signals!.tasteRecency!], [...(orders.purchases.orders ?? [])]);
});

test('customers and products that only have factors, or only orders, are there', async () => {
  const customers = customersBy('spark');
  const options = sparkTables(customers);
  const more = await readOrders([
    ...lines.filter(({ customer, product }) => customer !== 'c5' && product !== 'p29'),
    { order: 'x', customer: 'new', product: 'unseen', quantity: 1, time: new Date(0) },
    { order: 'y', customer: 'newer', product: 'p3', quantity: 1, time: new Date(0) },
  ]);
  const { model, notes } = await importModel({ ...options, orders: more });
  assert.equal(model.metadata.imported!.cold, { customers: 2, products: 1, foldedIn: 1 });
  assert.ok(
    notes.some(({ code, text }) => code === 'cold-products' && /One product of the orders has no factors/.test(text)),
  );
  const row = model.customers.indexOf('c5');
  assert.is(model.purchases.offsets[row], model.purchases.offsets[row + 1]);
  closeTo(model.customerFactors.subarray(row * factors), customers[orders.customers.indexOf('c5')], 'c5');
  const unseen = model.products.indexOf('unseen');
  assert.equal(
    [...model.productFactors.subarray(unseen * factors, (unseen + 1) * factors)],
    new Array(factors).fill(0),
  );
  assert.ok(model.customers.includes('new') && model.products.includes('p29'));
});

test('archives of implicit and matrices name rows by number, and say alpha and regularization', async () => {
  const customers = customersBy('implicit');
  const arrays = {
    user_factors: npy(customers),
    item_factors: npy(products, { descr: '<f8' }),
    alpha: npy(3, { descr: '<f8' }),
    regularization: npy(0.1, { descr: '<f8' }),
  };
  const csv = (ids: readonly string[]) => ['id,name', ...ids.map((id, i) => `${i},"${id}"`)].join('\n');
  const folder = folderOf({
    'als.npz': npz(arrays, true),
    'users.npy': npy(customers),
    'items.npy': npy(products, { isFortran: true }),
    'ids/customers.csv': csv(orders.customers),
    'ids/products.csv': csv(orders.products),
  });
  const [ids, archive] = ['ids', 'als.npz'].map((name) => join(folder, name));
  const { model } = await importModel({ from: 'implicit', customers: archive, ids, orders, threads: 1 });
  assert.equal([model.metadata.options.alpha, model.metadata.options.regularization], [3, 0.1]);
  assert.ok(model.metadata.imported!.foldIn!.difference < 1e-5);
  const [users, items] = ['users.npy', 'items.npy'].map((name) => join(folder, name));
  const same = await importModel({
    from: 'implicit',
    customers: users,
    products: items,
    ids,
    orders,
    ...trained,
    threads: 1,
  });
  assert.is(same.model.metadata.version, model.metadata.version);
  const { code, message } = await endcapErrorOf(importModel({ from: 'implicit', customers: archive, ids, alpha: 0.5 }));
  assert.equal([code, message.slice(0, 10)], ['invalid_options', 'alpha: 0.5']);
});

test('what was exported comes back, but for the age of purchases', async () => {
  const model = await fit(orders, { factors: 4, iterations: 2, threads: 1 });
  const folder = folderOf({});
  await exportModel(model, folder);
  const [customers, products] = ['customers.parquet', 'products.parquet'].map((name) => join(folder, name));
  const back = (await importModel({ from: 'spark', customers, products, ids: folder, orders, threads: 1 })).model;
  assert.equal([back.customers, back.products], [model.customers, model.products]);
  assert.equal([back.customerFactors, back.productFactors], [model.customerFactors, model.productFactors]);
});

test('CSV has ids as they are, quoted or not', async () => {
  const folder = folderOf({
    'customers.csv': 'id,f1,f2\r\n"a, ""b""",1,-0.5\r\n\r\nc,2e-1,3\r\n',
    'products.csv': 'product,x,y\np1,1,0\np2,0,1',
  });
  const [customers, products] = ['customers.csv', 'products.csv'].map((name) => join(folder, name));
  const { model } = await importModel({ from: 'csv', customers, products, threads: 1 });
  assert.equal(
    [model.customers, model.products],
    [
      ['a, "b"', 'c'],
      ['p1', 'p2'],
    ],
  );
  assert.equal([...model.customerFactors], [1, -0.5, Math.fround(0.2), 3]);
});

test('tables that do not fit are refused, with the file and the row', async () => {
  const customers = customersBy('spark');
  const good = sparkTables(customers);
  const files = (texts: Record<string, string>) => {
    const folder = folderOf(texts);
    return (name: string) => join(folder, name);
  };
  const csv = files({
    'c.csv': 'id,a,b\nx,1,2\ny,3,4',
    'p.csv': 'id,a,b\np,1,2',
    'longer.csv': 'id,a,b,c\np,1,2,3',
    'ragged.csv': 'id,a,b\nx,1,2\ny,3',
    'nan.csv': 'id,a,b\nx,1,2\ny,3,NaN',
    'blank.csv': 'id,a,b\nx,1,',
    'twice.csv': 'id,a,b\nx,1,2\ny,1,2\nx,3,4',
    'bare.csv': 'x,1,2\ny,3,4',
    'empty.csv': 'id,a,b\n',
    'quote.csv': 'id,a,b\nx"y,1,2',
    'ids.csv': 'id,name\nx,ann\ny,bob',
    'fewer.csv': 'id,name\nx,ann',
    'more.csv': 'id,name\nx,ann\ny,bob\nz1,1\nz2,2\nz3,3',
    'same.csv': 'id,name\nx,ann\ny, ann ',
    'numbers.csv': 'id,name\nx,ann\nx,bob',
    'columns.csv': 'number,name\nx,ann',
  });
  const base = { from: 'csv', customers: csv('c.csv'), products: csv('p.csv'), threads: 1 } as const;
  const cases: [Partial<ImportOptions>, string, number | undefined, RegExp][] = [
    [{ products: csv('longer.csv') }, csv('longer.csv'), undefined, /has 3 factors, and .* 2/],
    [{ customers: csv('ragged.csv') }, csv('ragged.csv'), 3, /has 1 factors; expected 2/],
    [{ customers: csv('nan.csv') }, csv('nan.csv'), 3, /the factor 'NaN'/],
    [{ customers: csv('blank.csv') }, csv('blank.csv'), 2, /the factor ''/],
    [{ customers: csv('twice.csv') }, csv('twice.csv'), 4, /the customer 'x' is there a second time/],
    [{ customers: csv('bare.csv') }, csv('bare.csv'), 1, /is no header/],
    [{ customers: csv('empty.csv') }, csv('empty.csv'), undefined, /has no factors/],
    [{ customers: csv('quote.csv') }, csv('quote.csv'), 2, /a quote that does not enclose/],
    [{ customerIds: csv('fewer.csv') }, csv('c.csv'), 3, /the customer y has factors, and no id in/],
    [{ customerIds: csv('more.csv') }, csv('more.csv'), 4, /z1 is the first of 3 without factors .* more than half/],
    [{ customerIds: csv('same.csv') }, csv('same.csv'), 3, /the customer 'ann' is there a second time/],
    [{ customerIds: csv('numbers.csv') }, csv('numbers.csv'), 3, /the number of a customer 'x' is there a second time/],
    [{ customerIds: csv('columns.csv') }, csv('columns.csv'), 1, /has number, name; expected two columns: id/],
    [{ customers: csv('none.csv') }, csv('none.csv'), undefined, /it does not exist/],
    [{ ids: folderOf({}) }, '', undefined, /has none of customers, customers.parquet, and customers.csv/],
    [{ orders }, csv('c.csv'), undefined, /has factors of 0 of the 40 customers of the orders: fewer than half/],
    [{ ...good, from: 'spark', customers: folderOf({}) }, '', undefined, /is an empty folder/],
  ];
  for (const [given, source, row, says] of cases) {
    const { code, message, details } = await endcapErrorOf(importModel({ ...base, ...given }));
    assert.is(code, 'table_unreadable', message);
    assert.match(message, says);
    if (source !== '') assert.is(details.source, source, message);
    assert.is(details.row, row, message);
  }
  const { model } = await importModel({ ...base, customerIds: csv('ids.csv') });
  assert.equal(model.customers, ['ann', 'bob']);
  const wide = folderOf({ 'w.csv': `id,${'f,'.repeat(2049)}f\nx${',1'.repeat(2050)}\n` });
  const { message } = await endcapErrorOf(
    importModel({ ...base, customers: join(wide, 'w.csv'), products: join(wide, 'w.csv') }),
  );
  assert.match(message, /2050 factors; at most 2048/);
  writeFileSync(csv('c.csv'), Buffer.from([0x69, 0x64, 0x2c, 0x61, 0xff, 0x0a]));
  assert.match((await endcapErrorOf(importModel(base))).message, /is not UTF-8/);
});

test('with acceptLoss, the orders may be those of others', async () => {
  const folder = folderOf({ 'c.csv': 'id,a,b\nx,1,2', 'p.csv': 'id,a,b\np3,1,2' });
  const [customers, products] = ['c.csv', 'p.csv'].map((name) => join(folder, name));
  const { model } = await importModel({ from: 'csv', customers, products, orders, acceptLoss: true, threads: 1 });
  assert.is(model.customers.length, 41);
});

test('options that cannot be used are named', async () => {
  const base = { from: 'csv', customers: 'c.csv', products: 'p.csv' } as const;
  for (const [option, given] of [
    ['from', { from: 'word2vec' }],
    ['customers', { customers: undefined }],
    ['products', { products: undefined }],
    ['alpha', { alpha: -1 }],
    ['regularization', { regularization: Number.NaN }],
    ['convention', { convention: 'explicit' }],
    ['convention', { from: 'spark', convention: 'implicit' }],
    ['explicit', { explicit: true, convention: 'implicit' }],
    ['confidence', { confidence: 'clicks' }],
    ['fast', { fast: 1 }],
    ['factors', { factors: 3 }],
    ['blend.taste', { blend: { taste: -1 } }],
  ] as const) {
    const { code, details } = await endcapErrorOf(importModel({ ...base, ...given } as never));
    assert.equal([code, details.option], ['invalid_options', option]);
  }
});

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, k) => sum + value * b[k], 0);
}

test('of products whose factors are never below zero there is a note', async () => {
  for (const [least, expected] of [
    [0, true],
    [-0.5, false],
  ] as const) {
    const folder = folderOf({ 'c.csv': 'id,f1,f2\nann,-1,2\n', 'p.csv': `id,f1,f2\ntea,1,2\ncup,${least},3\n` });
    const [customers, products] = [join(folder, 'c.csv'), join(folder, 'p.csv')];
    const { notes } = await importModel({ from: 'csv', customers, products, threads: 1 });
    assert.is(
      notes.some(({ code }) => code === 'non-negative'),
      expected,
    );
  }
});

test.run();
