import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { noGroup } from '../../../src/kernel/operations/operations.ts';
import { createRandom } from '../../../src/random.ts';
import { compose, keepsTo, merged, type Rules, type Traits } from '../../../src/recommending/lists/compose.ts';
import { createWordCounter, maxSharing, sharedWordsOf } from '../../../src/recommending/lists/shared-words.ts';

const test = suite('compose');

const free: Rules = { mix: 0, maxSharing: Infinity, groupLimit: 0 };
const poolOf = (rows: number[]) => rows.map((row, i) => ({ row, score: 100 - i }));
const rowsOf = (list: readonly { row: number }[]) => list.map(({ row }) => row);
const traits = (
  products: number,
  bought: number[],
  names: string[] = [],
  groups = new Uint32Array(products).fill(noGroup),
): Traits => {
  const shared = sharedWordsOf(Array.from({ length: products }, (_, row) => ({ name: names[row] })));
  return { isBought: (row) => bought.includes(row), words: shared && createWordCounter(shared), groups };
};

test('without rules the best of the pool', () => {
  assert.equal(rowsOf(compose(poolOf([4, 2, 7, 1]), 3, free, traits(8, [4, 2]))), [4, 2, 7]);
});

test('the lowest bought products give way to the best new ones', () => {
  const list = compose(poolOf([0, 1, 2, 3, 4, 5, 6]), 4, { ...free, mix: 2 }, traits(7, [0, 1, 2, 3]));
  assert.equal(rowsOf(list), [0, 1, 4, 5]);
});

test('a list without enough new products is filled up with bought ones, best first', () => {
  const list = compose(poolOf([0, 1, 2, 3, 4]), 4, { ...free, mix: 3 }, traits(5, [0, 1, 2, 3]));
  assert.equal(rowsOf(list), [0, 1, 2, 4]);
});

test('no more than six of ten names share a word', () => {
  const names = Array.from({ length: 60 }, (_, row) => (row < 12 ? `Jumbo bag ${row}` : `Thing${row}`));
  const list = compose(poolOf([...names.keys()]), 10, { ...free, maxSharing: maxSharing(10) }, traits(60, [], names));
  assert.equal(rowsOf(list), [0, 1, 2, 3, 4, 5, 12, 13, 14, 15]);
});

test('words give way before the list gets short', () => {
  const names = Array.from({ length: 60 }, (_, row) => (row < 12 ? `Jumbo bag ${row}` : `Thing${row}`));
  const rules = { ...free, maxSharing: 3 };
  const list = compose(poolOf([0, 1, 2, 3, 4, 5, 12, 13]), 6, rules, traits(60, [], names));
  assert.equal(rowsOf(list), [0, 1, 2, 3, 12, 13]);
});

test('words give way before a mix does', () => {
  const names = Array.from({ length: 60 }, (_, row) => (row < 12 ? `Jumbo bag ${row}` : `Thing${row}`));
  const rules = { ...free, mix: 4, maxSharing: 3 };
  const list = compose(poolOf([12, 13, 14, 15, 0, 1, 2, 3, 4]), 6, rules, traits(60, [12, 13, 14, 15], names));
  assert.equal(rowsOf(list), [12, 13, 0, 1, 2, 3]);
});

test('the limit of a category holds, and its places go to the best', () => {
  const groups = Uint32Array.from([0, 0, 0, 1, 1, noGroup]);
  const list = compose(
    poolOf([0, 1, 2, 3, 4, 5]),
    4,
    { ...free, mix: 4, groupLimit: 1 },
    traits(6, [0, 3], [], groups),
  );
  assert.equal(rowsOf(list), [1, 4, 5]);
});

test('pools are joined by score, without doubles; ties go to the lower row', () => {
  const joined = merged(
    [
      { row: 3, score: 5 },
      { row: 1, score: 2 },
    ],
    [
      { row: 1, score: 2 },
      { row: 0, score: 2 },
      { row: 9, score: 1 },
    ],
  );
  assert.equal(rowsOf(joined), [3, 0, 1, 9]);
});

