import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createShop } from '../../../src/live/shop.ts';
import { createKey } from '../../../src/server/access/keys.ts';
import { createApp } from '../../../src/server/app.ts';
import { until } from '../../support/until.ts';
import { openShopApp } from './open-shop-app.ts';

const test = suite('experiments over HTTP');
const opened = await openShopApp();
const { model, send, shop } = opened;
test.after(() => opened.close());

const arms = { control: { share: 50 }, b: { share: 50, scenario: 'buy-again' } };
const settings = { experiments: { taste: { arms, control: 'control', effect: 3 } } };

test('settings are kept, answers say the arm, and reports count the customers', async () => {
  const put = await send('PUT', '/scenarios', settings);
  assert.is(put.status, 200);
  assert.equal(put.json.experiments, settings.experiments);
  assert.equal((await send('GET', '/scenarios')).json.experiments, settings.experiments);
  const customers = model.customers.slice(0, 60);
  const counts: Record<string, number> = { control: 0, b: 0 };
  for (const userId of customers) {
    const explain = counts.b > 0;
    const { json } = await send('POST', '/recommend', { user_id: userId, explain });
    assert.is(json.experiment.name, 'taste');
    assert.is(json.model, model.metadata.version);
    counts[json.experiment.arm]++;
    const again = await send('POST', '/recommend', { user_id: userId, num_recommendations: 3 });
    assert.equal(again.json.experiment, json.experiment);
  }
  assert.ok(counts.control > 10 && counts.b > 10);
  const basket = await send('POST', '/recommend', { basket: [model.products[0]] });
  assert.not.ok('experiment' in basket.json);
  await until(() => shop.status().attribution.waiting === 0, 50);

  const { experiments } = (await send('GET', '/experiments')).json;
  const [{ since, ...summary }] = experiments;
  assert.equal(summary, {
    ...{ name: 'taste', status: 'running', control: 'control', customers: 60 },
    arms: Object.entries(counts).map(([name, customers]) => ({ name, share: 50, customers })),
  });
  assert.ok(Date.now() - Date.parse(since) < 60_000);
  const { status, json } = await send('GET', '/experiments/taste');
  assert.is(status, 200);
  assert.equal([json.name, json.effect, json.days, json.split > 0.001, json.ended_arms], ['taste', 3, 30, true, []]);
  const [control, b] = json.arms;
  assert.equal([control.name, control.customers, b.scenario], ['control', counts.control, 'buy-again']);
  assert.equal([control.rate.value, control.bought, control.bought_from_lists], [0, 0, 0]);
  assert.equal([control.recall, b.new_products], [{}, 0]);
  assert.equal(
    json.comparisons.map(({ arm, verdict }: { arm: string; verdict: string }) => [arm, verdict]),
    [['b', 'waiting']],
  );
  assert.match(json.conclusions[0], /^No verdict on b yet/);
});

test('what is wrong with an experiment is named by its place', async () => {
  const other = { ...arms, b: { share: 50, model: 'nowhere.safetensors' } };
  for (const [experiment, field] of [
    [{ arms }, 'experiments.taste.control'],
    [{ arms, control: 'c' }, 'experiments.taste.control'],
    [{ arms: { ...arms, b: { share: 40 } }, control: 'control' }, 'experiments.taste.arms'],
    [{ arms: { ...arms, b: { share: '50' } }, control: 'control' }, 'experiments.taste.arms.b.share'],
    [{ arms: other, control: 'control' }, 'experiments.taste.arms.b.model'],
    [{ arms, control: 'toString' }, 'experiments.taste.control'],
    [{ arms: { ...arms, c: { share: 1 } }, control: 'control' }, 'experiments.taste.arms'],
    [
      { arms: { ...arms, b: { share: 50, scenario: 'gone' } }, control: 'control' },
      'experiments.taste.arms.b.scenario',
    ],
    [{ arms: { control: { share: 100 } }, control: 'control' }, 'experiments.taste.arms'],
    // What a later version may have.
    [{ arms, control: 'control', bandit: true }, 'experiments.taste.bandit'],
  ] as const) {
    const { status, json } = await send('PUT', '/scenarios', { experiments: { taste: experiment } });
    assert.equal([status, json.error.code, json.error.details.fields?.[0].field], [400, 'invalid_request', field]);
  }
  assert.equal((await send('GET', '/scenarios')).json.experiments, settings.experiments);
});

test('an experiment that is not there, and a shop without lists, say so', async () => {
  const { status, json } = await send('GET', '/experiments/test');
  assert.equal([status, json.error.code], [404, 'unknown_experiment']);
  assert.match(json.error.message, /there are taste/);
  for (const name of ['%00', '%zz', '..%2f', '__proto__', 'toString', 'x'.repeat(5000), '%F0%9F%A7%80']) {
    const { status, json } = await send('GET', `/experiments/${name}`);
    assert.equal([status, json.error.code], [404, 'unknown_experiment'], name);
    assert.ok(json.error.message.length < 300);
  }
  const plain = await createShop({ model, threads: 1, scenarios: settings });
  const app = createApp({ shop: plain });
  const response = await app.request('/experiments/taste');
  assert.is(response.status, 400);
  assert.match(await response.text(), /--attribution-days/);
  await plain.close();
});

test('reports take a key that may do everything', async () => {
  const made = await Promise.all((['read', 'write', 'admin'] as const).map((scope) => createKey([scope])));
  const keys = { find: (id: string) => made.map(({ record }) => record).find((record) => record.id === id) };
  const app = createApp({ shop, access: { keys } });
  for (const path of ['/experiments', '/experiments/taste']) {
    const statuses = [];
    for (const { key } of made)
      statuses.push((await app.request(path, { headers: { authorization: `Bearer ${key}` } })).status);
    assert.equal(statuses, [403, 403, 200]);
    assert.is((await app.request(path)).status, 401);
  }
});

test('the document has them', async () => {
  const { paths, components } = (await send('GET', '/openapi.json')).json;
  assert.equal(Object.keys(paths['/experiments/{name}'].get.responses), [
    ...['200', '400', '401', '403', '404', '429', '500', '503'],
  ]);
  const { properties } = components.schemas.ExperimentAnswer;
  const report = (await send('GET', '/experiments/taste')).json;
  assert.equal(
    Object.keys(report).filter((field) => !(field in properties)),
    [],
  );
});

test.run();
