/** Lists with a limit for each group: what is left of the full ranking if candidates of full groups are skipped. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { noGroup, noRow, shortList } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, numbers, openBackend } from './backends.ts';
import { ask } from './lists.ts';
import { filled, type Search, wild } from './search.ts';

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

/** A search without limits for the full ranking, and those with limits that leave some of it. */
interface Limited {
  all: Search;
  searches: Limits[];
}
type Limits = Search & Pick<Required<Search>, 'groups'>;

/** Asks in every way, and compares with the full ranking by the same backend, bit for bit. */
function checkLimits(backend: (typeof backends)[number], { all, searches }: Limited): void {
  const kernel = openBackend(backend);
  const { queries, candidates } = all;
  const { rows, scores } = ask(kernel, all, 'listed');
  const rankings = Array.from({ length: queries }, (_, query) => {
    const ranking = rows.subarray(query * candidates, (query + 1) * candidates);
    return { ranking, scoreOf: new Map(Array.from(ranking, (row, i) => [row, scores[query * candidates + i]])) };
  });
  for (const search of searches) {
    const { n, groups } = search;
    const expected = rankings.map(({ ranking }) => withinLimit(ranking, groups, n));
    for (const how of ['in one call', 'one by one', 'listed'] as const) {
      const { rows, scores } = ask(kernel, search, how);
      for (const [query, { scoreOf }] of rankings.entries()) {
        const list = expected[query];
        const rest = new Array(n - list.length);
        const told = `${backend.name}, ${how}, query ${query}: ${JSON.stringify(search)}, limit ${groups.limit}`;
        assert.equal([...rows.subarray(query * n, (query + 1) * n)], [...list, ...rest.fill(noRow)], told);
        const listScores = list.map((row) => scoreOf.get(row));
        assert.equal([...scores.subarray(query * n, (query + 1) * n)], [...listScores, ...rest.fill(0)], told);
      }
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

const ofAllKinds = Object.entries(kinds).flatMap(([kind, of]) =>
  [17, 600].flatMap((candidates) =>
    [undefined, { root: 2, prior: (row: number) => (row % 9) / 9 }].map((formula): Limited => {
      const excluded = kind === 'all of one' ? (q: number, row: number) => (q + row) % 3 === 0 : undefined;
      const all: Search = { queries: 3, candidates, factors: 6, n: candidates, excluded, formula };
      const searches = [
        [1, 1],
        [10, 3],
        [64, 63],
        [64, 64],
        [155, 9],
        [shortList, 70],
        [shortList + 1, 70],
        [shortList + 5, 9],
      ].flatMap(([n, limit]) => [false, true].map((byGroup) => ({ ...all, n, groups: { of, limit }, byGroup })));
      return { all, searches };
    }),
  ),
);

const ties: Search = { queries: 4, candidates: 900, factors: 4, n: 900, values: filled((row) => row % 2) };
const ofTies: Limited = {
  all: ties,
  searches: [
    [3, 100],
    [5, 20],
    [20, 2],
  ].flatMap(([of, limit]) =>
    [false, true].map((byGroup) => ({ ...ties, n: 73, byGroup, groups: { of: (row: number) => row % of, limit } })),
  ),
};

const ofWildOnes = Array.from({ length: 25 }, (_, i): Limited => {
  const random = numbers(i + 1);
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
  search.values = wild(i + 1001);
  return { all: { ...search, n: search.candidates }, searches: [{ ...search, groups: { of, limit } }] };
});

const longLists = [undefined, filled((row) => Math.floor(row / 3) % 5)].map((values) => {
  const all: Search = { queries: 3, candidates: 1200, factors: 9, n: 1200, values };
  return { all, starts: [shortList - 1, shortList, shortList + 1, 749].map((n): Search => ({ ...all, n })) };
});

for (const backend of backends) {
  testUnless(test, backend.absent, `${backend.name}: lists are what the limit leaves of the full ranking`, () => {
    for (const limited of ofAllKinds) checkLimits(backend, limited);
  });

  testUnless(test, backend.absent, `${backend.name}: limits hold for equal scores, bonuses, and wild factors`, () => {
    for (const limited of [ofTies, ...ofWildOnes]) checkLimits(backend, limited);
  });

  testUnless(test, backend.absent, `${backend.name}: long lists are the start of longer ones`, () => {
    const kernel = openBackend(backend);
    for (const { all, starts } of longLists) {
      const whole = ask(kernel, all, 'listed');
      for (const start of starts)
        for (const how of ['in one call', 'listed'] as const) {
          const { n } = start;
          const { rows, scores } = ask(kernel, start, how);
          for (let query = 0; query < 3; query++) {
            const told = `query ${query}, n ${n}, ${how}`;
            const [from, fromAll] = [query * n, query * 1200];
            assert.equal(rows.subarray(from, from + n), whole.rows.subarray(fromAll, fromAll + n), told);
            assert.equal(scores.subarray(from, from + n), whole.scores.subarray(fromAll, fromAll + n), told);
          }
        }
      const order = [...whole.rows.keys()].slice(1).filter((i) => i % 1200 > 0);
      for (const i of order) {
        const [before, after] = [whole.scores[i - 1], whole.scores[i]];
        assert.ok(before > after || (before === after && whole.rows[i - 1] < whole.rows[i]), `place ${i}`);
      }
    }
  });
}

test.run();