test('what is composed of a large enough pool keeps to the rules', () => {
  const random = createRandom(7);
  let kept = 0;
  for (let round = 0; round < 300; round++) {
    const products = 40;
    const bought = [...Array(products).keys()].filter(() => random.uniform() < 0.4);
    const names = Array.from(
      { length: products },
      () => `word${Math.floor(random.uniform() * 9)}s other${Math.floor(random.uniform() * 9)}s`,
    );
    const groups = Uint32Array.from({ length: products }, () =>
      random.uniform() < 0.2 ? noGroup : Math.floor(random.uniform() * 12),
    );
    const pool = poolOf([...Array(products).keys()].sort(() => random.uniform() - 0.5));
    const about = traits(products, bought, names, groups);
    const rules = { mix: Math.floor(random.uniform() * 9), maxSharing: 4, groupLimit: 2 * (round % 2) };
    const list = compose(pool, 8, rules, about);
    assert.is(list.length, 8);
    assert.is(new Set(rowsOf(list)).size, 8);
    assert.ok(list.every((one, i) => i === 0 || list[i - 1].score >= one.score));
    assert.ok(list.filter(({ row }) => !about.isBought(row)).length >= rules.mix);
    for (const group of new Set(groups))
      if (group !== noGroup && rules.groupLimit > 0)
        assert.ok(list.filter(({ row }) => groups[row] === group).length <= 2);
    const best = compose(pool, 8, { ...rules, mix: 0, maxSharing: Infinity }, about);
    // With a limit, the new products take the places of bought ones of their categories.
    if (keepsTo(Uint32Array.from(rowsOf(best)), rules, about))
      assert.ok(rules.groupLimit > 0 || list.every(({ row }, i) => row === best[i].row));
    else kept += Number(keepsTo(Uint32Array.from(rowsOf(list)), rules, about));
  }
  assert.ok(kept > 100);
});

test('words are those of several names, of four letters at least, that are not nearly everywhere', () => {
  const names = [
    'Red bag',
    'Red BAGS, large',
    'Bags 1234',
    'Blue bags',
    'Bags',
    'Acme x',
    ...Array.from({ length: 34 }, (_, i) => `Acme ${i}`),
  ];
  const shared = sharedWordsOf(names.map((name) => ({ name })));
  assert.is(shared?.count, 1);
  assert.equal([...shared!.offsets.subarray(0, 7)], [0, 0, 1, 2, 3, 4, 4]);
  assert.is(sharedWordsOf([{ name: 'One' }, {}]), undefined);
  assert.is(sharedWordsOf([]), undefined);
});

test('words of ASCII are found as all others are', () => {
  const random = createRandom(3);
  const pick = (texts: readonly string[]) => texts[random.below(texts.length)];
  const parts = ['bag', 'Large', 'TABLE', 'x9000', '12345', 'abcd', 'tea-pot', 'a_b', "Cook's", '  ', '', 'oak/teak'];
  const names = Array.from({ length: 3000 }, () => ({
    name: `${pick(parts)}${pick([' ', '-', ', ', ''])}${pick(parts)}`,
  }));
  const shared = sharedWordsOf(names)!;
  // A name that is not ASCII makes a block of names go the other way.
  const others = names.flatMap((info, row) => (row % 1000 === 0 ? [info, { name: 'é' }] : [info]));
  const mixed = sharedWordsOf(others)!;
  const isNamed = others.map(({ name }) => name !== 'é');
  const rows = [...isNamed.keys()].filter((row) => isNamed[row]);
  assert.is(mixed.count, shared.count);
  const wordsOf = ({ offsets, words }: typeof shared, row: number) => [
    ...words.subarray(offsets[row], offsets[row + 1]),
  ];
  for (const [i, row] of rows.entries()) assert.equal(wordsOf(mixed, row), wordsOf(shared, i));
});

test('only lists that people look at are limited', () => {
  assert.equal([1, 4, 5, 10, 20, 50, 51].map(maxSharing), [Infinity, Infinity, 3, 6, 12, 30, Infinity]);
});

test.run();
