/** Vectors that sit on the bound of the first pass of scoring: with any less of it, the best candidate would be lost. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, openBackend } from './backends.ts';
import { ask } from './lists.ts';
import { filled, type Search, type Values } from './search.ts';

const test = suite('bound');
test.after.each(checkGuards);

/** A query, the candidate that is its best, and a rival that scores a little less, all by factor. */
interface Case {
  name: string;
  factors: number;
  query: (k: number) => number;
  best: (k: number) => number;
  rival: (k: number) => number;
  /** All other candidates. */
  other: (k: number) => number;
}

const onlyFirst = (value: number) => (k: number) => (k === 0 ? value : 0);

/** A candidate is rounded to whole numbers of at most 63, a query to 127: here their units are 1. */
const cases: Case[] = [];
for (const factors of [17, 64, 130, 500]) {
  // All of the best score is in what rounding takes from the candidate, whose other factors are as long as the query's.
  const lostOfCandidate = 0.499 * (factors - 1);
  cases.push({
    name: `what rounding takes from a candidate, ${factors} factors`,
    factors,
    query: (k) => (k === 0 ? 0 : 127),
    best: (k) => (k === 0 ? 63 : 0.499),
    rival: (k) => (k === 1 ? 0.97 * lostOfCandidate : 0),
    other: onlyFirst(63),
  });
  const lostOfQuery = 0.499 * 63 * (factors - 1);
  cases.push({
    name: `what rounding takes from a query, ${factors} factors`,
    factors,
    query: (k) => (k === 0 ? 127 : 0.499),
    best: (k) => (k === 0 ? 0 : 63),
    rival: onlyFirst((0.97 * lostOfQuery) / 127),
    other: onlyFirst(0),
  });
}
// Every sum of these products is rounded up: the score is some 20 units above the exact dot product and the rest of the
// bound, and the rival is between.
const factors = 2048;
const [whole, lost] = [62, 126 / 4096];
const exact = 127 * (factors - 1) * (whole + lost);
const restOfBound = 0.001 * 127 * (factors - 1) * lost + 2;
cases.push({
  name: 'what rounding gives to a dot product',
  factors,
  query: (k) => (k === 0 ? 0 : 127),
  best: (k) => (k === 0 ? 63 : whole + lost),
  rival: (k) => (k === 0 ? 0 : k === 1 ? (exact + restOfBound + 10) / 127 - whole * (factors - 2) : whole),
  other: onlyFirst(63),
});

const searches = cases.flatMap(({ name, factors, query, best, rival, other }) =>
  [1, 13].flatMap((queries) =>
    [false, true].map((reversed) => {
      // The rival is swept first and sets the bar; the best is in the last panel.
      const [bestRow, rivalRow] = reversed ? [0, 79] : [79, 0];
      const candidate = (row: number, k: number) => (row === bestRow ? best : row === rivalRow ? rival : other)(k);
      const values: Values = (rows, factors, stride, seed) =>
        filled(seed === 7 ? (_, k) => query(k) : candidate)(rows, factors, stride, seed);
      const search: Search = { queries, candidates: 80, factors, n: 1, reversed, values };
      const withoutBest: Search = { ...search, excluded: (_, row) => row === bestRow };
      const what = `${name}, ${queries} queries${reversed ? ', reversed' : ''}`;
      return { search, withoutBest, rows: [bestRow, rivalRow], what };
    }),
  ),
);

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: the best candidate is found where its score is on the bound`,
    () => {
      const kernel = openBackend(backend);
      for (const { search, withoutBest, rows, what } of searches) {
        const all = ask(kernel, search, 'listed');
        const second = ask(kernel, withoutBest, 'listed');
        assert.equal([all.rows[0], second.rows[0]], rows, what);
        assert.ok(second.scores[0] > 0.96 * all.scores[0], what);
        assert.equal(ask(kernel, search, 'in one call').rows, all.rows, what);
      }
    },
  );
}

test.run();
