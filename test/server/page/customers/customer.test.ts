import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../../src/dataset/read.ts';
import { EndcapError } from '../../../../src/errors.ts';
import { createRecommender } from '../../../../src/recommending/create.ts';
import { createApp } from '../../../../src/server/app.ts';
import { fit } from '../../../../src/training/fit.ts';
import { customerPath, exploredModel, openExplorer, pagesOf } from './open-explorer.ts';

const test = suite("a customer's page");
const { model, shop, app, page, errors, close } = await openExplorer();
test.after(close);

const open = (id: string, others?: Record<string, string>) => page(customerPath(id, others));
/** Names of the products on cards, in order. */
const cards = (body: string) => Array.from(body.matchAll(/<h3>(\d+)\. <a [^>]*>([^<]*)/g), ([, , name]) => name);

test('the list is that of the customer, with reasons, and bars that add up to the score', async () => {
  const { status, body, text } = await open('c11');
  assert.is(status, 200);
  const { items } = await shop.preview.recommend('c11', { explain: true });
  assert.equal(
    cards(body),
    items.map(({ name }) => name!.replace(/</g, '&lt;').replace(/>/g, '&gt;')),
  );
  assert.match(text, /bought \d+ times, last/);
  const bars = Array.from(body.matchAll(/aria-label="((?:\w+ -?[\d.,]+, )*\w+ -?[\d.,]+); together (-?[\d.,]+)"/g));
  assert.is(bars.length, items.length);
  for (const [, parts, sum] of bars) {
    const total = parts.split(', ').reduce((sum, part) => sum + Number(part.split(' ')[1]), 0);
    assert.ok(Math.abs(total - Number(sum)) < 0.03, `${parts} = ${sum}`);
  }
  for (const heading of [/Recommended now/, /Orders/, /Similar customers/]) assert.match(text, heading);
});

