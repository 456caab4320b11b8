import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Contestant, checkContestants, type Lister, readLists } from '../../src/measuring/contestants.ts';
import { filterOf } from '../../src/measuring/questions.ts';
import { noRow } from '../../src/recommending/types.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('contestants');

/** Customers 1, 2, and 4 have targets; there are three products. */
const targets = {
  customers: Uint32Array.of(1, 2, 4),
  offsets: Uint32Array.of(0, 1, 2, 3),
  products: Uint32Array.of(0, 0, 0),
};

/** Blocks as given, each with the first customer and the lists of the customers from there on. */
function blocks(...given: [firstCustomer: number, lists: number[][]][]): Lister {
  return {
    async *recommendBlocks() {
      for (const [firstCustomer, lists] of given) {
        const n = lists[0].length;
        yield { firstCustomer, customers: lists.length, n, rows: Uint32Array.from(lists.flat()) };
      }
    },
  };
}

async function read(lists: Lister, n = 2) {
  const found: [number, number[]][] = [];
  const done: number[] = [];
  await readLists({ name: 'x', lists }, targets, {
    n,
    purchased: 'allow',
    products: 3,
    onList: (place, list) => found.push([place, [...list]]),
    onBlock: (count) => done.push(count),
  });
  return { found, done };
}

test('lists of customers with targets arrive in order, cut at n and at the first noRow', async () => {
  const { found, done } = await read(
    blocks(
      [
        1,
        [
          [0, 1, 2],
          [2, noRow, 1],
        ],
      ],
      [3, [[0], [1]]],
    ),
  );
  assert.equal(found, [
    [0, [0, 1]],
    [1, [2]],
    [2, [1]],
  ]);
  assert.equal(done, [2, 3]);
});

test('a lister is asked for the customers with targets, with the filter of the question', async () => {
  const asked: unknown[] = [];
  const lists: Lister = {
    recommendBlocks({ n, purchased, from, to }) {
      asked.push({ n, purchased, from, to });
      return blocks([1, [[0], [0], [0], [0]]]).recommendBlocks({ n, purchased, from, to });
    },
  };
  for (const question of ['all', 'explore', 'repeat'] as const) {
    const options = { n: 5, purchased: filterOf(question, 'allow'), products: 3, onList: () => {}, onBlock: () => {} };
    await readLists({ name: 'x', lists }, targets, options);
  }
  const range = { from: 1, to: 5 };
  assert.equal(asked, [
    { n: 5, purchased: 'allow', ...range },
    { n: 5, purchased: 'exclude', ...range },
    { n: 5, purchased: 'only', ...range },
  ]);
});

test('lists that would give wrong figures are errors that say what is wrong', async () => {
  const cases: [Lister, RegExp][] = [
    [blocks([1, [[0], [0]]]), /^contestants: 'x' .*none for customer row 4/],
    [blocks([2, [[0], [0], [0]]]), /none for customer row 1, or not in the order of rows/],
    [blocks([1, [[3], [0], [0], [0]]]), /row 3 is not a product/],
    [
      blocks([
        1,
        [
          [1, 1],
          [0, 1],
          [0, 1],
          [0, 1],
        ].map((list) => [...list]),
      ]),
      /product row 1 is twice in one list/,
    ],
  ];
  for (const [lists, words] of cases) {
    const { code, message } = await endcapErrorOf(read(lists));
    assert.is(code, 'invalid_options');
    assert.match(message, words);
  }
});

test('fields of contestants are checked by name', () => {
  const lists = blocks();
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ name: '', lists }, /^name: ''/],
    [{ name: 'x', lists, label: 'X' }, /^label: 'X' .*one of the options name, kind, description, questions, lists/],
    [{ name: 'x', lists, kind: 'rival' }, /^kind: 'rival' .*'model', 'baseline', 'ablation'/],
    [{ name: 'x', lists, questions: ['new'] }, /^questions: 'new' .*'all', 'explore', 'repeat'/],
    [{ name: 'x', lists, questions: 'all' }, /^questions: 'all' .*an array/],
    [{ name: 'x', lists: [] }, /^lists: .*recommendBlocks/],
    [{ name: 'x' }, /^lists: it is missing/],
    [null as never, /^options: null/],
  ];
  for (const [contestant, words] of cases) {
    assert.throws(() => checkContestants([contestant as unknown as Contestant]), words);
  }
  for (const none of [null, undefined, 'x', {}])
    assert.throws(() => checkContestants(none as never), /^contestants: .*an array/);
});

test.run();
