import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../../src/dataset/dataset.ts';
import { linesWhere, withHistory } from '../../../../src/dataset/pairs.ts';
import { endOf } from '../../../../src/live/purchases/customers.ts';
import { type GateOptions, runGate } from '../../../../src/live/retraining/gate/gate.ts';
import { holdOutNewest } from '../../../../src/live/retraining/gate/hold-out-newest.ts';
import type { Model } from '../../../../src/model/model.ts';
import { createRandom, shuffle } from '../../../../src/random.ts';
import { train } from '../../../../src/tuning/train.ts';
import { finish } from '../../../../src/turns.ts';
import type { Basket } from '../../../support/baskets.ts';
import { endcapErrorOf } from '../../../support/errors.ts';
import { driftingBaskets, ordersUntil } from '../drifting-shop.ts';

const test = suite('the gate');
const small = { factors: 8, iterations: 5, threads: 1, fast: true };
const kernel = { threads: 1 };

type Orders = ReadonlyMap<string, readonly Basket[]>;

/** The same orders give the same models, which take most of the time here. */
const allOf = once((baskets: Orders) => ordersUntil(baskets));
const heldOutOf = once((dataset: Dataset) => once((end: number) => holdOutNewest(dataset, end)));
const trained = once((orders: Dataset) => train(orders, small));

function once<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

/** A gate before which the served model has the orders up to a day, and a candidate those that are not held out. */
async function gateAt(
  baskets: Orders,
  day: number,
  candidateOf: (orders: Dataset) => Promise<Model> = trained,
  options: Partial<GateOptions> = {},
) {
  const dataset = allOf(baskets);
  const served = options.served ?? (await train(ordersUntil(baskets, day), small));
  const newest = heldOutOf(dataset)(endOf(served));
  const candidate = await candidateOf(newest.heldOut?.train ?? dataset);
  return runGate({ served, candidate, dataset, newest, kernel, ...options });
}

const steady = driftingBaskets({ customers: 100 });
const servedSteady = train(ordersUntil(steady, 98), small);

test('a model finds as much as itself', async () => {
  const served = await servedSteady;
  const gate = await gateAt(steady, 98, async () => served, { hearsOfPurchases: true, served });
  assert.is(gate.outcome, 'tie');
  assert.ok(gate.passed);
  assert.is(gate.served, served.metadata.version);
  assert.equal(gate.damages, []);
  for (const { gain, error, served, candidate } of gate.results) {
    assert.equal([gain, error], [0, 0]);
    assert.equal(served, candidate);
    assert.ok(served.ndcg > 0 && served.recall > 0);
  }
});

test('the same data with another seed pass, and the verdict says by what numbers', async () => {
  const served = await servedSteady;
  const gate = await gateAt(steady, 98, (orders) => train(orders, { ...small, seed: 7 }), { served });
  assert.ok(gate.passed);
  assert.is(gate.question, 'all');
  assert.equal(
    gate.results.map(({ question }) => question),
    ['all', 'explore', 'repeat'],
  );
  assert.match(
    gate.reason,
    /of what \d+ customers bought from 2025-0\d-\d\d.* on: recall \+ NDCG@10 \d?\.\d{4}, of the/,
  );
  const { orders, from, to } = gate.heldOut!;
  assert.ok(orders <= gate.newOrders.orders / 2 && from < to);
  assert.equal(JSON.parse(JSON.stringify(gate)), gate);
});

test('a model of shuffled customers is refused', async () => {
  const gate = await gateAt(steady, 98, (orders) => train(shuffledCustomers(orders), small), {
    served: await servedSteady,
  });
  assert.is(gate.outcome, 'worse');
  assert.not(gate.passed);
  assert.match(gate.reason, /^its lists find less of what \d+ customers bought/);
});

test('a model of a tenth of the orders is refused', async () => {
  const gate = await gateAt(steady, 98, (orders) => train(tenthOf(orders), small), { served: await servedSteady });
  assert.not(gate.passed);
  assert.is(gate.outcome, 'damaged');
  const { gain, error } = gate.results[0];
  assert.ok(gain < -2 * error!);
});

