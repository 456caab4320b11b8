/** Lists with a limit for each group: what is left of the full ranking if candidates of full groups are skipped. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { noGroup, noRow, shortList } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, numbers, openBackend } from './backends.ts';
import { ask, filled, remembered, type Search, wild } from './lists.ts';

const test = suite('limits of groups');
test.after.each(checkGuards);

/** Takes the best first and skips candidates whose group is full, until `n` are taken. */
function withinLimit(ranking: Iterable<number>, { of, limit }: NonNullable<Search['groups']>, n: number): number[] {
  const taken: number[] = [];
  const counts = new Map<number, number>();
  for (const row of ranking) {
    const count = counts.get(of(row)) ?? 0;
    if (row === noRow || taken.length === n || (of(row) !== noGroup && count === limit)) continue;
    counts.set(of(row), count + 1);
    taken.push(row);
  }
  return taken;
}

/** Asks in every way, and compares with the full ranking by the same backend, bit for bit. */
function checkLimits(backend: (typeof backends)[number], search: Search & Pick<Required<Search>, 'groups'>): void {
  const kernel = openBackend(backend);
  const { queries, candidates, n, groups } = search;
  const all = ask(kernel, { ...search, n: candidates, groups: undefined }, 'listed');
  for (const how of ['in one call', 'one by one', 'listed'] as const) {
    const { rows, scores } = ask(kernel, search, how);
    for (let query = 0; query < queries; query++) {
      const ranking = all.rows.subarray(query * candidates, (query + 1) * candidates);
      const scoreOf = new Map(Array.from(ranking, (row, i) => [row, all.scores[query * candidates + i]]));
      const expected = withinLimit(ranking, groups, n);
      const rest = new Array(n - expected.length);
      const told = `${backend.name}, ${how}, query ${query}: ${JSON.stringify(search)}, limit ${groups.limit}`;
      assert.equal([...rows.subarray(query * n, (query + 1) * n)], [...expected, ...rest.fill(noRow)], told);
      assert.equal(
        [...scores.subarray(query * n, (query + 1) * n)],
        [...expected.map((row) => scoreOf.get(row)), ...rest.fill(0)],
        told,
      );
    }
  }
}

const kinds: Record<string, (row: number) => number> = {
  'some of none': (row) => (row % 11 === 3 ? noGroup : row % 7),
  'all of one': () => 5,
  'all of none': () => noGroup,
  'each its own': (row) => 1_000_000 + row,
  'one after another': (row) => Math.floor(row / 70),
};

for (const backend of backends) {
  testUnless(test, backend.absent, `${backend.name}: lists are what the limit leaves of the full ranking`, () => {
    for (const [kind, of] of Object.entries(kinds))
      for (const candidates of [17, 600])
        for (const [n, limit] of [
          [1, 1],
          [10, 3],
          [64, 63],
          [64, 64],
          [155, 9],
          [shortList, 70],
          [shortList + 1, 70],
          [shortList + 5, 9],
        ]) {
          const excluded = kind === 'all of one' ? (q: number, row: number) => (q + row) % 3 === 0 : undefined;
          const groups = { of, limit };
          for (const formula of [undefined, { root: 2, prior: (row: number) => (row % 9) / 9 }])
            for (const byGroup of [false, true])
              checkLimits(backend, { queries: 3, candidates, factors: 6, n, groups, byGroup, excluded, formula });
        }
  });

  testUnless(test, backend.absent, `${backend.name}: limits hold for equal scores, bonuses, and wild factors`, () => {
    const ties: Search = {
      queries: 4,
      candidates: 900,
      factors: 4,
      n: 73,
      values: filled((row) => row % 2),
    };
    for (const [of, limit] of [
      [3, 100],
      [5, 20],
      [20, 2],
    ])
      for (const byGroup of [false, true])
        checkLimits(backend, { ...ties, byGroup, groups: { of: (row) => row % of, limit } });
    for (let seed = 1; seed <= 25; seed++) {
      const random = numbers(seed);
      const upTo = (max: number) => 1 + Math.floor(random() * max);
      const [groupCount, limit, shift] = [upTo(30), upTo(20), upTo(9)];
      const of = (row: number) => (row % 13 === shift ? noGroup : (row * shift) % groupCount);
      const search: Search = { queries: upTo(14), candidates: upTo(400), factors: upTo(40), n: upTo(150) };
      if (random() < 0.2) search.n += shortList;
      search.reversed = random() < 0.5;
      search.byGroup = random() < 0.5;
      if (random() < 0.5) search.mask = (row) => row % 5 !== 1;
      if (random() < 0.5) search.excluded = (query, row) => (row * 7 + query) % 13 < 3;
      if (random() < 0.5) {
        const bonus = (query: number, row: number) => ((row * 31 + query * 7) % 17 === 0 ? ((row % 5) - 1) / 2 : 0);
        search.formula = { root: 2, prior: (row) => ((row * 7) % 10) / 5 - 1, bonus };
      }
      search.values = remembered(wild(numbers(seed + 1000)));
      checkLimits(backend, { ...search, groups: { of, limit } });
    }
  });

  testUnless(test, backend.absent, `${backend.name}: long lists are the start of longer ones`, () => {
    const kernel = openBackend(backend);
    for (const values of [undefined, filled((row) => Math.floor(row / 3) % 5)]) {
      const search: Search = { queries: 3, candidates: 1200, factors: 9, n: 1200, values };
      const all = ask(kernel, search, 'listed');
      for (const n of [shortList - 1, shortList, shortList + 1, 749])
        for (const how of ['in one call', 'listed'] as const) {
          const { rows, scores } = ask(kernel, { ...search, n }, how);
          for (let query = 0; query < 3; query++) {
            const told = `query ${query}, n ${n}, ${how}`;
            const [from, fromAll] = [query * n, query * 1200];
            assert.equal(rows.subarray(from, from + n), all.rows.subarray(fromAll, fromAll + n), told);
            assert.equal(scores.subarray(from, from + n), all.scores.subarray(fromAll, fromAll + n), told);
          }
        }
      const order = [...all.rows.keys()].slice(1).filter((i) => i % 1200 > 0);
      for (const i of order) {
        const [before, after] = [all.scores[i - 1], all.scores[i]];
        assert.ok(before > after || (before === after && all.rows[i - 1] < all.rows[i]), `place ${i}`);
      }
    }
  });
}

test.run();
