/** Numbers near the largest float: nothing outside the lists is written, and what is not finite is reported. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxFactors, maxMagnitude, shortList } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, openBackend } from './backends.ts';
import { ask, askEachWay } from './lists.ts';
import { filled, type Search, type Values } from './search.ts';

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

const ofQueries = 7;
const ofCandidates = 8;

/** Small factors but for a single one. */
function oneHuge(size: number, owner: number, ownerRow: number): Values {
  return (rows, factors, stride, seed) => {
    const small = (row: number, k: number) => ((row * 7 + k * 3 + seed) % 11) / 11 - 0.3;
    const isHuge = (row: number, k: number) => seed === owner && row === ownerRow && k === 1;
    return filled((row, k) => (isHuge(row, k) ? size : small(row, k)))(rows, factors, stride, seed);
  };
}

const infinite = (size: number): Values => filled(() => size);

const differenceOfInfinite =
  (size: number): Values =>
  (rows, factors, stride, seed) =>
    filled((_, k) => (seed === ofQueries || k % 2 ? size : -size))(rows, factors, stride, seed);

const withOneHuge = huge.flatMap((size) =>
  formulas.flatMap((formula) =>
    Array.from({ length: 14 }, (_, i) => 1 + i).flatMap((queries) =>
      [oneHuge(size, ofCandidates, 17), oneHuge(-size, ofCandidates, 3), oneHuge(size, ofQueries, queries - 1)].map(
        (values) => {
          // Long lists and limits per group take other ways.
          const n = queries % 3 === 0 ? shortList + 1 : 10;
          const groups = queries % 2 === 0 ? { of: (row: number) => row % 7, limit: 2 } : undefined;
          const search: Search = { queries, candidates: 40, factors: 4, n, groups, formula, values };
          return { size, search };
        },
      ),
    ),
  ),
);

const notFinite = formulas.flatMap((formula) =>
  [1, 2, 5, 13].flatMap((queries) =>
    [1e30, 1e38, largestFloat].flatMap((size) =>
      [infinite(size), differenceOfInfinite(size)].map((values) => {
        const n = queries === 5 ? shortList + 1 : 3;
        const search: Search = { queries, candidates: 40, factors: 20, n, formula, values };
        return { size, search };
      }),
    ),
  ),
);

const largest = [undefined, { root: maxMagnitude, prior: () => maxMagnitude }].map((formula): Search => {
  const values = filled((row, k) => (row % 3 === 0 && k % 2 ? -maxMagnitude : maxMagnitude));
  return { queries: 13, candidates: 20, factors: maxFactors, n: 5, formula, values };
});

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: one huge factor of a candidate or a query changes no list but its own, in batches of 1 to 14`,
    () => {
      const kernel = openBackend(backend);
      for (const { size, search } of withOneHuge)
        assert.is(askEachWay(kernel, search, `${size}`).status, 0, `${size}, ${search.queries} queries`);
    },
  );

  testUnless(test, backend.absent, `${backend.name}: scores that are not finite are reported`, () => {
    const kernel = openBackend(backend);
    for (const { size, search } of notFinite)
      for (const how of ['in one call', 'one by one', 'listed'] as const)
        assert.is(ask(kernel, search, how).status, 1, `${how}: ${size}, ${search.queries} queries`);
  });

  testUnless(test, backend.absent, `${backend.name}: numbers of the largest magnitude give finite scores`, () => {
    const kernel = openBackend(backend);
    for (const search of largest) assert.is(askEachWay(kernel, search, 'largest').status, 0);
  });
}

test.run();