test('where what goes together has changed, a fresher model gains', async () => {
  const drifting = driftingBaskets({ drifts: true });
  const served = await train(ordersUntil(drifting, 70), small);
  const gate = await gateAt(drifting, 70, undefined, { served });
  assert.is(gate.outcome, 'better');
  const all = gate.results[0];
  assert.ok(all.gain > 2 * all.error!);
  // What the served model hears of helps it.
  const deaf = await gateAt(drifting, 70, undefined, { served, hearsOfPurchases: false });
  assert.ok(deaf.results[0].served.ndcg < all.served.ndcg);
  assert.equal(deaf.results[0].candidate, all.candidate);
});

test('what a served model does not know, it cannot find', async () => {
  const gate = await gateAt(driftingBaskets({ launches: 6 }), 70);
  assert.is(gate.outcome, 'better');
  assert.ok(gate.results[0].gain > 0.1);
});

test('strangers to the served model are served with what they bought since', async () => {
  const late: Orders = new Map(
    [...steady].map(([id, orders], c) => [id, c % 2 === 0 ? orders : orders.filter((_, i) => i >= orders.length / 2)]),
  );
  const served = await train(ordersUntil(new Map([...late].filter((_, c) => c % 2 === 0)), 98), small);
  const [hearing, deaf] = [
    await gateAt(late, 98, undefined, { served }),
    await gateAt(late, 98, undefined, { served, hearsOfPurchases: false }),
  ];
  const ndcg = ({ results }: typeof hearing) => results.find(({ question }) => question === 'all')!.served.ndcg;
  assert.ok(ndcg(hearing) > ndcg(deaf) + 0.02, `${ndcg(hearing)} and ${ndcg(deaf)}`);
});

test('where nobody buys a product twice, new products decide', async () => {
  const baskets = new Map([...driftingBaskets({ again: 0 })].map(([id, orders]) => [id, withoutRepeats(orders)]));
  const gate = await gateAt(baskets, 98, (orders) => train(shuffledCustomers(orders), small));
  assert.is(gate.question, 'explore');
  assert.is(gate.outcome, 'worse');
  assert.match(gate.reason, /customers bought for the first time from/);
});

test('if too little is new the numbers say so, and only damage is refused', async () => {
  const served = await train(ordersUntil(steady), small);
  const gate = await gateAt(steady, 0, undefined, { served });
  assert.is(gate.outcome, 'too_few');
  assert.ok(gate.passed);
  assert.equal(gate.results, []);
  assert.match(gate.reason, /^no order has a later time than those of the served model/);
  const one: Orders = new Map([['anna', [...steady.values()][0]]]);
  const alone = await gateAt(one, 98);
  assert.is(alone.outcome, 'too_few');
  assert.is(alone.newOrders.customers, 1);
  assert.match(alone.reason, /\d orders are new, of one customer who had ordered before; it takes 30 such customers/);
  const same = await gateAt(steady, 0, async (orders) => alike(await trained(orders)), { served });
  assert.is(same.outcome, 'damaged');
});

for (const [what, spoil, reason] of [
  ['factors that are not numbers', (m) => spoiled(m, 'customerFactors', (_, i) => (i === 9 ? Number.NaN : 1)), /one of the customers are not finite/],
  ['infinite factors', (m) => spoiled(m, 'productFactors', () => Number.POSITIVE_INFINITY), /products are not finite/],
  ['factors that are all zero', (m) => spoiled(m, 'productFactors', () => 0), /100 of 100 products with purchases are all zero/],
  ['the same list for everybody', alike, /\d+% of the places of \d+ lists hold the same 10 products/],
] satisfies [string, (model: Model) => Model, RegExp][]) // biome-ignore format: a row each
  test(`a model with ${what} is refused`, async () => {
    const gate = await gateAt(steady, 98, async (orders) => spoil(await trained(orders)), {
      served: await servedSteady,
    });
    assert.is(gate.outcome, 'damaged');
    assert.not(gate.passed);
    assert.match(gate.reason, reason);
    assert.ok(gate.damages.length > 0);
  });

