import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { copyIn } from '../../src/kernel/memory.ts';
import { noGroup, noRow, scratchLength, strideOf } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, matrix, numbers, openBackend, scratchOf } from './backends.ts';

const test = suite('diversify');
test.after.each(checkGuards);

interface Wish {
  pool: number;
  /** Entries of each query's pool; the rest of it is empty. */
  lengths: number[];
  factors: number;
  n: number;
  diversity: number;
  groups?: (row: number) => number;
  groupLimit: number;
  /** Magnitude of the factors. */
  size: number;
}

/** Runs the operation in calls of `steps` steps on `queries` queries each, over pools of random rows. */
function run(kernel: OpenKernel, wish: Wish, steps: number, queriesInCall: number) {
  const { pool, lengths, factors, n, groups, groupLimit, size } = wish;
  const diversity = Math.fround(wish.diversity);
  const { memory, operations } = kernel;
  const stride = strideOf(factors);
  const count = 3 * pool;
  const candidates = matrix(kernel, count, factors, stride, 3).map((value) => value * size);
  candidates.fill(0, stride, 2 * stride);
  // Some products are alike.
  for (let row = 5; row < count; row += 4) candidates.copyWithin(row * stride, (row - 1) * stride, row * stride);
  const random = numbers(pool + n);
  const rows = lengths.map((length) => {
    const all = Array.from({ length: count }, (_, row) => row).sort(() => random() - 0.5);
    return [...all.slice(0, length), ...new Array(pool - length).fill(noRow)];
  });
  const scores = lengths.map((length) => {
    const ranked = Array.from({ length }, () => Math.floor(40 * random()) / 8 - 2).sort((a, b) => b - a);
    return [...ranked.map(Math.fround), ...new Array(pool - length).fill(0)];
  });
  const queries = lengths.length;
  const shared = {
    candidates: copyIn(memory, Float32Array, candidates),
    stride,
    poolRows: copyIn(memory, Uint32Array, rows.flat()),
    poolScores: copyIn(memory, Float32Array, scores.flat()),
    pool,
    diversity,
    groups:
      groups &&
      copyIn(
        memory,
        Uint32Array,
        Array.from({ length: count }, (_, row) => groups(row)),
      ),
    groupLimit,
    n,
    closeness: memory.allocate(Float32Array, queries * pool).fill(9),
    rows: memory.allocate(Uint32Array, queries * n).fill(9),
    scores: memory.allocate(Float32Array, queries * n).fill(9),
  };
  const scratch = scratchOf(kernel, scratchLength.diversify(pool, stride));
  for (let firstStep = 0; firstStep < n; firstStep += steps)
    for (let begin = 0; begin < queries; begin += queriesInCall) {
      const end = Math.min(queries, begin + queriesInCall);
      assert.is(operations.diversify({ ...shared, firstStep, steps, scratch, begin, end }), 0);
    }
  return { candidates, stride, diversity, pools: rows, poolScores: scores, rows: shared.rows, scores: shared.scores };
}

/** The definition in 64 bits. Asserts that each choice is as good as the best one at its step. */
function checkChoices({ n, groups, groupLimit }: Wish, ran: ReturnType<typeof run>, query: number, told: string): void {
  const { candidates, stride, diversity } = ran;
  const pool = ran.pools[query].filter((row) => row !== noRow);
  const scores = ran.poolScores[query];
  const units = pool.map((row) => {
    const factors = [...candidates.subarray(row * stride, (row + 1) * stride)];
    const length = Math.hypot(...factors);
    return factors.map((factor) => (length > 0 ? factor / length : 0));
  });
  const [best, worst] = [scores[0], scores[pool.length - 1]];
  const closest: number[] = new Array(pool.length).fill(0);
  const eligible = pool.map(() => true);
  const counts = new Map<number, number>();
  for (let step = 0; step < n; step++) {
    const values = pool.map((_, i) => {
      const relevance = best > worst ? 1 - (best - scores[i]) / (best - worst) : 1;
      return eligible[i] ? (1 - diversity) * relevance - diversity * closest[i] : -Infinity;
    });
    const highest = Math.max(-Infinity, ...values);
    const row = ran.rows[query * n + step];
    const score = ran.scores[query * n + step];
    if (highest === -Infinity) {
      assert.equal([row, score], [noRow, 0], told);
      continue;
    }
    const place = pool.indexOf(row);
    // Cosines are rounded; of those that are as good within that, any may be next.
    assert.ok(values[place] >= highest - 1e-5, `${told}: step ${step} chose ${values[place]}, not ${highest}`);
    assert.is(score, scores[place], told);
    eligible[place] = false;
    const group = groups?.(row) ?? noGroup;
    counts.set(group, 1 + (counts.get(group) ?? 0));
    for (const i of pool.keys()) {
      if (groupLimit > 0 && group !== noGroup && groups?.(pool[i]) === group && counts.get(group) === groupLimit)
        eligible[i] = false;
      const cosine = units[place].reduce((sum, value, k) => sum + value * units[i][k], 0);
      closest[i] = step === 0 ? cosine : Math.max(closest[i], cosine);
    }
  }
}

