import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, numbers, openBackend, padded } from './backends.ts';
import { ask, askEachWay, check } from './lists.ts';
import { filled, type Search, type Values, wild } from './search.ts';

const test = suite('scoring kernels with priors');
test.after.each(checkGuards);

/** A hash of two numbers, from 0 to 1. */
function hashed(a: number, b: number): number {
  const mixed = Math.imul(Math.imul(a + 1, 0x9e3779b1) ^ (b + 7), 0x85ebca6b);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}

/** Gives some of the candidates a bonus: large, small, or below zero. */
function bonusOf(share: number, size: number): (query: number, row: number) => number {
  return (query, row) => (hashed(query, row) < share ? size * (1.5 * hashed(row, query) - 0.5) : 0);
}

const priorsOf: Record<string, (row: number) => number> = {
  'all differ': (row) => 3 * hashed(row, 0) - 2,
  tie: (row) => row % 3,
  'are the same': () => -1,
  'grow with the row': (row) => row / 100,
};

interface Told {
  search: Search;
  /** The same search, for which the lengths of candidates are given. */
  measured: Search;
  told: string;
}

const atAwkwardSizes: Told[] = [];
for (const candidates of [1, 15, 17, 33, 100, 513])
  for (const queries of [1, 3, 13])
    for (const [name, prior] of Object.entries(priorsOf))
      for (const [root, share, size] of [
        [2, 0, 0],
        [2, 0.1, 4],
        [2, 0.3, 0.1],
        [0.5, 1, 2],
        [0, 0.2, 1],
      ]) {
        const formula = { root, prior, bonus: share > 0 ? bonusOf(share, size) : undefined };
        const search: Search = { queries, candidates, factors: 19, n: 10, formula };
        const told = `priors that ${name}, ${JSON.stringify(search)}`;
        atAwkwardSizes.push({ search, measured: { ...search, measured: true }, told });
      }

const filtered = [40, 700].flatMap((candidates) => {
  const filters: Partial<Search>[] = [
    { mask: (row) => row % 3 !== 0 },
    { excluded: (query, row) => hashed(row, query + 9) < 0.4 },
    { mask: (row) => row % 3 !== 0, excluded: (query, row) => hashed(row, query + 9) < 0.4 },
    { excluded: (_, row) => row !== 20 },
  ];
  return filters.map((filter): Told => {
    const formula = { root: 2, prior: priorsOf['all differ'], bonus: bonusOf(0.4, 5) };
    const search: Search = { queries: 29, candidates, factors: 50, n: 20, formula, ...filter };
    return { search, measured: { ...search, measured: true }, told: JSON.stringify(search) };
  });
});

const negative: Values = (rows, factors, stride, seed) =>
  filled(() => (seed === 7 ? 1 : -1))(rows, factors, stride, seed);
const onlyPriors = (
  [
    [0, padded],
    [2, negative],
    [2, filled(() => 0)],
  ] as const
).flatMap(([root, values]) =>
  [() => 0, (row: number) => (row % 7 === 3 ? 0 : -1e-30), (row: number) => -(row % 5)].map((prior) => {
    const best = Array.from({ length: 1000 }, (_, row) => row);
    best.sort((a, b) => prior(b) - prior(a) || a - b);
    const searches = [1, 13].flatMap((queries) =>
      [false, true].map((reversed): Search => {
        return { queries, candidates: 1000, factors: 6, n: 12, values, formula: { root, prior }, reversed };
      }),
    );
    return { searches, prior, best: best.slice(0, 12) };
  }),
);

const wildOnes = Array.from({ length: 150 }, (_, i) => {
  const seed = i + 1;
  const random = numbers(seed);
  const upTo = (max: number) => 1 + Math.floor(random() * max);
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  const search: Search = { queries: upTo(20), candidates: upTo(900), factors: upTo(70), n: upTo(30) };
  search.reversed = random() < 0.5;
  if (random() < 0.5) search.excluded = (query, row) => (row * 7 + query) % 13 < 5;
  if (random() < 0.3) search.mask = (row) => row % 5 !== 1;
  const [scale, step, size] = [pick([0, 1e-6, 1e-3, 1, 10]), pick([0, 0, 1e-7, 0.5]), pick([0, 1e-3, 0.1, 3])];
  search.formula = {
    root: pick([0, 1e-20, 1e-3, 0.5, 2, 1000]),
    // Steps give ties and near-ties.
    prior: (row) => (step ? scale + step * Math.floor(4 * hashed(row, seed)) : scale * (hashed(row, seed) - 0.7)),
    bonus: size ? bonusOf(pick([0.02, 0.3, 1]), size) : undefined,
  };
  search.values = random() < 0.3 ? padded : wild(seed + 1000);
  search.measured = seed % 2 === 0;
  return search;
});