test('a model that has lost most products, customers, or what its lists hold is refused', async () => {
  const served = await servedSteady;
  const few = new Map([...steady].filter((_, c) => c % 3 === 0));
  const lost = await gateAt(steady, 98, () => train(ordersUntil(few), small), { served });
  assert.match(lost.reason, /it does not know 66 of the 100 customers of the served model/);
  const narrow = new Map(
    [...steady].map(([id, orders]) => [
      id,
      orders.map((order) => ({ ...order, products: ['p01', 'p02', id.slice(-1)] })),
    ]),
  );
  const foreign = await gateAt(steady, 98, () => train(ordersUntil(narrow), small), { served });
  assert.match(foreign.reason, /it does not know 98 of the 100 products/);
  const most = Uint32Array.from({ length: 80 }, (_, row) => row);
  const hiding = await gateAt(steady, 98, async (orders) => train({ ...orders, unlisted: most }, small), { served });
  assert.match(hiding.reason, /lists hold 20 products, those of the served model \d\d/);
  const ninety = Uint32Array.from({ length: 95 }, (_, row) => row);
  const shorter = await gateAt(steady, 98, async (orders) => train({ ...orders, unlisted: ninety }, small), { served });
  assert.match(shorter.reason, /\d+ of \d+ lists are shorter than those of the served model/);
});

test('it can be stopped, and says how far it is', async () => {
  const served = await servedSteady;
  const seen: number[] = [];
  await gateAt(steady, 98, async () => served, { served, onProgress: (done) => seen.push(done) });
  assert.is(seen.at(-1), 1);
  assert.equal(seen, [...seen].sort());
  const signal = AbortSignal.abort();
  const error = await endcapErrorOf(gateAt(steady, 98, async () => served, { served, signal }));
  assert.is(error.code, 'aborted');
});

/** The orders of each customer, under the name of another one. */
function shuffledCustomers(orders: Dataset): Dataset {
  const { offsets, starts, products, times } = orders.history!;
  const from = [...orders.customers.keys()];
  shuffle(from, createRandom(3));
  const baskets = new Map<string, Basket[]>();
  for (const [row, source] of from.entries()) {
    const own: Basket[] = [];
    for (let order = offsets[source]; order < offsets[source + 1]; order++)
      own.push({
        products: Array.from(products.subarray(starts[order], starts[order + 1]), (p) => orders.products[p]),
        time: times![order],
      });
    baskets.set(orders.customers[row], own);
  }
  return { ...ordersUntil(baskets), account: orders.account };
}

/** A tenth of the customers; the others keep their rows and lose their orders. */
function tenthOf(orders: Dataset): Dataset {
  return finish(
    withHistory(orders, finish(linesWhere(orders.history!, (_line, _order, customer) => customer % 10 === 0))),
  );
}

function withoutRepeats(orders: readonly Basket[]): Basket[] {
  const bought = new Set<string>();
  return orders.flatMap(({ products, time }) => {
    const fresh = (products as readonly string[]).filter((id) => !bought.has(id));
    for (const id of fresh) bought.add(id);
    return fresh.length > 0 ? [{ products: fresh, time }] : [];
  });
}

function spoiled(model: Model, field: 'customerFactors' | 'productFactors', by: (value: number, i: number) => number) {
  return { ...model, [field]: model[field].map((value, i) => by(value, i)) };
}

/** A model by which everybody gets what sells best. */
function alike(model: Model): Model {
  const { ranking, ...metadata } = model.metadata;
  const only = { ...ranking!, taste: 0, habit: 0, bought: 0, repeat: 0, trend: 1 };
  return { ...model, metadata: { ...metadata, ranking: only } };
}

test.run();
