/** What a server does with a model between two requests: no piece of it may grow with the model. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../src/kernel/open.ts';
import { columnsIn } from '../src/live/conditions/columns.ts';
import { createIds } from '../src/model/ids.ts';
import type { Model } from '../src/model/model.ts';
import { popularityIn } from '../src/ranking/popularity.ts';
import { recentSalesIn } from '../src/ranking/recent-sales.ts';
import { descriptionsOf } from '../src/recommending/answer.ts';
import { takeModel } from '../src/recommending/copy.ts';
import { createCategories } from '../src/recommending/lists/categories.ts';
import { createLiveWords } from '../src/recommending/lists/live-words.ts';
import { createPairBonuses } from '../src/recommending/pair-bonuses.ts';
import { orderCandidates, pack, packCandidates } from '../src/recommending/scoring/candidates.ts';
import { randomModel, zipfDataset } from './bench/data.ts';
import { namesOf } from './support/names.ts';
import { piecesOf } from './support/pieces.ts';

const test = suite('pieces of work on a model');
const kernel = openKernel({ threads: 1 });
/** A model of two factors, as small as the work allows. */
const modelOf = (customers: number, products: number, pairs: number): Model => {
  const model = randomModel(zipfDataset(customers, products, pairs), 2);
  const zeros = (length: number) => new Float32Array(length);
  return {
    ...model,
    productInfo: model.products.map((id, row) => ({ name: `Name ${id}`, category: `category ${row % 2}` })),
    purchases: { ...model.purchases, lastPurchase: new Float64Array(model.purchases.products.length).fill(1e12) },
    signals: {
      recency: zeros(model.purchases.products.length),
      lastOrders: new Uint8Array(model.purchases.products.length),
      orders: new Uint32Array(customers),
      repeatPropensity: zeros(products),
      popularity: zeros(products),
    },
  };
};
const rows = (length: number) => kernel.memory.allocate(Float32Array, 16 * length);
const priors = (length: number) => ({ root: 1, priors: kernel.memory.allocate(Float32Array, length) });
const trends = { fresh: new Float32Array(), bought: new Float32Array() };
const factorRows = { customerFactors: new Float32Array(), productFactors: new Float32Array(), stride: 16 };

/** Work by its name, with the products or pairs that it may do in a piece at most. */
const byProducts: [name: string, most: number, work: (model: Model) => Generator<undefined, unknown>][] = [
  ['padding of rows', 2 ** 15, (model) => takeModel(kernel, model)],
  [
    'the order of candidates',
    2 ** 12,
    ({ products }) => orderCandidates(kernel, rows(products.length), 2, priors(products.length)),
  ],
  ['packing', 2 ** 15, ({ products }) => pack(kernel, packCandidates(kernel, rows(products.length), 2))],
  ['descriptions', 2 ** 13, descriptionsOf],
  ['ids', 2 ** 14, createIds],
  [
    'categories',
    2 ** 12,
    (model) => createCategories(kernel, model, packCandidates(kernel, rows(model.products.length), 2)),
  ],
  ['words', 2 ** 10, ({ productInfo }) => createLiveWords(namesOf(productInfo.map(({ name }) => name)))],
  ['popularity', 2 ** 15, popularityIn],
  ['columns', 2 ** 12, (model) => columnsIn(model, () => undefined)],
];
const byPairs: typeof byProducts = [
  ['popularity', 2 ** 16, popularityIn],
  ['recent sales', 2 ** 15, (model) => recentSalesIn(model, 30)],
  [
    'bonuses',
    2 ** 17,
    ({ purchases, signals, metadata, ...model }) =>
      createPairBonuses({ ...model, purchases, signals, metadata } as Model, () => 1, trends, factorRows),
  ],
];

for (const [unit, all, small, large, growth] of [
  ['products', byProducts, modelOf(10, 5000, 20), modelOf(10, 105_000, 20), 100_000],
  ['pairs', byPairs, modelOf(4000, 400, 10_000), modelOf(4000, 400, 330_000), 300_000],
] as const)
  for (const [name, most, work] of all)
    test(`${name}: at most ${most} ${unit} in a piece`, () => {
      const grown = piecesOf(work(large)) - piecesOf(work(small));
      assert.ok(grown >= Math.floor(growth / most) - 1, `${grown} pieces more for ${growth} ${unit}`);
      assert.ok(grown > 0);
    });

test.run();
