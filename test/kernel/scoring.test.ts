import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyIn } from '../../src/kernel/memory.ts';
import { packedLength, scratchLength } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, matrix, numbers, openBackend, padded, scratchOf } from './backends.ts';
import { ask, askEachWay, check } from './lists.ts';
import { filled, type Search, type Values, wild } from './search.ts';

const test = suite('scoring kernels');
test.after.each(checkGuards);

const sizes = [0, 1, 15, 16, 17, 31, 33, 64, 100, 513];
const atAwkwardSizes = sizes.flatMap((candidates) =>
  [0, 1, 2, 3, 5, 11, 12, 13, 25].flatMap((queries) =>
    [
      [1, 1],
      [3, 5],
      [16, 10],
      [17, 40],
    ].map(([factors, n]): Search => ({ queries, candidates, factors, n })),
  ),
);

const filtered = [1, 17, 100, 513].flatMap((candidates) => {
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
  return filters.map((filter): Search => ({ queries: 13, candidates, factors: 19, n: 10, ...filter }));
});

const best =
  (excluded: number): Search['excluded'] =>
  (query, row) =>
    (row * 7 + query) % 500 < excluded;
const scaled =
  (f: (row: number) => number): Values =>
  (rows, factors, stride, seed) => {
    const values = padded(rows, factors, stride, seed);
    // Queries (seed 7) are positive, so a candidate's factors and its score have the same sign.
    for (let row = 0; row < rows; row++)
      for (let i = row * stride; i < row * stride + factors; i++)
        values[i] = Math.abs(values[i]) * (seed === 7 ? 1 : f(row));
    return values;
  };
const kinds: Partial<Search>[] = [
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
const large = [1023, 1024, 1500, 2049].flatMap((candidates) =>
  kinds.map((kind): Search => ({ queries: 14, candidates, factors: 6, n: 10, ...kind })),
);

const wildOnes = Array.from({ length: 150 }, (_, i) => {
  const random = numbers(i + 1);
  const upTo = (max: number) => 1 + Math.floor(random() * max);
  const search: Search = { queries: upTo(20), candidates: upTo(900), factors: upTo(70), n: upTo(30) };
  search.reversed = random() < 0.5;
  if (random() < 0.5) search.excluded = (query, row) => (row * 7 + query) % 13 < 5;
  search.values = wild(i + 1001);
  return search;
});

for (const backend of backends) {
  testUnless(test, backend.absent, `${backend.name}: topN agrees with a plain sort at awkward sizes`, () => {
    const kernel = openBackend(backend);
    for (const search of atAwkwardSizes) check(search, ask(kernel, search, 'in one call'), JSON.stringify(search));
  });

  testUnless(
    test,
    backend.absent,
    `${backend.name}: masks and exclusion lists hold, even if they leave too few candidates`,
    () => {
      const kernel = openBackend(backend);
      for (const search of filtered)
        for (const how of ['in one call', 'one by one', 'listed'] as const)
          check(search, ask(kernel, search, how), how);
    },
  );

  testUnless(
    test,
    backend.absent,
    `${backend.name}: a score is the same to the last bit in every way of asking for it`,
    () => {
      const kernel = openBackend(backend);
      const search = {
        queries: 29,
        candidates: 700,
        factors: 50,
        n: 20,
        excluded: (q: number, row: number) => (q + row) % 7 === 0,
      };
      askEachWay(kernel, search, 'a score', ['one by one', 'listed']);
    },
  );

  testUnless(test, backend.absent, `${backend.name}: equal scores go to the lower row`, () => {
    const kernel = openBackend(backend);
    const { rows } = ask(
      kernel,
      { queries: 14, candidates: 100, factors: 4, n: 60, values: filled((row) => row % 2) },
      'in one call',
    );
    const odd = Array.from({ length: 50 }, (_, i) => 2 * i + 1);
    // Even queries are zero, so that all scores are equal. Odd queries prefer odd rows.
    assert.equal(
      [...rows.subarray(0, 60)],
      Array.from({ length: 60 }, (_, i) => i),
    );
    assert.equal([...rows.subarray(60, 120)], [...odd, ...Array.from({ length: 10 }, (_, i) => 2 * i)]);
  });

  testUnless(
    test,
    backend.absent,
    `${backend.name}: large catalogues, with the best excluded, equal, or all below zero`,
    () => {
      const kernel = openBackend(backend);
      for (const search of large) {
        const asked = askEachWay(kernel, search, 'large', ['one by one']);
        if (!search.values) check(search, asked, JSON.stringify(search));
      }
      const same = { queries: 14, candidates: 1500, factors: 6, n: 10, values: filled(() => 0.7) };
      assert.equal([...ask(kernel, same, 'in one call').rows.subarray(0, 10)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    },
  );

  testUnless(
    test,
    backend.absent,
    `${backend.name}: ruling candidates out by their bytes loses none, whatever their factors are`,
    () => {
      const kernel = openBackend(backend);
      for (const [i, search] of wildOnes.entries()) askEachWay(kernel, search, `seed ${i + 1}`);
    },
  );

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
    const scratch = scratchOf(kernel, scratchLength.topN(5, 20, 3, 0));
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
      groupLimit: 0,
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

test('instruction sets that round in the same way give the same bits, with fused multiply-adds and without', () => {
  const search = { queries: 30, candidates: 500, factors: 40, n: 20 };
  for (const alike of [
    ['native avx512vnni', 'native avx512', 'native avx2'],
    ['native sse2', 'native scalar', 'wasm simd', 'wasm scalar'],
  ]) {
    const answers = backends
      .filter(({ name, absent }) => alike.includes(name) && !absent)
      .map((backend) => ({ name: backend.name, ...ask(openBackend(backend), search, 'in one call') }));
    for (const { name, rows, scores } of answers.slice(1)) {
      assert.equal(rows, answers[0].rows, name);
      assert.equal(scores, answers[0].scores, name);
    }
  }
});

test.run();
