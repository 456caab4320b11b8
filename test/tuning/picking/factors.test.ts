import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { alsSettings } from '../../../src/training/als-options.ts';
import { factorsToTry } from '../../../src/tuning/picking/factors.ts';

const test = suite('numbers of factors to try');

/** Every customer bought ten products, every product was bought equally often. */
function shopOf(customers: number, products: number) {
  const pairs = 10 * customers;
  const even = (rows: number) => Uint32Array.from({ length: rows + 1 }, (_, row) => Math.round((row * pairs) / rows));
  const side = (rows: number) => ({ offsets: even(rows), products: new Uint32Array(0), customers: new Uint32Array(0) });
  return { purchases: side(customers), byProduct: side(products) };
}

const settings = alsSettings({});

test('the larger the catalogue, the more are tried', () => {
  const tried = [5000, 6000, 12_000, 30_000].map((products) => [
    ...factorsToTry(shopOf(10_000, products), settings, 1e6).factors,
  ]);
  assert.equal(tried, [[], [256], [256, 512], [256, 512, 1024]]);
});

test('the budget limits what is tried, and at 0 nothing is', () => {
  const shop = shopOf(10_000, 30_000);
  const { minutesFor } = factorsToTry(shop, settings, 5);
  const costs = [128, 256, 512, 1024].map(minutesFor);
  for (let i = 1; i < costs.length; i++) assert.ok(costs[i] > 1.5 * costs[i - 1], `${costs}`);
  const enough = factorsToTry(shop, settings, costs[2]);
  assert.equal([enough.factors, enough.beyond], [[256, 512], 1024]);
  assert.equal(factorsToTry(shop, settings, costs[2] * 0.999).factors, [256]);
  assert.equal(factorsToTry(shop, settings, costs[3]).beyond, undefined);
  const none = factorsToTry(shop, settings, 0);
  assert.equal([none.factors, none.beyond], [[], 256]);
  const given = factorsToTry(shop, settings, 5, false);
  assert.equal([given.factors, given.beyond], [[], undefined]);
});

test('the cost is that of the search and of the training at its end', () => {
  const shop = shopOf(10_000, 30_000);
  const { minutesFor } = factorsToTry(shop, settings, 5);
  const twice = factorsToTry(shop, { ...settings, iterations: 2 * settings.iterations }, 5);
  for (const factors of [128, 256, 1024])
    assert.ok(Math.abs(twice.minutesFor(factors) / minutesFor(factors) - 2) < 1e-9);
  // Twelve trainings with 128 factors: eleven in the search, one at its end.
  const one = minutesFor(128) / 12;
  assert.ok(minutesFor(256) - minutesFor(128) > 2 * one, 'a trial and the training with 256');
});

test('embeddings that take more than a gigabyte are not tried', () => {
  assert.equal(factorsToTry(shopOf(900_000, 30_000), settings, 1e9).factors, [256]);
});

test.run();