test('options change the list, stay in the form and in links, and say what moved', async () => {
  const options = { purchased: 'exclude', n: '5', per_category: '3', basket: 'p4' };
  const { status, body, text } = await open('c1', options);
  assert.is(status, 200);
  assert.is(cards(body).length, 5);
  assert.match(body, /<option value="exclude" selected>/);
  assert.match(body, /id="per_category" name="per_category" value="3"/);
  assert.match(body, />p4<\/textarea>/);
  assert.match(body, /customers\?id=[^"]*&amp;purchased=exclude&amp;n=5&amp;per_category=3&amp;basket=p4"/);
  assert.match(text, /new here|was number|same place/);
  assert.match(text, /As if the basket held Product 4/);
  const expected = await shop.preview.recommendForBasket(['p4'], {
    customer: 'c1',
    purchased: 'exclude',
    n: 5,
    perCategory: 3,
  });
  assert.equal(
    cards(body),
    expected.items.map(({ name }) => name),
  );
  assert.not.match((await open('c1')).text, /new here|was number|same place/);
  assert.not.match((await open('c1', { explain: 'no' })).body, /class="bars"/);
});

test('bad options are a 400 that says what is wrong, with the form still there', async () => {
  const wrong: Record<string, string>[] = [
    { n: 'many' },
    { scenario: '<b>' },
    { mix: '3', purchased: 'only' },
    { scenario: 'new', diversity: '0.5' },
  ];
  for (const given of wrong) {
    const { status, body, text } = await open('c11', given);
    assert.is(status, 400, JSON.stringify(given));
    assert.match(body, /role="alert"/);
    assert.match(body, /<form action="\/explorer\/customers">/);
    assert.match(text, /Orders, the last one first/);
    assert.equal(cards(body), []);
  }
});

test('a basket that is not clear offers what it may be, as links that keep everything', async () => {
  const { status, body, text } = await open('c11', { basket: 'p4\nproduct 1\nnothing', n: '3' });
  assert.is(status, 200);
  assert.match(text, /As if the basket held Product 4 , Product 1 \./);
  assert.match(text, /No product is called nothing/);
  const unclear = await open('c11', { basket: 'p4\nprod', n: '3' });
  assert.match(unclear.text, /prod may be .* or another product/);
  assert.match(unclear.body, /&amp;n=3&amp;basket=p4%0Ap\d+"/);
  assert.not.match(body, /prod may be/);
  assert.match(unclear.body, /<div role="alert"><ul><li>/);
});

test('whoever is known from purchases only has a list, orders, and no similar customers yet', async () => {
  const time = Date.now();
  await shop.recordPurchases([
    { customer: 'fresh/one', order: 'w1', product: 'p4', quantity: 2, time: time - 5 * 86_400_000 },
    { customer: 'fresh/one', order: 'w2', product: 'not in the model', quantity: 1, time },
  ]);
  const { status, text, body } = await open('fresh/one');
  assert.is(status, 200);
  assert.match(text, /Orders since the model 2/);
  assert.match(text, /since the model: w1 Product 4 × 2/);
  assert.match(text, /since the model: w2 not in the model/);
  assert.match(text, /bought once, 5 days ago/);
  assert.match(text, /Nobody can be compared yet/);
  assert.ok(cards(body).length > 0);
});

test('of whoever bought very much since the model, the newest lines are read', async () => {
  for (let request = 0; request < 11; request++) {
    const lines = Array.from({ length: 1000 }, (_, i) => {
      const n = 1000 * request + i;
      return { customer: 'resale', order: `r${n}`, product: 'p4', quantity: 1, time: Date.UTC(2026, 5, 1) + n };
    });
    await shop.recordPurchases(lines);
  }
  const { status, text } = await open('resale');
  assert.is(status, 200);
  assert.match(text, /Orders since the model 10,000 or more/);
  assert.match(text, /since the model: r10999 Product 4/);
  const { purchases } = (await shop.customerData('resale', { purchases: 3, lists: 0 }))!;
  assert.equal(
    purchases.map(({ order }) => order),
    ['r10999', 'r10998', 'r10997'],
  );
});

test('purchases since the model stand beside those that it learned from', async () => {
  await shop.recordPurchases([{ customer: 'c3', order: 'late', product: 'p9', quantity: 3 }]);
  const { text } = await open('c3');
  assert.match(text, /Orders in the model 4/);
  assert.match(text, /Orders since the model 1/);
  assert.match(text, /since the model: late Product 9 × 3.*last in the model/);
});

test('strangers and whoever was erased get a page that says so, and what a stranger gets', async () => {
  await shop.recordPurchases([{ customer: 'c57', order: 'w57', product: 'p1', quantity: 1 }]);
  await shop.eraseCustomer('c57');
  for (const id of ['nobody', 'c57', 'NULL', 'x'.repeat(900), '\0']) {
    const { status, text, body } = await open(id);
    assert.is(status, 404, id);
    assert.match(text, /have anything of this customer/);
    assert.match(text, /made from best-sellers, since nothing is known of the customer/);
    // Orders are all that their scores are made of.
    assert.not.match(body, /class="bars"/);
    assert.ok(cards(body).length > 0);
    assert.not.match(text, /Orders, the last|w57/);
  }
  assert.equal(errors, []);
});

test('pictures come from this host only; others are links', async () => {
  await shop.putProducts([
    { product: 'p0', imageUrl: '/p0.jpg', url: 'https://shop.test/p0' },
    { product: 'p1', imageUrl: 'https://cdn.test/p1.jpg' },
    { product: 'p2', imageUrl: '//cdn.test/p2.jpg' },
    { product: 'p3', imageUrl: '/\\cdn.test/p3.jpg', available: true },
    { product: 'p4', imageUrl: 'http://localhost//cdn.test/p4.jpg' },
  ]);
  const { body, text } = await open('c0', { n: '20' });
  assert.equal(
    Array.from(body.matchAll(/<img [^>]*src="([^"]*)"/g), ([, src]) => src),
    ['/p0.jpg'],
  );
  for (const at of ['p1', 'p2', 'p3']) assert.ok(body.includes(`cdn.test/${at}.jpg" rel="noreferrer"`), at);
  assert.match(body, /<a href="https:\/\/shop.test\/p0" rel="noreferrer">/);
  assert.match(text, /in stock/);
});

test('pictures of other hosts are shown where the shop says that these may know what is looked at', async () => {
  const app = createApp({ shop, explorer: { pictures: ['https://cdn.test'] } });
  const answer = await app.request('/explorer/customers/c0?n=20');
  assert.match(answer.headers.get('content-security-policy')!, /img-src 'self' https:\/\/cdn\.test;/);
  const body = await answer.text();
  // The fifth is of this host, by a path that a browser would take for another one.
  assert.equal(
    Array.from(body.matchAll(/<img [^>]*src="([^"]*)"[^>]* referrerpolicy="no-referrer"/g), ([, src]) => src).sort(),
    ['/p0.jpg', 'https://cdn.test/p1.jpg'],
  );
});

test('an experiment is told, with the list that the customer really gets', async () => {
  const arms = { plain: { share: 50 }, again: { share: 50, scenario: 'buy-again' } };
  await shop.putScenarios({ experiments: { taste: { arms, control: 'plain' } } });
  const seen = new Set<string>();
  for (let c = 0; c < 20; c++) {
    const { text, body } = await open(`c${c}`);
    const arm = /experiment taste , arm (\w+)/.exec(text)![1];
    seen.add(arm);
    const { items, experiment } = await shop.preview.recommend(`c${c}`, { explain: true });
    assert.is(experiment!.arm, arm);
    assert.is(cards(body).length, items.length);
  }
  assert.is(seen.size, 2);
  await shop.putScenarios({});
});

test('looking changes nothing: no list is kept or counted, and the store is as it was', async () => {
  const attributed = async () => {
    const { waiting, kept, dropped } = shop.status().attribution;
    const lists = (await shop.customerData('c11'))!.lists;
    return { waiting, kept, dropped, lists, seq: shop.status().seq };
  };
  const before = await attributed();
  assert.equal([before.waiting, before.kept, before.lists], [0, 0, []]);
  const all: Record<string, string>[] = [{}, { scenario: 'home' }, { basket: 'p4' }, { scenario: 'new' }];
  for (const given of all) await open('c11', given);
  assert.equal(await attributed(), before);
  const listed = await app.request('/recommend', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: 'c11' }),
  });
  assert.is(listed.status, 200);
  assert.is((await attributed()).waiting, 1);
});

