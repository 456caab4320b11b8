import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNewcomers } from '../../../src/live/scenarios/newcomers.ts';
import { noRow } from '../../../src/recommending/types.ts';

const test = suite('newcomers');
const all = () => true;
const idsOf = (items: { product: string }[]) => items.map(({ product }) => product);

test('the newest come first, in whichever order they are told; of one time, by id', () => {
  const { set, list } = createNewcomers(() => undefined);
  for (const [product, time] of [
    ['b', 2],
    ['d', 3],
    ['a', 1],
    ['c', 2],
  ] as const)
    set(product, time, true);
  assert.equal(idsOf(list(10, all)), ['d', 'b', 'c', 'a']);
  assert.equal(idsOf(list(2, all)), ['d', 'b']);
  assert.equal(idsOf(list(2, (product) => product !== 'd')), ['b', 'c']);
});

test('what is said again keeps its time, and what is sold out is not listed until it is back', () => {
  const { set, list } = createNewcomers(() => undefined);
  set('a', 1, true);
  set('b', 2, true);
  set('a', 9, true);
  assert.equal(idsOf(list(10, all)), ['b', 'a']);
  set('b', 2, false);
  assert.equal(idsOf(list(10, all)), ['a']);
  set('b', 2, true);
  assert.equal(idsOf(list(10, all)), ['b', 'a']);
});

test('products are named as the shop does, and have no row', () => {
  const said = { a: { name: 'Tea', category: ['Drinks', 'Leaves'] }, b: { category: 'Pots' } };
  const { set, list } = createNewcomers((product) => said[product as 'a' | 'b']);
  for (const product of ['a', 'b', 'c']) set(product, 5, true);
  assert.equal(list(10, all), [
    { product: 'a', row: noRow, score: 5, name: 'Tea', category: 'Drinks' },
    { product: 'b', row: noRow, score: 5, category: 'Pots' },
    { product: 'c', row: noRow, score: 5 },
  ]);
});

test('of very many, the newest are kept', () => {
  const { set, list } = createNewcomers(() => undefined);
  for (let i = 0; i < 50_000; i++) set(`p${i}`, i, true);
  const items = list(10_000, all);
  assert.is(items.length, 10_000);
  assert.equal([items[0].product, items[9999].product], ['p49999', 'p40000']);
  let looked = 0;
  list(1, () => {
    looked++;
    return false;
  });
  assert.ok(looked <= 12_500, `${looked} were looked at`);
  // One that was forgotten is known again once it is said again.
  set('p0', 0, true);
  assert.is(list(1, (product) => product === 'p0').length, 1);
});

test.run();
