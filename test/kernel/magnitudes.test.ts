/** Numbers near the largest float: nothing outside the lists is written, and what is not finite is reported. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxFactors, maxMagnitude, shortList } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, openBackend } from './backends.ts';
import { ask, askEachWay, filled, type Search } from './lists.ts';

const test = suite('magnitudes');
test.after.each(checkGuards);

const largestFloat = 2 ** 128 - 2 ** 104;
const huge = [maxMagnitude, 1e30, 3e37, 1e38, largestFloat];
const formulas: Search['formula'][] = [
  undefined,
  { root: 2, prior: (row) => row / 100 },
  { root: 0, prior: () => 0 },
  { root: 0.5, prior: (row) => -row, bonus: (query, row) => ((query + row) % 5 === 0 ? 0.3 : 0) },
];

type Values = NonNullable<Search['values']>;
const ofQueries = 7;
const ofCandidates = 8;

/** Small factors but for a single one. */
function oneHuge(size: number, owner: number, ownerRow: number): Values {
  return (kernel, rows, factors, stride, seed) => {
    const small = (row: number, k: number) => ((row * 7 + k * 3 + seed) % 11) / 11 - 0.3;
    const isHuge = (row: number, k: number) => seed === owner && row === ownerRow && k === 1;
    return filled((row, k) => (isHuge(row, k) ? size : small(row, k)))(kernel, rows, factors, stride, seed);
  };
}

const infinite = (size: number): Values => filled(() => size);

const differenceOfInfinite =
  (size: number): Values =>
  (kernel, rows, factors, stride, seed) =>
    filled((_, k) => (seed === ofQueries || k % 2 ? size : -size))(kernel, rows, factors, stride, seed);

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: one huge factor of a candidate or a query changes no list but its own, in batches of 1 to 14`,
    () => {
      const kernel = openBackend(backend);
      for (const size of huge)
        for (const formula of formulas)
          for (let queries = 1; queries <= 14; queries++)
            for (const values of [
              oneHuge(size, ofCandidates, 17),
              oneHuge(-size, ofCandidates, 3),
              oneHuge(size, ofQueries, queries - 1),
            ]) {
              // Long lists and limits per group take other ways.
              const n = queries % 3 === 0 ? shortList + 1 : 10;
              const groups = queries % 2 === 0 ? { of: (row: number) => row % 7, limit: 2 } : undefined;
              const search = { queries, candidates: 40, factors: 4, n, groups, formula, values };
              const { status } = askEachWay(kernel, search, `${size}`);
              assert.is(status, 0, `${size}, ${queries} queries`);
            }
    },
  );

  testUnless(test, backend.absent, `${backend.name}: scores that are not finite are reported`, () => {
    const kernel = openBackend(backend);
    for (const formula of formulas)
      for (const queries of [1, 2, 5, 13])
        for (const size of [1e30, 1e38, largestFloat])
          for (const values of [infinite(size), differenceOfInfinite(size)])
            for (const how of ['in one call', 'one by one', 'listed'] as const) {
              const n = queries === 5 ? shortList + 1 : 3;
              const { status } = ask(kernel, { queries, candidates: 40, factors: 20, n, formula, values }, how);
              assert.is(status, 1, `${how}: ${size}, ${queries} queries`);
            }
  });

  testUnless(test, backend.absent, `${backend.name}: numbers of the largest magnitude give finite scores`, () => {
    const kernel = openBackend(backend);
    const values = filled((row, k) => (row % 3 === 0 && k % 2 ? -maxMagnitude : maxMagnitude));
    for (const formula of [undefined, { root: maxMagnitude, prior: () => maxMagnitude }]) {
      const search = { queries: 13, candidates: 20, factors: maxFactors, n: 5, formula, values };
      assert.is(askEachWay(kernel, search, 'largest').status, 0);
    }
  });
}

test.run();
