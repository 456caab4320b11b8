import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { holdOutLast } from '../../src/dataset/split.ts';
import type { Contestant } from '../../src/measuring/contestants.ts';
import { measure } from '../../src/measuring/measure.ts';
import type { MeasureOptions } from '../../src/measuring/measure-options.ts';
import { noRow } from '../../src/recommending/types.ts';
import { finish } from '../../src/turns.ts';
import { datasetOfLetters } from '../support/baskets.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('measure');

/** Targets: anna a, c; bert b. Anna had bought a, b before; bert c. Dora has one order. */
const heldOut = finish(holdOutLast(datasetOfLetters({ anna: ['ab', 'ac'], bert: ['c', 'b'], dora: ['a'] })));

/** Gives everybody the same list, in blocks of a few customers, without or with only what they bought. */
function always(name: string, letters: string, inBlock = 2): Contestant {
  const { purchases, products } = heldOut.train;
  const list = [...letters].map((letter) => products.indexOf(letter));
  return {
    name,
    lists: {
      async *recommendBlocks({ n, purchased, from, to }) {
        for (let first = from; first < to; first += inBlock) {
          const customers = Math.min(inBlock, to - first);
          const rows = new Uint32Array(customers * n).fill(noRow);
          for (let c = 0; c < customers; c++) {
            const own = purchases.products.subarray(purchases.offsets[first + c], purchases.offsets[first + c + 1]);
            const fits = (row: number) => purchased === 'allow' || own.includes(row) === (purchased === 'only');
            rows.set(list.filter(fits).slice(0, n), c * n);
          }
          yield { firstCustomer: first, customers, n, rows };
        }
      },
    },
  };
}

test('averages over the customers who have targets for each question', async () => {
  const { results, contestants } = await measure(heldOut, [always('abc', 'abc')], { ks: [1, 2] });
  assert.equal(
    results.map(({ question, k, customers, metrics }) => [question, k, customers, metrics.recall.mean]),
    [
      // anna is shown a, b of a, c; bert a, b of b.
      ['all', 1, 2, 1 / 4],
      ['all', 2, 2, 3 / 4],
      // anna is shown c of c; bert a, b of b.
      ['explore', 1, 2, 1 / 2],
      ['explore', 2, 2, 1],
      // anna is shown a, b of a.
      ['repeat', 1, 1, 1],
      ['repeat', 2, 1, 1],
    ],
  );
  assert.is(results[5].metrics.recall.standardError, null);
  assert.is(results[0].metrics.recall.standardError, 1 / 4);
  assert.equal(
    contestants.map(({ name, kind, description }) => [name, kind, description]),
    [['abc', 'model', 'abc']],
  );
});

test('neither the size of blocks nor lists longer than the catalogue change the results', async () => {
  const one = await measure(heldOut, [always('x', 'bca', 1)], { ks: [2, 50] });
  const all = await measure(heldOut, [always('x', 'bca', 99)], { ks: [50, 2, 2] });
  assert.equal(one.results, all.results);
  assert.equal(one.ks, [2, 50]);
  assert.is(one.mainK, 50);
});

test('coverage counts the products in any list, popular share the places of the popular tenth', async () => {
  const { results } = await measure(heldOut, [always('ca', 'ca')], { ks: [1, 2], questions: ['all'] });
  // Of a, b, c the most popular tenth is one product: a, in two orders.
  assert.equal(
    results.map(({ coverage, popularShare }) => [coverage, popularShare]),
    [
      [1 / 3, 0],
      [2 / 3, 1 / 2],
    ],
  );
});

test('compares the first contestant with the others, customer by customer', async () => {
  const shop: Record<string, string[]> = {};
  for (let c = 0; c < 20; c++) shop[`c${c}`] = ['abc', c % 5 === 0 ? 'a' : 'b'];
  const held = finish(holdOutLast(datasetOfLetters(shop)));
  const best = always('best', 'bac');
  const { comparisons, results } = await measure(held, [best, always('same', 'bac'), always('bad', 'cba')], {
    ks: [1],
  });
  const found = comparisons
    .filter(({ question }) => question === 'all')
    .map(({ contestant, against, metrics }) => [contestant, against, metrics.recall.mean, metrics.recall.verdict]);
  assert.equal(found, [
    ['best', 'same', 0, 'tie'],
    ['best', 'bad', 0.8, 'better'],
  ]);
  const { standardError } = comparisons[1].metrics.recall;
  assert.ok(Math.abs(standardError! - Math.sqrt((0.16 * 20) / 19 / 20)) < 1e-12);
  const swapped = await measure(held, [always('bad', 'cba'), best], { ks: [1] });
  assert.is(swapped.comparisons[0].metrics.ndcg.verdict, 'worse');
  assert.not.ok(
    results.some(({ question }) => question === 'explore'),
    'nobody bought anything new',
  );
});