const wishes: Wish[] = [];
for (const diversity of [0.1, 0.5, 1])
  for (const [pool, n, factors] of [
    [1, 1, 1],
    [5, 9, 3],
    [30, 30, 17],
    [64, 12, 50],
  ])
    for (const groupLimit of [0, 1, 4]) {
      const lengths = [pool, 0, Math.ceil(pool / 2), pool];
      const groups = (row: number) => (row % 6 === 1 ? noGroup : row % 5);
      wishes.push({ pool, lengths, factors, n, diversity, groups, groupLimit, size: 1 });
    }
wishes.push({ pool: 30, lengths: [30], factors: 20, n: 20, diversity: 0.4, groupLimit: 2, size: 1e14 });
wishes.push({ pool: 30, lengths: [30], factors: 20, n: 20, diversity: 0.4, groupLimit: 0, size: 1e-30 });

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: it chooses by the definition of maximal marginal relevance`,
    () => {
      const kernel = openBackend(backend);
      for (const wish of wishes) {
        const ran = run(kernel, wish, wish.n, wish.lengths.length);
        for (const query of wish.lengths.keys())
          checkChoices(wish, ran, query, `query ${query} of ${JSON.stringify(wish)}`);
      }
    },
  );

  testUnless(test, backend.absent, `${backend.name}: the lists are the same however steps and queries are cut`, () => {
    const kernel = openBackend(backend);
    for (const wish of wishes.slice(-11)) {
      const whole = run(kernel, wish, wish.n, wish.lengths.length);
      for (const [steps, queries] of [
        [1, 1],
        [3, 2],
        [wish.n, 1],
      ]) {
        const cut = run(kernel, wish, steps, queries);
        assert.equal([cut.rows, cut.scores], [whole.rows, whole.scores], JSON.stringify(wish));
      }
    }
  });

  testUnless(test, backend.absent, `${backend.name}: ties go to the better ranked product`, () => {
    const wish = { pool: 12, lengths: [12], factors: 1, n: 12, diversity: 1, groupLimit: 0, size: 1 };
    const { rows, pools, candidates, stride } = run(openBackend(backend), wish, 12, 1);
    // With one factor, cosines are 1, -1, or for the row of zeros 0: after each sign came once, all others tie.
    const signs = pools[0].map((row) => Math.sign(candidates[row * stride]));
    const second = signs.indexOf(-signs[0]);
    assert.ok(second > 0);
    const zero = signs.indexOf(0);
    const first = [0, second, ...(zero > 0 ? [zero] : [])];
    const rest = [...pools[0].keys()].filter((place) => !first.includes(place));
    assert.equal(
      [...rows],
      [...first, ...rest].map((place) => pools[0][place]),
    );
  });
}

test('instruction sets that round in the same way choose the same lists', () => {
  const wish = wishes.find(({ pool, groupLimit }) => pool === 64 && groupLimit === 4)!;
  for (const alike of [
    ['native avx512vnni', 'native avx512', 'native avx2'],
    ['native sse2', 'native scalar', 'wasm simd', 'wasm scalar'],
  ]) {
    const lists = backends
      .filter(({ name, absent }) => alike.includes(name) && !absent)
      .map((backend) => run(openBackend(backend), wish, wish.n, 1).rows);
    for (const list of lists.slice(1)) assert.equal(list, lists[0]);
  }
});

test.run();