test('without a shop there are lists by the model, and no scenarios', async () => {
  const recommender = await createRecommender(await exploredModel(), { threads: 1 });
  const alone = pagesOf(createApp({ recommender, explorer: true }));
  const { status, body, text } = await alone(customerPath('c11', { basket: 'p4' }));
  assert.is(status, 200);
  assert.ok(cards(body).length > 0);
  assert.not.match(body, /name="scenario"/);
  assert.match(text, /Orders, the last one first/);
  assert.is((await alone(customerPath('c11', { scenario: 'home' }))).status, 400);
  assert.is((await alone(customerPath('nobody'))).status, 404);
  await recommender.close();
});

test('a model without signals and times has the parts that can be', async () => {
  const { signals: _, metadata, purchases, ...rest } = model;
  const { ranking: __, ...plain } = metadata;
  const { lastPurchase: ___, ...untimed } = purchases;
  const recommender = await createRecommender({ ...rest, purchases: untimed, metadata: plain }, { threads: 1 });
  const alone = pagesOf(createApp({ recommender, explorer: true }));
  const { status, text } = await alone(customerPath('c11'));
  assert.is(status, 200);
  assert.match(text, /does not keep which products were bought in one order/);
  assert.match(text, /What they bought most/);
  assert.match((await alone('/customers')).text, /Most different products/);
  await recommender.close();
});

test('a model of quantities has lists with scores, of which no purchase is named', async () => {
  const orders = ['ann', 'bob', 'cid'].flatMap((customer, c) =>
    Array.from({ length: 6 }, (_, p) => ({
      customer,
      order: `${customer}${p % 2}`,
      product: `p${(p + c) % 7}`,
      quantity: 1 + p,
    })),
  );
  const dataset = await readOrders(orders, { lines: true });
  const recommender = await createRecommender(await fit(dataset, { algorithm: 'quantity', factors: 4, threads: 1 }), {
    threads: 1,
  });
  const alone = pagesOf(createApp({ recommender, explorer: true }));
  const { status, body, text } = await alone(customerPath('ann'));
  assert.is(status, 200);
  assert.ok(cards(body).length > 0);
  assert.not.match(text, /like what they buy:/);
  await recommender.close();
});

test('a store that does not answer leaves what the model knows', async () => {
  const failing = { ...shop, customerData: () => Promise.reject(new EndcapError('store_failed', 'away')) };
  const away = pagesOf(createApp({ shop: failing as never, explorer: true }));
  const { status, text } = await away(customerPath('c11'));
  assert.is(status, 200);
  assert.match(text, /store does not answer right now/);
  assert.match(text, /Orders, the last one first/);
});

test.run();
