import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConventionName } from '../../../src/model/imported.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { fit } from '../../../src/training/fit.ts';
import { adopt, type ForeignFactors } from '../../../src/tuning/adopting/adopt.ts';
import { describePicked } from '../../../src/tuning/describe.ts';
import { rotatingShop } from '../../support/rotating-shop.ts';

const test = suite('adopt');
const shop = rotatingShop();
const { factors, customerFactors, productFactors } = await fit(shop, { factors: 8, iterations: 5, threads: 1 });

/** Factors of a training as if another system had made them. @param scale of all dot products. */
function foreignOf(scale = 1, convention: ConventionName = 'spark'): ForeignFactors {
  return {
    from: 'spark',
    factors,
    customers: customerFactors.map((value) => scale * value),
    products: productFactors.slice(),
    knownCustomers: new Uint8Array(shop.customers.length).fill(1),
    knownProducts: new Uint8Array(shop.products.length).fill(1),
    convention,
    alpha: 1,
    regularization: 0.1,
  };
}

const options = { confidence: 'orders', threads: 1 } as const;

test('weights are learned on held-out orders, and told', async () => {
  const { metadata, signals } = await adopt(shop, foreignOf(), true, options);
  const { weights, measured } = metadata.imported!;
  assert.is(weights, 'learned');
  assert.ok(measured! >= 100);
  assert.ok(signals && metadata.ranking!.taste > 0);
  assert.match(
    describePicked(metadata)!,
    /^the weights of the ranking, learned from held-out orders of \d+ customers$/,
  );
  assert.is(metadata.choice, undefined);
  assert.is(metadata.measured, undefined);
});

test('any number of threads gives the same model', async () => {
  const [one, two] = await Promise.all(
    [1, 2].map((threads) => adopt(shop, foreignOf(), true, { ...options, threads })),
  );
  assert.is(one.metadata.version, two.metadata.version);
  assert.equal(one.customerFactors, two.customerFactors);
});

test('weights that are given, and the usual ones, are not learned', async () => {
  const given = await adopt(shop, foreignOf(), true, { ...options, blend: { taste: 1, habit: 3 } });
  assert.is(given.metadata.imported!.weights, 'given');
  assert.equal([given.metadata.ranking!.taste, given.metadata.ranking!.habit], [1, 3]);
  const fast = await adopt(shop, foreignOf(), true, { ...options, fast: true });
  assert.is(fast.metadata.imported!.weights, 'fast');
  assert.match(describePicked(fast.metadata)!, /^nothing: the usual weights/);
});

test('customers without factors get those of what they bought', async () => {
  const all = await adopt(shop, foreignOf(), true, { ...options, fast: true });
  const foreign = foreignOf();
  foreign.knownCustomers[3] = 0;
  foreign.customers.fill(0, 3 * factors, 4 * factors);
  const model = await adopt(shop, foreign, true, { ...options, fast: true });
  assert.equal(model.metadata.imported!.cold, { customers: 1, products: 0, foldedIn: 1 });
  const own = model.customerFactors.subarray(3 * factors, 4 * factors);
  assert.ok(own.some((value) => value !== 0));
  // As a recommender folds them in, once they have bought something else.
  const recommender = createRecommender(all, { threads: 1 });
  const { items } = await recommender.recommend(shop.customers[3], { n: 3 });
  assert.is(items.length, 3);
  await recommender.close();
});

test('factors that no kernel could use are refused', async () => {
  const foreign = foreignOf();
  foreign.products.fill(1e30);
  let code = '';
  await adopt(shop, foreign, false, options).catch((error) => {
    code = error.code;
  });
  assert.ok(['table_unreadable', 'not_finite'].includes(code), code);
});

test.run();
