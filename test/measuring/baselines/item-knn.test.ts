import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { holdOutLast } from '../../../src/dataset/split.ts';
import { itemKnn } from '../../../src/measuring/baselines/item-knn.ts';
import { createRandom } from '../../../src/random.ts';
import type { PurchasedFilter } from '../../../src/recommending/types.ts';
import { finish } from '../../../src/turns.ts';
import { datasetOfLetters } from '../../support/baskets.ts';

const test = suite('item-kNN');

/** Customers of each product: a anna, dora; b anna, bert, carl; c bert, carl; d carl. */
const train = datasetOfLetters({ anna: ['ab', 'b'], bert: ['b', 'c'], carl: ['c', 'b', 'd'], dora: ['a'] });

test('sums the cosines to what was bought, without those of a product to itself', async () => {
  // Anna bought a and b: c by b 2/sqrt(6) = .82; d by b 1/sqrt(3) = .58; b by a 1/sqrt(6) = .41; a by b the same.
  const writeList = await itemKnn(train, []);
  const listOf = (purchased: PurchasedFilter) => {
    const list = new Uint32Array(6);
    const rows = list.subarray(0, writeList(0, purchased, list));
    return [...rows].map((row) => train.products[row]).join('');
  };
  assert.is(listOf('allow'), 'cdab');
  assert.is(listOf('exclude'), 'cd');
  assert.is(listOf('only'), 'ab');
});

test('agrees with cosines computed one by one', async () => {
  const shop: Record<string, string[]> = {};
  const random = createRandom(7);
  const letter = () => 'abcdefghijklm'[random.below(13)];
  for (let c = 0; c < 40; c++) shop[`c${c}`] = [letter() + letter() + letter(), letter() + letter(), letter()];
  const { train } = finish(holdOutLast(datasetOfLetters(shop)));
  const { offsets, products } = train.purchases;
  const bought = train.customers.map((_, c) => new Set(products.subarray(offsets[c], offsets[c + 1])));
  const cosine = (p: number, q: number) => {
    const count = (test: (own: Set<number>) => boolean) => bought.filter(test).length;
    const both = count((own) => own.has(p) && own.has(q));
    return both === 0 ? 0 : both / Math.sqrt(count((own) => own.has(p)) * count((own) => own.has(q)));
  };
  const writeList = await itemKnn(train, []);
  for (const [customer, own] of bought.entries()) {
    const score = train.products.map((_, p) => [...own].reduce((sum, q) => sum + (p === q ? 0 : cosine(p, q)), 0));
    const list = new Uint32Array(13);
    const listed = list.subarray(0, writeList(customer, 'allow', list));
    assert.is(listed.length, score.filter((value) => value > 0).length);
    for (let i = 1; i < listed.length; i++) assert.ok(score[listed[i - 1]] > score[listed[i]] - 1e-9);
  }
});

test('customers with the most products are left out to limit the time, with a note', async () => {
  const notes: string[] = [];
  // Pairs of products: dora 1, anna and bert 4 each, carl 9.
  const writeList = await itemKnn(train, notes, undefined, 9);
  assert.equal(notes, [
    'To save time, the similarities of item-knn leave out the one customer with 3 products or more.',
  ]);
  const list = new Uint32Array(6);
  const length = writeList(0, 'exclude', list);
  const listed = [...list.subarray(0, length)].map((row) => train.products[row]);
  assert.equal(listed, ['c'], 'anna gets c through bert, but not d, which only carl bought');
});

test.run();
