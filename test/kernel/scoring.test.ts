import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { copyIn } from '../../src/kernel/memory.ts';
import { noRow, packedLength, scratchLength, strideOf } from '../../src/kernel/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, matrix, numbers, openBackend, scratchOf } from './backends.ts';

const test = suite('scoring kernels');
test.after.each(checkGuards);

interface Search {
  queries: number;
  candidates: number;
  factors: number;
  n: number;
  mask?: (row: number) => boolean;
  excluded?: (query: number, row: number) => boolean;
  values?: (kernel: Kernel, rows: number, factors: number, stride: number, seed: number) => Float32Array;
}

/** Asks the kernel for lists, by topN or topNListed, in one call or one query at a time. */
function ask(kernel: Kernel, search: Search, how: 'together' | 'one by one' | 'listed') {
  const { queries, candidates, factors, n, mask, excluded, values = matrix } = search;
  const stride = strideOf(factors);
  const { memory, operations } = kernel;
  const q = values(kernel, queries, factors, stride, 7);
  const c = values(kernel, candidates, factors, stride, 8);
  const packed = memory.allocate(Float32Array, packedLength(candidates, factors));
  operations.pack(c, candidates, stride, factors, packed, 0, Math.ceil(candidates / 16));
  const rows = memory.allocate(Uint32Array, queries * n);
  const scores = memory.allocate(Float32Array, queries * n);
  const length = Math.max(scratchLength.topN(queries, factors), scratchLength.topNListed(factors));
  const scratch = scratchOf(kernel, length);
  const all = Array.from({ length: candidates }, (_, row) => row);
  const eligible = (query: number, row: number) => (mask?.(row) ?? true) && !excluded?.(query, row);
  if (how === 'listed') {
    const lists = Array.from({ length: queries }, (_, query) => all.filter((row) => eligible(query, row)));
    const offsets = copyIn(memory, Uint32Array, ends(lists));
    const listRows = copyIn(memory, Uint32Array, lists.flat());
    operations.topNListed(q, stride, c, stride, factors, offsets, listRows, n, rows, scores, scratch, 0, queries);
  } else {
    const bits = new Uint32Array(Math.ceil(candidates / 32));
    for (const row of all) if (mask?.(row)) bits[row >>> 5] |= 1 << (row & 31);
    const lists = Array.from({ length: queries }, (_, query) => all.filter((row) => excluded?.(query, row)));
    const kernelMask = mask ? copyIn(memory, Uint32Array, bits) : 0;
    const offsets = excluded ? copyIn(memory, Uint32Array, ends(lists)) : 0;
    const listRows = excluded ? copyIn(memory, Uint32Array, lists.flat()) : 0;
    const step = how === 'together' ? Math.max(1, queries) : 1;
    for (let from = 0; from < queries; from += step) {
      operations.topN(
        q,
        stride,
        packed,
        candidates,
        factors,
        kernelMask,
        offsets,
        listRows,
        n,
        rows,
        scores,
        scratch,
        from,
        from + step,
      );
    }
  }
  return { q, c, stride, rows: rows.slice(), scores: scores.slice(), eligible };
}

/** Offsets of lists that follow one another. */
function ends(lists: number[][]): number[] {
  const offsets = [0];
  for (const list of lists) offsets.push(offsets[offsets.length - 1] + list.length);
  return offsets;
}

/** Scores in f64 and ranks by a full sort. */
function check(search: Search, { q, c, stride, rows, scores, eligible }: ReturnType<typeof ask>, name: string): void {
  const { queries, candidates, factors, n } = search;
  for (let query = 0; query < queries; query++) {
    const exact = Array.from({ length: candidates }, (_, row) => {
      let score = 0;
      for (let k = 0; k < factors; k++) score += q[query * stride + k] * c[row * stride + k];
      return score;
    });
    const ranked = exact.map((_, row) => row).filter((row) => eligible(query, row));
    ranked.sort((a, b) => exact[b] - exact[a] || a - b);
    const length = Math.min(n, ranked.length);
    const list = rows.subarray(query * n, (query + 1) * n);
    const listScores = scores.subarray(query * n, (query + 1) * n);
    const tolerance = 1e-6 * factors;
    assert.is(new Set(list.subarray(0, length)).size, length, `${name}: query ${query} has a product twice`);
    for (let i = 0; i < n; i++) {
      if (i >= length) {
        assert.is(list[i], noRow, `${name}: query ${query} place ${i} is past the end`);
        assert.is(listScores[i], 0);
        continue;
      }
      assert.ok(eligible(query, list[i]), `${name}: query ${query} got row ${list[i]}, which is filtered`);
      assert.ok(Math.abs(listScores[i] - exact[list[i]]) <= tolerance, `${name}: query ${query} score ${i}`);
      assert.ok(Math.abs(exact[list[i]] - exact[ranked[i]]) <= tolerance, `${name}: query ${query} place ${i}`);
      const inOrder =
        i === 0 || listScores[i - 1] > listScores[i] || (listScores[i - 1] === listScores[i] && list[i - 1] < list[i]);
      assert.ok(inOrder, `${name}: query ${query} is out of order at ${i}`);
    }
  }
}

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
      const together = ask(kernel, search, 'together');
      for (const how of ['one by one', 'listed'] as const) {
        const other = ask(kernel, search, how);
        assert.equal(other.rows, together.rows, how);
        assert.equal(other.scores, together.scores, how);
      }
    },
  );

  testUnless(test, backend.absent, `${backend.name}: equal scores go to the lower row`, () => {
    const kernel = openBackend(backend);
    const constant: Search['values'] = (k, rows, factors, stride) => {
      const values = k.memory.allocate(Float32Array, rows * stride);
      for (let row = 0; row < rows; row++) values.fill(row % 2, row * stride, row * stride + factors);
      return values;
    };
    const { rows } = ask(kernel, { queries: 14, candidates: 100, factors: 4, n: 60, values: constant }, 'together');
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
          const together = ask(kernel, whole, 'together');
          const alone = ask(kernel, whole, 'one by one');
          assert.equal(together.rows, alone.rows);
          assert.equal(together.scores, alone.scores);
          if (!search.values) check(whole, together, JSON.stringify(whole));
        }
      const same = { queries: 14, candidates: 1500, factors: 6, n: 10, values: constantRows };
      assert.equal([...ask(kernel, same, 'together').rows.subarray(0, 10)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    },
  );
}

/** All rows are alike. */
function constantRows(kernel: Kernel, rows: number, factors: number, stride: number): Float32Array {
  const values = kernel.memory.allocate(Float32Array, rows * stride);
  for (let row = 0; row < rows; row++) values.fill(0.7, row * stride, row * stride + factors);
  return values;
}

test('instruction sets that round alike give the same bits: with fused multiply-adds, and without', () => {
  const search = { queries: 30, candidates: 500, factors: 40, n: 20 };
  for (const alike of [
    ['native avx512', 'native avx2'],
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
