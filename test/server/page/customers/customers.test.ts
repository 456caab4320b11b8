import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../../src/errors.ts';
import { createRecommender } from '../../../../src/recommending/create.ts';
import { createApp } from '../../../../src/server/app.ts';
import { notableCustomers } from '../../../../src/server/page/customers/notable.ts';
import { customerPath, exploredModel, hostile, openExplorer, pagesOf } from './open-explorer.ts';

const test = suite('finding customers on pages');
const { model, shop, page, errors, close } = await openExplorer();
test.after(close);

const find = (q: string) => page(`/customers?${new URLSearchParams({ q })}`);
const buy = (customer: string, product = 'p1') =>
  shop.recordPurchases([{ customer, order: `w ${customer} ${product}`, product, quantity: 2 }]);

test('without a question there are customers to begin with, each a link', async () => {
  const { status, body, text } = await page('/customers');
  assert.is(status, 200);
  assert.match(text, /The model knows 75 customers/);
  for (const caption of [/Most orders/, /Like most others: 6 orders/, /Bought last/]) assert.match(text, caption);
  assert.match(body, /href="\/explorer\/customers\/c11"/);
});

test('the busiest customers have the most orders, and the typical ones as many as the one in the middle', async () => {
  const { busiest, typical, latest, middle } = await notableCustomers(model);
  const { orders } = model.signals!;
  const sorted = [...orders].sort((a, b) => b - a);
  assert.equal(
    busiest.map((row) => orders[row]),
    sorted.slice(0, busiest.length),
  );
  assert.is(middle, sorted[Math.floor(sorted.length / 2)]);
  assert.ok(typical.length > 3 && typical.every((row) => orders[row] === middle));
  assert.is(new Set(typical).size, typical.length);
  const lastOf = (row: number) => {
    const { offsets, lastPurchase } = model.purchases;
    return Math.max(...lastPurchase!.slice(offsets[row], offsets[row + 1]));
  };
  const all = Array.from(model.customers.keys(), lastOf).sort((a, b) => b - a);
  assert.equal(latest.map(lastOf), all.slice(0, latest.length));
});

test('a customer whose id is typed is shown at once, whatever the id, and its beginning finds them', async () => {
  for (const id of hostile) {
    const { status, to } = await find(id);
    assert.is(status, 302, id);
    const { status: shown, body } = await page(to!.replace('/explorer', ''));
    assert.is(shown, 200, id);
    assert.not.match(body, /<script>alert|<img src=x/);
    assert.match(body, new RegExp(`name="id" value="${escaped(id)}"`.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
    const beginning = [...id].slice(0, -1).join('');
    if (beginning.trim() === '') continue;
    const found = await find(beginning);
    if (found.status === 200) assert.ok(found.body.includes(encodeURIComponent(id)), id);
    else assert.ok(hostile.includes(beginning));
  }
  assert.equal(errors, []);
});

test('a beginning finds those of the model and those who came since, in capitals too, and says how many more', async () => {
  await buy('c1 new');
  const found = await find('c1');
  assert.is(found.status, 302);
  assert.match((await find('C')).text, /The first 50 of 61 customers/);
  const { text, body } = await find('c1 n');
  assert.match(text, /One customer with an id/);
  assert.match(body, /customers\/c1%20new/);
  assert.match(text, /known from purchases since the model/);
  assert.is((await find('c1 new')).status, 302);
});

test('what finds nobody is told', async () => {
  const none = await find('<b>nobody</b>');
  assert.is(none.status, 404);
  assert.match(none.body, /&lt;b&gt;nobody/);
  assert.is((await find('y'.repeat(600))).status, 404);
  assert.is((await find('\0')).status, 404);
});

test('whoever was erased is not found', async () => {
  await buy('gone since');
  await shop.eraseCustomer('gone since');
  await shop.eraseCustomer('c58');
  for (const q of ['gone', 'gone since', 'c58']) assert.is((await find(q)).status, 404, q);
  assert.not.match((await find('c5')).to ?? '', /c58/);
  assert.not.match((await page('/customers')).body, /c58/);
  assert.is((await page(customerPath('c58'))).status, 404);
});

test('without a shop the model is searched; a store that does not answer leaves what the model knows', async () => {
  const recommender = await createRecommender(await exploredModel(), { threads: 1 });
  const alone = pagesOf(createApp({ recommender, explorer: true }));
  assert.match((await alone('/customers?q=c')).text, /The first 50 of 60 customers/);
  const failing = { ...shop, findCustomers: () => Promise.reject(new EndcapError('store_failed', 'away')) };
  const away = pagesOf(createApp({ shop: failing as never, explorer: true }));
  assert.match((await away('/customers?q=c')).text, /store does not answer right now.*The first 50/);
  await recommender.close();
});

function escaped(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/"/g, '&quot;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/'/g, '&#39;');
}

test.run();
