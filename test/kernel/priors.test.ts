import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, matrix, numbers, openBackend } from './backends.ts';
import { ask, askEachWay, check, filled, remembered, type Search, wild } from './lists.ts';

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

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: lists by taste and prior agree with a plain sort at awkward sizes`,
    () => {
      const kernel = openBackend(backend);
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
              const search = { queries, candidates, factors: 19, n: 10, formula };
              const told = `priors that ${name}, ${JSON.stringify(search)}`;
              check(search, askEachWay(kernel, search, told, ['one by one', 'listed']), told);
              if (share > 0) askEachWay(kernel, { ...search, measured: true }, told, ['one by one', 'listed']);
            }
    },
  );

  testUnless(
    test,
    backend.absent,
    `${backend.name}: a bonus makes no candidate eligible, and scores are the same bits in every way of asking`,
    () => {
      const kernel = openBackend(backend);
      const formula = { root: 2, prior: priorsOf['all differ'], bonus: bonusOf(0.4, 5) };
      for (const candidates of [40, 700]) {
        const filters: Partial<Search>[] = [
          { mask: (row) => row % 3 !== 0 },
          { excluded: (query, row) => hashed(row, query + 9) < 0.4 },
          { mask: (row) => row % 3 !== 0, excluded: (query, row) => hashed(row, query + 9) < 0.4 },
          { excluded: (_, row) => row !== 20 },
        ];
        for (const filter of filters) {
          const search = { queries: 29, candidates, factors: 50, n: 20, formula, ...filter };
          check(search, askEachWay(kernel, search, 'filtered', ['one by one', 'listed']), JSON.stringify(search));
          askEachWay(kernel, { ...search, measured: true }, 'filtered and measured', ['one by one', 'listed']);
        }
      }
    },
  );

  testUnless(test, backend.absent, `${backend.name}: if every score is a prior, ties go to the lower row`, () => {
    const kernel = openBackend(backend);
    const negative: Search['values'] = (k, rows, factors, stride, seed) =>
      filled(() => (seed === 7 ? 1 : -1))(k, rows, factors, stride, seed);
    const zero = filled(() => 0);
    for (const [root, values] of [
      [0, matrix],
      [2, negative],
      [2, zero],
    ] as const)
      for (const prior of [() => 0, (row: number) => (row % 7 === 3 ? 0 : -1e-30), (row: number) => -(row % 5)])
        for (const queries of [1, 13]) {
          const search = { queries, candidates: 1000, factors: 6, n: 12, values, formula: { root, prior } };
          for (const reversed of [false, true]) {
            const { rows, scores } = ask(kernel, { ...search, reversed }, 'in one call');
            const best = Array.from({ length: 1000 }, (_, row) => row);
            best.sort((a, b) => prior(b) - prior(a) || a - b);
            assert.equal([...rows.subarray(0, 12)], best.slice(0, 12), `${root} ${prior} ${reversed}`);
            assert.ok(scores.every((score, i) => score === Math.fround(prior(rows[i]))));
          }
        }
  });

  testUnless(
    test,
    backend.absent,
    `${backend.name}: the bound loses no candidate, whatever priors and bonuses are`,
    () => {
      const kernel = openBackend(backend);
      for (let seed = 1; seed <= 150; seed++) {
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
        search.values = remembered(random() < 0.3 ? matrix : wild(numbers(seed + 1000)));
        search.measured = seed % 2 === 0;
        askEachWay(kernel, search, `seed ${seed}`);
      }
    },
  );

  testUnless(test, backend.absent, `${backend.name}: the best is found if only a rounding makes it the best`, () => {
    const kernel = openBackend(backend);
    // With one factor, only the bar decides. A large prior rounds all scores to the same number, and the lowest rows, which
    // come last, are farthest from it.
    for (const root of [0.5, 2])
      for (const queries of [1, 13]) {
        const values: Search['values'] = (k, rows, factors, stride, seed) =>
          filled((row) => (seed === 7 ? 1 : ((2 ** -14 * (0.55 + (0.9 * row) / 1600)) / root) ** 2))(
            ...([k, rows, factors, stride, seed] as const),
          );
        const formula = { root, prior: () => 1000 };
        const { rows } = ask(
          kernel,
          { queries, candidates: 1600, factors: 1, n: 5, reversed: true, values, formula },
          'in one call',
        );
        assert.equal([...rows.subarray(0, 5)], [0, 1, 2, 3, 4]);
      }
    // Scores differ only by their rounding; the shares of taste and prior vary.
    for (const root of [0.1, 1, 2, 7])
      for (const total of [0.3, 1, 5, 60])
        for (const reversed of [false, true]) {
          const share = (row: number) => 0.05 + 0.9 * hashed(row, 3);
          const values: Search['values'] = (k, rows, factors, stride, seed) =>
            filled((row) => (seed === 7 ? 1 : ((total * share(row)) / root) ** 2))(k, rows, factors, stride, seed);
          const formula = { root, prior: (row: number) => total * (1 - share(row)) };
          for (const queries of [1, 13])
            for (const n of [1, 5]) {
              for (const bonus of [undefined, () => total])
                askEachWay(
                  kernel,
                  {
                    ...{ queries, candidates: 1600, factors: 1, n, reversed, values },
                    formula: { ...formula, bonus },
                    measured: bonus !== undefined,
                  },
                  `root ${root}, total ${total}`,
                );
            }
        }
  });
}

test.run();