// With one factor, only the bar decides. A large prior rounds all scores to the same number, and the lowest rows, which
// come last, are farthest from it.
const rounded = [0.5, 2].flatMap((root) =>
  [1, 13].map((queries): Search => {
    const values: Values = (rows, factors, stride, seed) =>
      filled((row) => (seed === 7 ? 1 : ((2 ** -14 * (0.55 + (0.9 * row) / 1600)) / root) ** 2))(
        ...([rows, factors, stride, seed] as const),
      );
    return {
      ...{ queries, candidates: 1600, factors: 1, n: 5, reversed: true, values },
      formula: { root, prior: () => 1000 },
    };
  }),
);

// Scores differ only by their rounding; the shares of taste and prior vary.
const nearlyRounded: { search: Search; told: string }[] = [];
for (const root of [0.1, 1, 2, 7])
  for (const total of [0.3, 1, 5, 60])
    for (const reversed of [false, true]) {
      const share = (row: number) => 0.05 + 0.9 * hashed(row, 3);
      const values: Values = (rows, factors, stride, seed) =>
        filled((row) => (seed === 7 ? 1 : ((total * share(row)) / root) ** 2))(rows, factors, stride, seed);
      const prior = (row: number) => total * (1 - share(row));
      for (const queries of [1, 13])
        for (const n of [1, 5])
          for (const bonus of [undefined, () => total])
            nearlyRounded.push({
              search: {
                ...{ queries, candidates: 1600, factors: 1, n, reversed, values },
                formula: { root, prior, bonus },
                measured: bonus !== undefined,
              },
              told: `root ${root}, total ${total}`,
            });
    }

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: lists by taste and prior agree with a plain sort at awkward sizes`,
    () => {
      const kernel = openBackend(backend);
      for (const { search, measured, told } of atAwkwardSizes) {
        check(search, askEachWay(kernel, search, told, ['one by one', 'listed']), told);
        if (search.formula!.bonus) askEachWay(kernel, measured, told, ['one by one', 'listed']);
      }
    },
  );

  testUnless(
    test,
    backend.absent,
    `${backend.name}: a bonus makes no candidate eligible, and scores are the same bits in every way of asking`,
    () => {
      const kernel = openBackend(backend);
      for (const { search, measured, told } of filtered) {
        check(search, askEachWay(kernel, search, 'filtered', ['one by one', 'listed']), told);
        askEachWay(kernel, measured, 'filtered and measured', ['one by one', 'listed']);
      }
    },
  );

  testUnless(test, backend.absent, `${backend.name}: if every score is a prior, ties go to the lower row`, () => {
    const kernel = openBackend(backend);
    for (const { searches, prior, best } of onlyPriors)
      for (const search of searches) {
        const { rows, scores } = ask(kernel, search, 'in one call');
        assert.equal([...rows.subarray(0, 12)], best, `${search.formula!.root} ${prior} ${search.reversed}`);
        assert.ok(scores.every((score, i) => score === Math.fround(prior(rows[i]))));
      }
  });

  testUnless(
    test,
    backend.absent,
    `${backend.name}: the bound loses no candidate, whatever priors and bonuses are`,
    () => {
      const kernel = openBackend(backend);
      for (const [i, search] of wildOnes.entries()) askEachWay(kernel, search, `seed ${i + 1}`);
    },
  );

  testUnless(test, backend.absent, `${backend.name}: the best is found if only a rounding makes it the best`, () => {
    const kernel = openBackend(backend);
    for (const search of rounded)
      assert.equal([...ask(kernel, search, 'in one call').rows.subarray(0, 5)], [0, 1, 2, 3, 4]);
    for (const { search, told } of nearlyRounded) askEachWay(kernel, search, told);
  });
}

test.run();