test('groups customers by number of earlier orders, and the groups add up to the whole', async () => {
  const shop = { one: ['a', 'b'], two: ['a', 'b', 'a'], four: ['a', 'b', 'a', 'b', 'c'], many: [...'ab'.repeat(12)] };
  const held = finish(holdOutLast(datasetOfLetters(shop)));
  const { groups, results } = await measure(held, [always('x', 'abc'), always('y', 'cab')], { questions: ['all'] });
  assert.equal(
    groups.filter(({ contestant }) => contestant === 'x').map(({ from, to, customers, k }) => [from, to, customers, k]),
    [
      [1, 1, 1, 10],
      [2, 2, 1, 10],
      [3, 4, 1, 10],
      [20, null, 1, 10],
    ],
  );
  const mean = groups.slice(0, 4).reduce((sum, { metrics }) => sum + metrics.mrr.mean / 4, 0);
  const whole = results.find(({ k }) => k === 10)!.metrics.mrr.mean;
  assert.ok(Math.abs(mean - whole) < 1e-12);
  assert.is(groups[0].difference, undefined);
  assert.is(groups.find(({ contestant, to }) => contestant === 'y' && to === 1)?.difference?.mrr.mean, 1 / 2 - 1 / 3);
});

test('a contestant answers only its own questions; lists and progress are passed on', async () => {
  const shown: [number, number[]][] = [];
  const steps: string[] = [];
  const { results, comparisons } = await measure(
    heldOut,
    [always('first', 'ab'), { ...always('again', 'ba'), questions: ['repeat'] }],
    {
      ks: [2],
      onList: (customer, rows, question) => question === 'all' && shown.push([customer, [...rows]]),
      onProgress: ({ contestant, question, done, total }) => steps.push(`${contestant} ${question} ${done}/${total}`),
    },
  );
  assert.equal(
    results.filter(({ contestant }) => contestant === 'again').map(({ question }) => question),
    ['repeat'],
  );
  assert.equal(
    comparisons.map(({ question }) => question),
    ['repeat'],
  );
  assert.equal(shown, [
    [0, [0, 1]],
    [1, [0, 1]],
  ]);
  assert.equal(steps, ['first all 2/2', 'first explore 2/2', 'first repeat 1/1', 'again repeat 1/1']);
});

test('invalid and unknown options are errors, and a signal stops measuring', async () => {
  const twice = await endcapErrorOf(measure(heldOut, [always('x', 'a'), always('x', 'b')]));
  assert.match(twice.message, /^contestants: 'x, x' .*distinct names/);
  for (const ks of [[], [0], [2.5], [10_001]]) {
    const { code, message } = await endcapErrorOf(measure(heldOut, [always('x', 'a')], { ks }));
    assert.is(code, 'invalid_options');
    assert.match(message, /^ks: /);
  }
  const unknown = await endcapErrorOf(measure(heldOut, [always('x', 'a')], { k: [5] } as MeasureOptions));
  assert.match(unknown.message, /^k: 5 .*one of the options ks, questions, onList, onMeasured, signal, onProgress/);
  const question = await endcapErrorOf(measure(heldOut, [always('x', 'a')], { questions: ['any' as 'all'] }));
  assert.match(question.message, /^questions: 'any' /);
  for (const option of ['signal', 'onList', 'onProgress']) {
    const wrong = measure(heldOut, [always('x', 'a')], { [option]: 'x' as never });
    assert.is((await endcapErrorOf(wrong)).details.option, option);
  }
  const stopped = await endcapErrorOf(measure(heldOut, [always('x', 'a')], { signal: AbortSignal.abort() }));
  assert.is(stopped.code, 'aborted');
});

test.run();
