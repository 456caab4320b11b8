import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyIn } from '../../src/kernel/memory.ts';
import { packedLength, scratchLength } from '../../src/kernel/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, matrix, numbers, openBackend, scratchOf } from './backends.ts';
import { ask, askAlike, check, filled, remembered, type Search, wild } from './lists.ts';

const test = suite('scoring kernels');
test.after.each(checkGuards);

const sizes = [0, 1, 15, 16, 17, 31, 33, 64, 100, 513];
for (const backend of backends) {
  testUnless(test, backend.absent, `${backend.name}: topN agrees with a plain sort at awkward sizes`, () => {
    const kernel = openBackend(backend);
    for (const candidates of sizes)
      for (const queries of [0, 1, 2, 3, 5, 11, 12, 13, 25])
        for (const [factors, n] of [
          [1, 1],
          [3, 5],
          [16, 10],
          [17, 40],
        ]) {
          const search = { queries, candidates, factors, n };
          check(search, ask(kernel, search, 'together'), JSON.stringify(search));
        }
  });

  testUnless(
    test,
    backend.absent,
    `${backend.name}: masks and exclusion lists are kept to, also when they leave too few`,
    () => {
      const kernel = openBackend(backend);
      for (const candidates of [1, 17, 100, 513]) {
        const next = numbers(candidates);
        const masked = Array.from({ length: candidates }, () => next() < 0.5);
        const dropped = Array.from({ length: 13 * candidates }, () => next() < 0.3);
        const filters: Partial<Search>[] = [
          { mask: (row) => masked[row] },
          { excluded: (query, row) => dropped[query * candidates + row] },
          { mask: (row) => masked[row], excluded: (query, row) => dropped[query * candidates + row] },
          { excluded: () => true },
          { excluded: (_, row) => row !== candidates - 1 },
        ];
        for (const filter of filters) {
          const search = { queries: 13, candidates, factors: 19, n: 10, ...filter };
          for (const how of ['together', 'one by one', 'listed'] as const) check(search, ask(kernel, search, how), how);
        }
      }
    },
  );

  testUnless(
    test,
    backend.absent,
    `${backend.name}: a score does not depend on how it was asked for, to the last bit`,
    () => {
      const kernel = openBackend(backend);
      const search = {
        queries: 29,
        candidates: 700,
        factors: 50,
        n: 20,
        excluded: (q: number, row: number) => (q + row) % 7 === 0,
      };
      askAlike(kernel, search, 'a score', ['one by one', 'listed']);
    },
  );

  testUnless(test, backend.absent, `${backend.name}: equal scores go to the lower row`, () => {
    const kernel = openBackend(backend);
    const { rows } = ask(
      kernel,
      { queries: 14, candidates: 100, factors: 4, n: 60, values: filled((row) => row % 2) },
      'together',
    );
    const odd = Array.from({ length: 50 }, (_, i) => 2 * i + 1);
    // An even query is zero: all scores are equal. An odd one prefers the odd rows.
    assert.equal(
      [...rows.subarray(0, 60)],
      Array.from({ length: 60 }, (_, i) => i),
    );
    assert.equal([...rows.subarray(60, 120)], [...odd, ...Array.from({ length: 10 }, (_, i) => 2 * i)]);
  });
}

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: large catalogs, with the best excluded, equal, or all below zero`,
    () => {
      const kernel = openBackend(backend);
      const best =
        (many: number): Search['excluded'] =>
        (query, row) =>
          (row * 7 + query) % 500 < many;
      const scaled =
        (f: (row: number) => number): Search['values'] =>
        (k, rows, factors, stride, seed) => {
          const values = matrix(k, rows, factors, stride, seed);
          // Queries (seed 7) are positive, so that the sign of a candidate's factors is that of its score.
          for (let row = 0; row < rows; row++)
            for (let i = row * stride; i < row * stride + factors; i++)
              values[i] = Math.abs(values[i]) * (seed === 7 ? 1 : f(row));
          return values;
        };
      const searches: Partial<Search>[] = [
        {},
        { n: 1 },
        { n: 32 },
        { n: 33 },
        { excluded: best(3) },
        { excluded: best(100) },
        { excluded: (_, row) => row < 600 },
        { excluded: (_, row) => row >= 20 },
        { values: scaled((row) => (row < 512 ? 100 : 1)), excluded: (_, row) => row < 500 },
        { values: scaled(() => -1) },
        { values: scaled((row) => (row % 3 === 0 ? 0 : 1e-20)) },
        { values: scaled((row) => (row === 1500 ? 1e10 : 1e-10)) },
      ];
      for (const candidates of [1023, 1024, 1500, 2049])
        for (const search of searches) {
          const whole = { queries: 14, candidates, factors: 6, n: 10, ...search };
          const together = askAlike(kernel, whole, 'large', ['one by one']);
          if (!search.values) check(whole, together, JSON.stringify(whole));
        }
      const same = { queries: 14, candidates: 1500, factors: 6, n: 10, values: filled(() => 0.7) };
      assert.equal([...ask(kernel, same, 'together').rows.subarray(0, 10)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    },
  );
}

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: leaving candidates out by their bytes loses none, whatever they are`,
    () => {
      const kernel = openBackend(backend);
      for (let seed = 1; seed <= 150; seed++) {
        const random = numbers(seed);
        const upTo = (most: number) => 1 + Math.floor(random() * most);
        const search: Search = { queries: upTo(20), candidates: upTo(900), factors: upTo(70), n: upTo(30) };
        search.reversed = random() < 0.5;
        if (random() < 0.5) search.excluded = (query, row) => (row * 7 + query) % 13 < 5;
        search.values = remembered(wild(numbers(seed + 1000)));
        askAlike(kernel, search, `seed ${seed}`);
      }
    },
  );

  testUnless(test, backend.absent, `${backend.name}: what rounding takes may make up the whole of a best score`, () => {
    const kernel = openBackend(backend);
    const best = 777;
    for (const factors of [5, 17, 64, 130])
      for (const reversed of [false, true])
        for (const queries of [1, 13]) {
          const search = { queries, candidates: 1000, factors, n: 1, reversed };
          // As bytes, a row with one large value and many that are rounded down has nothing but the large one.
          const second = (0.8 * 0.49 * (factors - 1)) / 127;
          const cases = [
            {
              query: (_: number, k: number) => (k === 0 ? 127 : 0.49),
              candidate: (row: number, k: number) => (row === best ? Number(k > 0) : k === 0 ? second : 0),
            },
            {
              query: (_: number, k: number) => (k === 0 ? 0.1 : 1),
              candidate: (row: number, k: number) => (k === 0 ? 63 : row === best ? 0.49 : 0),
            },
          ];
          for (const { query, candidate } of cases) {
            const values: Search['values'] = (kernel, rows, factors, stride, seed) =>
              filled(seed === 7 ? query : candidate)(kernel, rows, factors, stride, seed);
            const { rows } = ask(kernel, { ...search, values }, 'together');
            assert.equal([...rows], new Array(queries).fill(best), JSON.stringify(search));
          }
        }
  });

  testUnless(test, backend.absent, `${backend.name}: factors that are not finite are reported`, () => {
    const kernel = openBackend(backend);
    const { memory, operations } = kernel;
    const [q, c] = [matrix(kernel, 5, 20, 32, 1), matrix(kernel, 40, 20, 32, 2)];
    const order = copyIn(
      memory,
      Uint32Array,
      Array.from({ length: 40 }, (_, row) => row),
    );
    const packed = memory.allocate(Float32Array, packedLength(40, 20));
    const [rows, scores] = [memory.allocate(Uint32Array, 15), memory.allocate(Float32Array, 15)];
    const scratch = scratchOf(kernel, scratchLength.topN(5, 20));
    const offsets = copyIn(memory, Uint32Array, [0, 2, 2, 2, 4, 4]);
    const listed = copyIn(memory, Uint32Array, [1, 2, 3, 4]);
    const priors = memory.allocate(Float32Array, 40);
    const bonuses = copyIn(memory, Float32Array, [0, 1, 2, 3]);
    const both = {
      queries: q,
      stride: 32,
      candidates: c,
      priors,
      root: 2,
      n: 3,
      rows,
      scores,
      scratch,
      begin: 0,
      end: 5,
    };
    const all = { packed, order, count: 40, factors: 20 };
    const topN = () => operations.topN({ ...both, ...all, bonusOffsets: offsets, bonusRows: listed, bonuses });
    const topNListed = () =>
      operations.topNListed({ ...both, listOffsets: offsets, listRows: listed, listBonuses: bonuses });
    const pack = () => operations.pack({ candidates: c, stride: 32, ...all, priors, begin: 0, end: 3 });
    assert.is(pack(), 0);
    assert.equal([topN(), topNListed()], [0, 0]);
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      q[3 * 32 + 19] = odd;
      assert.equal([topN(), topNListed()], [1, 1], `a query holds ${odd}`);
      q[3 * 32 + 19] = 0;
      c[39 * 32 + 19] = odd;
      assert.is(pack(), 1, `a candidate holds ${odd}`);
      c[39 * 32 + 19] = 0;
      priors[39] = odd;
      assert.is(pack(), 1, `a prior is ${odd}`);
      priors[39] = 0;
      bonuses[3] = odd;
      assert.equal([topN(), topNListed()], [1, 1], `a bonus is ${odd}`);
      bonuses[3] = 3;
    }
  });
}

test('instruction sets that round alike give the same bits: with fused multiply-adds, and without', () => {
  const search = { queries: 30, candidates: 500, factors: 40, n: 20 };
  for (const alike of [
    ['native avx512vnni', 'native avx512', 'native avx2'],
    ['native sse2', 'native scalar', 'wasm simd', 'wasm scalar'],
  ]) {
    const answers = backends
      .filter(({ name, absent }) => alike.includes(name) && !absent)
      .map((backend) => ({ name: backend.name, ...ask(openBackend(backend), search, 'together') }));
    for (const { name, rows, scores } of answers.slice(1)) {
      assert.equal(rows, answers[0].rows, name);
      assert.equal(scores, answers[0].scores, name);
    }
  }
});

test.run();
