import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type HeldOut, holdOutLast } from '../../src/dataset/split.ts';
import { baselinesOf } from '../../src/evaluation/baselines.ts';
import { neighborLists } from '../../src/evaluation/item-knn.ts';
import type { Contestant } from '../../src/measuring/contestants.ts';
import { createRandom } from '../../src/random.ts';
import { noRow, type PurchasedFilter } from '../../src/recommending/types.ts';
import { datasetOfBaskets, datasetOfLetters } from '../support/baskets.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('baselines');

/**
 * Training orders: anna ab, b; bert b, c; carl c, b, d; dora a. Orders by product: a 2, b 4, c 2, d 1, and e and z none.
 * Dora has no targets.
 */
const heldOut = holdOutLast(
  datasetOfLetters({ anna: ['ab', 'b', 'z'], bert: ['b', 'c', 'e'], carl: ['c', 'b', 'd', 'e'], dora: ['a'] }),
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

test('popularity ranks by orders, ties by id, for those who are measured', async () => {
  const popular = baseline('popular');
  assert.equal(await listsOf(popular, heldOut, 'allow'), { anna: 'bacdez', bert: 'bacdez', carl: 'bacdez', dora: '' });
  assert.equal(await listsOf(popular, heldOut, 'exclude'), { anna: 'cdez', bert: 'adez', carl: 'aez', dora: '' });
  assert.equal(await listsOf(popular, heldOut, 'only', 2), { anna: 'ba', bert: 'bc', carl: 'bc', dora: '' });
});

test('P-Top lists what a customer bought, most orders first, ties by id, and nothing else', async () => {
  const own = baseline('p-top');
  assert.equal(await listsOf(own, heldOut, 'allow'), { anna: 'ba', bert: 'bc', carl: 'bcd', dora: '' });
  assert.equal(own.questions, ['all', 'repeat']);
});

test('GP-Top breaks ties by popularity and fills up with it', async () => {
  const own = baseline('gp-top');
  assert.equal(await listsOf(own, heldOut, 'allow'), { anna: 'bacdez', bert: 'bcadez', carl: 'bcdaez', dora: '' });
  assert.equal(await listsOf(own, heldOut, 'only'), { anna: 'ba', bert: 'bc', carl: 'bcd', dora: '' });
  assert.equal(await listsOf(own, heldOut, 'allow', 1), { anna: 'b', bert: 'b', carl: 'b', dora: '' });
});

test('popularity of the last 60 days counts from the last order that is not held out', async () => {
  const day = 86_400_000;
  const order = (products: string[], time: number) => ({ products, time: time * day });
  const shop = datasetOfBaskets(
    new Map([
      ['anna', [order(['old'], 0), order(['old'], 1), order(['new'], 100), order(['x'], 500)]],
      ['bert', [order(['old'], 10), order(['edge'], 40), order(['y'], 501)]],
    ]),
  );
  const held = holdOutLast(shop);
  const all = await listsOf(baseline('popular', held), held, 'allow', 1);
  const recent = await listsOf(baseline('popular-60d', held), held, 'allow', 2);
  assert.is(all.anna, 'old');
  assert.is(recent.anna, 'edgenew');
});

test('without times popularity of the last 60 days is left out, and that is said', () => {
  const { baselines, notes } = baselinesOf(heldOut);
  assert.equal(
    baselines.map(({ name }) => name),
    ['popular', 'p-top', 'gp-top', 'item-knn'],
  );
  assert.match(notes.join(), /no times.*60 days is left out/);
});

test('item-kNN sums the cosines to what was bought; the product itself does not count', async () => {
  // Customers: a anna, dora; b anna, bert, carl; c bert, carl; d carl.
  // anna (a, b): c by b 2/sqrt(6) = .82; b by a 1/sqrt(6) = .41; a by b the same; d by b 1/sqrt(3) = .58.
  const knn = baseline('item-knn');
  const lists = await listsOf(knn, heldOut, 'allow');
  assert.is(lists.anna, 'cdab');
  assert.is((await listsOf(knn, heldOut, 'exclude')).anna, 'cd');
  assert.is((await listsOf(knn, heldOut, 'only')).anna, 'ab');
});

test('item-kNN agrees with cosines computed one by one', async () => {
  const shop: Record<string, string[]> = {};
  const random = createRandom(7);
  const letter = () => 'abcdefghijklm'[random.below(13)];
  for (let c = 0; c < 40; c++) shop[`c${c}`] = [letter() + letter() + letter(), letter() + letter(), letter()];
  const { train } = holdOutLast(datasetOfLetters(shop));
  const { offsets, products } = train.purchases;
  const bought = train.customers.map((_, c) => new Set(products.subarray(offsets[c], offsets[c + 1])));
  const cosine = (p: number, q: number) => {
    const count = (test: (own: Set<number>) => boolean) => bought.filter(test).length;
    const both = count((own) => own.has(p) && own.has(q));
    return both === 0 ? 0 : both / Math.sqrt(count((own) => own.has(p)) * count((own) => own.has(q)));
  };
  const makeList = await neighborLists(train, []);
  for (const [customer, own] of bought.entries()) {
    const score = train.products.map((_, p) => [...own].reduce((sum, q) => sum + (p === q ? 0 : cosine(p, q)), 0));
    const list = new Uint32Array(13);
    const listed = list.subarray(0, makeList(customer, 'allow', list));
    assert.is(listed.length, score.filter((value) => value > 0).length);
    for (let i = 1; i < listed.length; i++) assert.ok(score[listed[i - 1]] > score[listed[i]] - 1e-9);
  }
});

test('a signal stops the lists', async () => {
  const { lists } = baseline('popular');
  const options = { n: 1, purchased: 'allow', from: 0, to: 4, signal: AbortSignal.abort() } as const;
  const error = await endcapErrorOf(lists.recommendBlocks(options)[Symbol.asyncIterator]().next());
  assert.is(error.code, 'aborted');
});

test.run();
