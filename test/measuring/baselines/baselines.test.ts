import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type HeldOut, holdOutLast } from '../../../src/dataset/split.ts';
import { baselinesOf } from '../../../src/measuring/baselines/baselines.ts';
import type { Contestant } from '../../../src/measuring/contestants.ts';
import { noRow, type PurchasedFilter } from '../../../src/recommending/types.ts';
import { finish } from '../../../src/turns.ts';
import { datasetOfBaskets, datasetOfLetters } from '../../support/baskets.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('baselines');

/**
 * Training orders: anna ab, b; bert b, c; carl c, b, d; dora a. Orders by product: a 2, b 4, c 2, d 1, and e and z none.
 * Dora has no targets.
 */
const heldOut = finish(
  holdOutLast(
    datasetOfLetters({ anna: ['ab', 'b', 'z'], bert: ['b', 'c', 'e'], carl: ['c', 'b', 'd', 'e'], dora: ['a'] }),
  ),
);

async function listsOf({ lists }: Contestant, { train }: HeldOut, purchased: PurchasedFilter, n = 6) {
  const found: Record<string, string> = {};
  const range = { from: 0, to: train.customers.length };
  for await (const { firstCustomer, customers, n: length, rows } of lists.recommendBlocks({ n, purchased, ...range })) {
    for (let c = 0; c < customers; c++) {
      const own = [...rows.subarray(c * length, (c + 1) * length)].filter((row) => row !== noRow);
      found[train.customers[firstCustomer + c]] = own.map((row) => train.products[row]).join('');
    }
  }
  return found;
}

function baseline(name: string, of: HeldOut = heldOut): Contestant {
  return baselinesOf(of).baselines.find((one) => one.name === name) as Contestant;
}

test('popularity ranks by orders, ties by id, for customers with targets only', async () => {
  const popular = baseline('popular');
  assert.equal(await listsOf(popular, heldOut, 'allow'), { anna: 'bacdez', bert: 'bacdez', carl: 'bacdez', dora: '' });
  assert.equal(await listsOf(popular, heldOut, 'exclude'), { anna: 'cdez', bert: 'adez', carl: 'aez', dora: '' });
  assert.equal(await listsOf(popular, heldOut, 'only', 2), { anna: 'ba', bert: 'bc', carl: 'bc', dora: '' });
});

test('P-Top lists only what a customer bought, by number of orders, ties by id', async () => {
  const own = baseline('p-top');
  assert.equal(await listsOf(own, heldOut, 'allow'), { anna: 'ba', bert: 'bc', carl: 'bcd', dora: '' });
  assert.equal(own.questions, ['all', 'repeat']);
});

test('GP-Top breaks ties by popularity and fills up lists with popular products', async () => {
  const own = baseline('gp-top');
  assert.equal(await listsOf(own, heldOut, 'allow'), { anna: 'bacdez', bert: 'bcadez', carl: 'bcdaez', dora: '' });
  assert.equal(await listsOf(own, heldOut, 'only'), { anna: 'ba', bert: 'bc', carl: 'bcd', dora: '' });
  assert.equal(await listsOf(own, heldOut, 'allow', 1), { anna: 'b', bert: 'b', carl: 'b', dora: '' });
});

test('the last 60 days end with the last order of the training part', async () => {
  const day = 86_400_000;
  const order = (products: string[], time: number) => ({ products, time: time * day });
  const shop = datasetOfBaskets(
    new Map([
      ['anna', [order(['old'], 0), order(['old'], 1), order(['new'], 100), order(['x'], 500)]],
      ['bert', [order(['old'], 10), order(['edge'], 40), order(['y'], 501)]],
    ]),
  );
  const held = finish(holdOutLast(shop));
  const all = await listsOf(baseline('popular', held), held, 'allow', 1);
  const recent = await listsOf(baseline('popular-60d', held), held, 'allow', 2);
  assert.is(all.anna, 'old');
  assert.is(recent.anna, 'edgenew');
});

test('without times there is no popularity of the last 60 days, and a note says so', () => {
  const { baselines, notes } = baselinesOf(heldOut);
  assert.equal(
    baselines.map(({ name }) => name),
    ['popular', 'p-top', 'gp-top', 'item-knn'],
  );
  assert.match(notes.join(), /no times.*60 days is not measured/);
});

test('a signal stops the lists', async () => {
  const { lists } = baseline('popular');
  const options = { n: 1, purchased: 'allow', from: 0, to: 4, signal: AbortSignal.abort() } as const;
  const error = await endcapErrorOf(lists.recommendBlocks(options)[Symbol.asyncIterator]().next());
  assert.is(error.code, 'aborted');
});

test.run();
