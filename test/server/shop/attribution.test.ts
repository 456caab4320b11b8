import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createIds } from '../../../src/live/attribution/ids.ts';
import { createShop } from '../../../src/live/shop.ts';
import { createApp } from '../../../src/server/app.ts';
import { smallModel } from '../../model/models.ts';
import { until } from '../../support/until.ts';
import { openShopApp } from './open-shop-app.ts';

const test = suite('attribution over HTTP');
const { send, model, shop, errors, buy, close } = await openShopApp();
test.after(close);

/** Waits until so many lists are kept. */
async function kept(lists: number): Promise<void> {
  await until(() => shop.status().attribution.kept >= lists, 20);
}

test('a purchase that names a list is counted with it, by kind, scenario, source, and model', async () => {
  const [product] = model.products;
  const list = await send('POST', '/recommend', { user_id: 'ann', scenario: 'home' });
  const similar = await send('POST', '/similar', { product_id: product, user_id: 'ann' });
  const together = await send('POST', '/bought-together', { product_id: product, user_id: ' bob ' });
  const nobody = await send('POST', '/similar', { product_id: product });
  assert.equal(
    [list, similar, together, nobody].map(({ status }) => status),
    [200, 200, 200, 200],
  );
  await kept(together.json.recommendations.length > 0 ? 3 : 2);
  const line = { user_id: 'ann', order_id: 'w1', product_id: similar.json.recommendations[0].product, quantity: 2 };
  assert.is((await buy([{ ...line, recommendation_id: similar.json.recommendation_id }])).status, 200);
  const { status, json } = await send('GET', '/attribution?days=3');
  assert.is(status, 200, JSON.stringify(json));
  assert.equal([json.days, json.attribution_days], [3, 30]);
  const { lists, customers, bought_from, products, units } = json.by_kind.similar;
  assert.equal([lists, customers, bought_from, products, units], [1, 1, 1, 1, 2]);
  assert.is(json.by_scenario.home.lists, 1);
  assert.is(json.by_source[list.json.source].lists, 1);
  assert.is(json.by_model[model.metadata.version].bought_from, 1);
  assert.ok(json.total.rate > 0 && json.total.interval[0] < json.total.rate);

  const customer = (await send('GET', '/customers/ann')).json;
  assert.equal(
    customer.lists.map((each: { recommendation_id: string }) => each.recommendation_id).sort(),
    [list.json.recommendation_id, similar.json.recommendation_id].sort(),
  );
  assert.is((await send('DELETE', '/customers/ann')).json.purchases, 1);
  assert.is((await send('GET', '/customers/ann')).status, 404);
});

test('ids that are no list of this shop are taken and count for none; what is no id is refused', async () => {
  const [product] = model.products;
  const before = (await send('GET', '/attribution')).json.total.bought_from;
  const { recommendation_id: own } = (await send('POST', '/recommend', { user_id: 'eve' })).json;
  await until(() => shop.status().attribution.waiting === 0, 20);
  const other = createIds()('recommend', Date.now(), 'an arm');
  const line = (order: string, id: unknown) => [
    { user_id: 'mallory', order_id: order, product_id: product, quantity: 1, recommendation_id: id },
  ];
  // Of another customer, of another shop, changed, and text of any kind.
  for (const [i, id] of [
    own,
    other,
    `${own.slice(0, -1)}!`,
    own.toLowerCase(),
    '../../x',
    "' OR 1=1 --",
    '🧀',
  ].entries())
    assert.is((await buy(line(`h${i}`, id))).status, 200, id);
  for (const id of ['x'.repeat(201), 'x'.repeat(500_000), 'a\0b', '', 5, null, [], {}]) {
    const { status, json } = await buy(line('refused', id));
    assert.equal([status, json.error.code], [400, 'invalid_request'], `${id}`.slice(0, 20));
    assert.equal(
      json.error.details.fields.map(({ field }: { field: string }) => field),
      ['purchases[0].recommendation_id'],
    );
    assert.ok(json.error.message.length < 300);
  }
  const huge = await buy(line('refused', 'x'.repeat(2 ** 20)));
  assert.equal([huge.status, huge.json.error.code], [413, 'body_too_large']);
  assert.is((await send('GET', '/attribution')).json.total.bought_from, before);
  assert.equal(errors, []);
});

test('days that are none are a 400 that says what was expected', async () => {
  for (const days of ['0', '31', '1.5', 'x', '', '-1', '1e9', 'NaN', '%00', '9'.repeat(5000)]) {
    const { status, json } = await send('GET', `/attribution?days=${days}`);
    assert.equal([status, json.error.code], [400, 'invalid_request'], days);
    assert.match(json.error.message, /^days: expected a whole number from 1 to 30/);
  }
  assert.equal(errors, []);
});

test('a shop that keeps no lists says so', async () => {
  const keeping = await createShop({ model: smallModel(), threads: 1 });
  const response = await createApp({ shop: keeping }).request('/attribution');
  assert.is(response.status, 400);
  assert.match(await response.text(), /--attribution-days/);
  await keeping.close();
});

test.run();
