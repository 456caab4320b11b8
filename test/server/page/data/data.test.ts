import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../../src/dataset/dataset.ts';
import { readOrders } from '../../../../src/dataset/read.ts';
import { createShop } from '../../../../src/live/shop.ts';
import type { ShopOptions } from '../../../../src/live/types.ts';
import { metadataProblem } from '../../../../src/model/metadata.ts';
import type { Model, ModelMetadata } from '../../../../src/model/model.ts';
import { createRecommender } from '../../../../src/recommending/create.ts';
import { sampleCsv } from '../../../../src/sample/sample.ts';
import { createApp } from '../../../../src/server/app.ts';
import { fit } from '../../../../src/training/fit.ts';
import { randomShop } from '../../../support/random-shop.ts';
import { sharedCases, testUnless } from '../../../support/skip.ts';
import { fakeRecommender } from '../../fake.ts';
import { asking, plainText, read } from '../asking.ts';

const test = suite('the page of what a model learned from');

const training = { factors: 4, iterations: 1, threads: 1 } as const;
const folder = mkdtempSync(join(tmpdir(), 'endcap-data-page-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

async function pageOf(given: Model | Dataset): Promise<string> {
  const model = 'algorithm' in given ? given : await fit(given, training);
  const recommender = createRecommender(model, { threads: 1 });
  try {
    const { status, text } = await asking({ recommender }).get('/explorer/data');
    assert.is(status, 200);
    return text;
  } finally {
    await recommender.close();
  }
}

const csv = [...sampleCsv({ lines: 2000 })].join('');

test('each record is told from the file to what the model learned, and how the file was understood', async () => {
  const path = join(folder, 'orders of ours.csv');
  writeFileSync(path, csv);
  const dataset = await readOrders(path);
  const text = await pageOf(dataset);
  const words = plainText(text);
  const { read: all, kept, dropped } = dataset.account;
  const number = (value: number) => value.toLocaleString('en-US');
  assert.match(words, `${number(all)} records of orders of ours.csv were read`);
  assert.not.match(text, folder);
  assert.match(words, `Read ${number(all)} 100%`);
  assert.match(words, new RegExp(`purchases and .{1,9} returns? ${number(kept)} (100|99|98)%`));
  assert.match(words, new RegExp(`the model learned from these. ${number(dataset.purchases.products.length)} `));
  for (const [reason, records] of Object.entries(dropped)) assert.match(words, new RegExp(`– ${reason} .*${records}`));
  for (const { column, why } of Object.values(dataset.columns!))
    assert.match(words, new RegExp(`${column}, column \\d+ ${why}`));
  for (const { value, why } of Object.values(dataset.decisions!)) assert.ok(words.includes(`${value} ${why}`), value);
  assert.match(words, 'There is no store');
  // The figures of each bar are beside it.
  assert.is(text.match(/<svg class="share"[^>]* aria-hidden="true"/g)?.length, 3 + Object.keys(dropped).length);
});

test('whatever cells and columns hold stays text, and is cut', async () => {
  const hostile = ['<script>alert(1)</script>', '\u202etxet', '😀'.repeat(200), '"><img src=x onerror=alert(1)>'];
  const good = Array.from({ length: 30 }, (_, i) => ({
    ...{ order: `o${i}`, customer: `c${i % 6}`, product: `p${i % 4}`, quantity: '1', date: '2025-01-02' },
    '<b onclick=x>column</b>': `v${i}`,
  }));
  const bad = hostile.map((quantity, i) => ({ ...good[i], quantity }));
  const text = await pageOf(await readOrders([...good, ...bad]));
  assert.not.match(text, /<script>alert|<img|<b onclick/);
  assert.match(text, '&lt;script&gt;alert(1)&lt;/script&gt;');
  assert.match(text, '&lt;b onclick=x&gt;column&lt;/b&gt;');
  assert.match(text, '<bdi><code title="\u202etxet">\u202etxet</code></bdi>');
  assert.match(plainText(text), 'Examples of “unreadable quantity”: all of 4');
  assert.match(plainText(text), '4 records that may be purchases are lost, 12% of all');
});

test('models of earlier versions and datasets that were made by hand have a page as well', async () => {
  const dataset = await readOrders(
    Array.from({ length: 9 }, (_, i) => ({ customer: i % 3, product: i % 2, quantity: 1 })),
  );
  const model = await fit(dataset, training);
  const { reading, ...metadata } = model.metadata;
  assert.ok(reading);
  const earlier = plainText(await pageOf({ ...model, metadata }));
  assert.match(earlier, 'trained by an earlier version of Endcap');
  assert.match(earlier, 'the customer in customer , the product in product');
  const later = { ...metadata.account, dropped: { 'a reason of later': 3 } as never, examples: {} };
  assert.match(
    plainText(await pageOf({ ...model, metadata: { ...metadata, account: later } })),
    '– a reason of later 3',
  );
  const byHand = plainText(await pageOf(randomShop({ customers: 6 })));
  assert.match(byHand, 'did not come from files');
});

async function shopPage(
  options: Partial<ShopOptions> & Pick<ShopOptions, 'model'>,
  act = async (_: Awaited<ReturnType<typeof createShop>>) => {},
) {
  const shop = await createShop({ threads: 1, ...options });
  try {
    await act(shop);
    const app = createApp({ shop, explorer: true });
    return (await read(app.request('/explorer/data'))).text;
  } finally {
    await shop.close();
  }
}

test('a shop says what came since, and what is wrong with its product file', async () => {
  const model = await fit(await readOrders([Buffer.from(csv)], { format: 'csv' }), training);
  const catalogue = join(folder, 'products.csv');
  writeFileSync(
    catalogue,
    [
      'sku,price',
      ...model.products.slice(1).map((id) => `${id},2.50`),
      `${model.products[0]},"<i>on request</i>"`,
    ].join('\n'),
  );
  const text = await shopPage({ model, store: join(folder, 'shop.db'), keepDays: 30, catalogue }, async (shop) => {
    await shop.recordPurchases([{ customer: 'zoe', order: '1', product: model.products[0], quantity: 1 }]);
  });
  const words = plainText(text);
  assert.match(words, 'What is reported counts in the next list of its customer.');
  assert.match(words, 'They are kept for 30 days');
  assert.match(words, 'No customer was erased.');
  assert.match(words, `The product file products.csv has ${model.products.length} lines`);
  assert.match(words, 'unreadable price 1');
  assert.match(text, '&lt;i&gt;on request&lt;/i&gt;');
  assert.not.match(text, folder);
});

test('once a customer is erased, no example and no note that may name anybody is shown', async () => {
  const orders = Array.from({ length: 60 }, (_, i) => ({
    ...{ order: `o${i}`, customer: i % 2 === 0 ? 'zoe@example.org' : `c${i % 7}`, product: `p${i % 4}` },
    ...{ quantity: i < 2 ? 'zoe wants many' : 1, date: `2025-01-${String(1 + (i % 28)).padStart(2, '0')}` },
  }));
  const model = await fit(await readOrders(orders), training);
  const before = await shopPage({ model, store: join(folder, 'before.db') });
  assert.match(before, 'zoe@example.org');
  assert.match(before, 'zoe wants many');
  const after = await shopPage({ model, store: join(folder, 'after.db') }, async (shop) => {
    await shop.eraseCustomer('zoe@example.org');
  });
  assert.not.match(after, 'zoe');
  assert.match(plainText(after), 'Examples are not shown, since a customer was erased');
  assert.match(plainText(after), 'One customer was erased');
});

/** Real exports, and what their pages have to say. */
const cases: [name: string, file: string, ...expected: RegExp[]][] = [
  ['65-guest-customer-with-a-third-of-all-orders', 'orders.csv', /Customer 0000 has \d+ % of the orders/],
  ['17-day-month-ambiguous', 'commandes.csv', /date order (day|month) first/],
  ['04-woocommerce-packed-line-items', 'orders.csv', /records unpacked one record per order/],
];
for (const [name, file, ...expected] of cases) {
  const { path, absent } = sharedCases(name);
  testUnless(test, absent, `the page of ${name} says what is particular about it`, async () => {
    const words = plainText(await pageOf(await readOrders(join(path, file))));
    for (const pattern of expected) assert.match(words, pattern);
  });
}

test('roles and names that every object has are texts like others', async () => {
  const names = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'];
  const byName = <Value>(value: Value) => Object.fromEntries(names.map((name) => [name, value]));
  const recommender = fakeRecommender();
  const { metadata } = recommender.model;
  const lists = { recall: { mean: 0.2, standardError: 0.01 }, ndcg: { mean: 0.1, standardError: 0.01 } };
  const baselines = names.map((name) => ({ name, ...lists, gain: lists }));
  const hostile: ModelMetadata = {
    ...metadata,
    account: { ...metadata.account, dropped: byName(1), examples: byName([{ line: 1, value: 'x' }]) as never },
    reading: {
      columns: byName({ column: 'who', index: 0, why: 'it is' }),
      decisions: byName({ value: 'yes', why: 'it is' }),
      ...{ unusedColumns: names, notes: [] },
    },
    measured: {
      ...{ heldOut: 'orders', n: 10, picked: false },
      results: [{ question: 'all', customers: 40, model: lists, baselines }],
    },
  };
  assert.is(metadataProblem(hostile), undefined);
  const { get } = asking({ recommender: { ...recommender, model: { ...recommender.model, metadata: hostile } } });
  for (const place of ['', '/data', '/quality']) {
    const { status, text } = await get(`/explorer${place}`);
    assert.is(status, 200, place);
    assert.not.match(text, /native code|\[object|undefined/);
  }
});

test.run();
