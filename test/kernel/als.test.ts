import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { copyIn } from '../../src/kernel/memory.ts';
import { longRow, type Solver, scratchLength, solvers, strideOf } from '../../src/kernel/operations/operations.ts';
import { createBasis } from '../../src/training/basis.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, closeTo, matrix, numbers, openBackend, scratchOf } from './backends.ts';

const test = suite('ALS kernels');
test.after.each(checkGuards);

/** scale * X'X in f64. */
function plainGram(x: Float32Array, rows: number, stride: number, scale: number): number[][] {
  const gram = Array.from({ length: stride }, () => new Array<number>(stride).fill(0));
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < stride; i++) {
      const [own, scaled] = [gram[i], scale * x[row * stride + i]];
      for (let j = 0; j < stride; j++) own[j] += scaled * x[row * stride + j];
    }
  return gram;
}

/** Gaussian elimination with pivots, in f64. */
function solve(matrix: number[][], right: number[]): number[] {
  const a = matrix.map((row, i) => [...row, right[i]]);
  const n = a.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) if (Math.abs(a[row][column]) > Math.abs(a[pivot][column])) pivot = row;
    [a[column], a[pivot]] = [a[pivot], a[column]];
    for (let row = column + 1; row < n; row++) {
      const factor = a[row][column] / a[column][column];
      for (let k = column; k <= n; k++) a[row][k] -= factor * a[column][k];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let row = n - 1; row >= 0; row--) {
    let rest = a[row][n];
    for (let k = row + 1; k < n; k++) rest -= a[row][k] * x[k];
    x[row] = rest / a[row][row];
  }
  return x;
}

/** Rows with the given numbers of pairs, against random fixed factors. */
function problem(
  kernel: OpenKernel,
  pairs: number[],
  factors: number,
  others: number,
  { unobserved = 0.1, regularization = 2.5 } = {},
) {
  const { memory, operations } = kernel;
  const stride = strideOf(factors);
  const next = numbers(factors);
  const fixed = matrix(kernel, others, factors, stride, 3);
  const gram = memory.allocate(Float32Array, stride * stride);
  operations.gram({ x: fixed, count: others, stride, scale: unobserved, gram, begin: 0, end: stride });
  const offsets = [0];
  for (const count of pairs) offsets.push(offsets[offsets.length - 1] + count);
  const total = offsets[offsets.length - 1];
  const draw = (length: number, f: () => number) => Array.from({ length }, f);
  return {
    stride,
    factors,
    fixed,
    gram,
    solved: matrix(kernel, pairs.length, factors, stride, 4),
    offsets: copyIn(memory, Uint32Array, offsets),
    order: copyIn(memory, Uint32Array, [...pairs.keys()]),
    indices: copyIn(
      memory,
      Uint32Array,
      pairs.flatMap((count) => draw(count, () => Math.floor(next() * others)).sort((a, b) => a - b)),
    ),
    weights: copyIn(
      memory,
      Float32Array,
      draw(total, () => 0.5 + next()),
    ),
    rights: copyIn(
      memory,
      Float32Array,
      draw(total, () => 0.5 + next()),
    ),
    regularization: copyIn(
      memory,
      Float32Array,
      draw(pairs.length, () => regularization * (0.8 + 0.4 * next())),
    ),
    objective: memory.allocate(Float32Array, pairs.length),
    scratch: scratchOf(kernel, scratchLength.alsSolve(stride)),
  };
}

function run(
  kernel: OpenKernel,
  p: ReturnType<typeof problem>,
  steps: number,
  solver: Solver,
  begin = 0,
  end = p.offsets.length - 1,
) {
  return kernel.operations.alsSolve({ ...p, steps, solver, begin, end });
}

/** The system of one row in f64: A and b. */
function system(
  { stride, factors, fixed, gram, offsets, indices, weights, rights, regularization }: ReturnType<typeof problem>,
  row: number,
) {
  const a = Array.from({ length: factors }, (_, i) =>
    Array.from({ length: factors }, (_, j) => gram[i * stride + j] + (i === j ? regularization[row] : 0)),
  );
  const b = new Array<number>(factors).fill(0);
  for (let pair = offsets[row]; pair < offsets[row + 1]; pair++) {
    const at = indices[pair] * stride;
    for (let i = 0; i < factors; i++) {
      b[i] += rights[pair] * fixed[at + i];
      const [own, weighted] = [a[i], weights[pair] * fixed[at + i]];
      for (let j = 0; j <= i; j++) own[j] += weighted * fixed[at + j];
    }
  }
  for (let i = 0; i < factors; i++) for (let j = 0; j < i; j++) a[j][i] = a[i][j];
  return { a, b };
}

function objectiveAt({ a, b }: ReturnType<typeof system>, x: ArrayLike<number>): number {
  let value = 0;
  for (let i = 0; i < b.length; i++) {
    value -= 2 * b[i] * x[i];
    for (let j = 0; j < b.length; j++) value += a[i][j] * x[i] * x[j];
  }
  return value;
}

/** The same problem in the basis of the Gram matrix's eigenvectors. */
async function rotated(kernel: OpenKernel, p: ReturnType<typeof problem>) {
  assert.ok(await createBasis(kernel, p.factors).turnToEigenvectors(p.gram, [p.fixed, p.solved]));
  return p;
}

/** The solvers that do conjugate gradients, of all of G or of a diagonal one. */
const gradients = [solvers.gradients, solvers.gradientsDiagonal];

const pairCounts = [0, 1, 7, 8, 9, 0, 15, 16, 17, 100, 2, 1100, 4097];

for (const backend of backends) {
  testUnless(test, backend.absent, `${backend.name}: gram is X'X at awkward sizes, wherever it is cut`, () => {
    const kernel = openBackend(backend);
    for (const rows of [0, 1, 15, 127, 128, 129, 300])
      for (const factors of [1, 16, 17, 40]) {
        const stride = strideOf(factors);
        const x = matrix(kernel, rows, factors, stride, rows + 1);
        const gram = kernel.memory.allocate(Float32Array, stride * stride);
        for (let begin = 0; begin < stride; begin += 8)
          kernel.operations.gram({ x, count: rows, stride, scale: 0.5, gram, begin, end: begin + 8 });
        closeTo(gram, plainGram(x, rows, stride, 0.5).flat(), 1e-5, `${rows} rows, ${factors} factors`);
      }
  });

  testUnless(test, backend.absent, `${backend.name}: Cholesky gives the solution of Gaussian elimination`, () => {
    const kernel = openBackend(backend);
    for (const factors of [1, 5, 16, 33]) {
      const p = problem(kernel, pairCounts, factors, 50);
      assert.is(run(kernel, p, 3, 2), 0);
      for (let row = 0; row < pairCounts.length; row++) {
        const x = p.solved.subarray(row * p.stride, row * p.stride + factors);
        const { a, b } = system(p, row);
        closeTo(
          x,
          pairCounts[row] === 0 ? new Array(factors).fill(0) : solve(a, b),
          1e-4,
          `${factors} factors, row ${row}`,
        );
        if (pairCounts[row] > 0)
          closeTo([p.objective[row]], [objectiveAt({ a, b }, x)], 1e-4, `objective of row ${row}`);
      }
    }
  });

  testUnless(
    test,
    backend.absent,
    `${backend.name}: the exact solver gives that solution for rows with few pairs and with many`,
    async () => {
      const kernel = openBackend(backend);
      for (const factors of [1, 15, 16, 17, 33, 65])
        for (const [unobserved, regularization, others] of [
          [0.1, 2.5, 300],
          [0, 2.5, 300],
          [0, 0.5, 300],
          [10, 2.5, 300],
          [10, 1e-4, 300],
          [0.1, 1e4, 300],
          // Fewer rows than factors: a singular Gram matrix.
          [0.1, 2.5, 12],
          [1, 0.02, 12],
        ]) {
          const pairs = [0, 1, factors - 1, factors, 2 * factors + 1, 5, 3];
          const p = await rotated(kernel, problem(kernel, pairs, factors, others, { unobserved, regularization }));
          assert.is(run(kernel, p, 3, 3), 0);
          for (let row = 0; row < pairs.length; row++) {
            const x = p.solved.subarray(row * p.stride, (row + 1) * p.stride);
            const { a, b } = system(p, row);
            const expected = solve(a, b);
            const what = `${factors} factors, ${pairs[row]} pairs, unobserved ${unobserved}, ${regularization}, ${others} rows`;
            const error = Math.hypot(...expected.map((value, k) => value - x[k]));
            assert.ok(
              error <= 1e-5 * Math.hypot(...expected),
              `${what}: off by ${error} of ${Math.hypot(...expected)}`,
            );
            assert.ok(x.subarray(factors).every((value) => value === 0));
            const reached = objectiveAt({ a, b }, x);
            closeTo([p.objective[row]], [reached], 1e-4, `${what}: objective`);
          }
        }
    },
  );

  testUnless(
    test,
    backend.absent,
    `${backend.name}: conjugate gradients converge to the exact solution and report the objective`,
    async () => {
      const kernel = openBackend(backend);
      for (const [solver, factors] of gradients.flatMap((solver) => [1, 16, 17, 64].map((f) => [solver, f] as const))) {
        const given = problem(kernel, pairCounts, factors, 80);
        const p = solver === solvers.gradients ? given : await rotated(kernel, given);
        const systems = pairCounts.map((_, row) => system(p, row));
        const start = p.solved.slice();
        const first = systems.map((one, row) => objectiveAt(one, start.subarray(row * p.stride)));
        let before = first;
        for (const steps of [1, 2, 3, 200]) {
          p.solved.set(start);
          assert.is(run(kernel, p, steps, solver), 0);
          const after = Array.from(p.objective);
          for (let row = 0; row < pairCounts.length; row++) {
            if (pairCounts[row] === 0) continue;
            const reached = objectiveAt(systems[row], p.solved.subarray(row * p.stride));
            closeTo([after[row]], [reached], 1e-3, `${steps} steps report the objective of row ${row}`);
            assert.ok(
              after[row] <= before[row] + 1e-3 * Math.abs(before[row]) + 1e-6 * Math.abs(first[row]),
              `${steps} steps do not go up in row ${row}`,
            );
          }
          before = after;
        }
        for (let row = 0; row < pairCounts.length; row++) {
          if (pairCounts[row] === 0) continue;
          const { a, b } = systems[row];
          closeTo(
            p.solved.subarray(row * p.stride, row * p.stride + factors),
            solve(a, b),
            1e-3,
            `${factors} factors, row ${row}`,
          );
        }
      }
    },
  );

  testUnless(
    test,
    backend.absent,
    `${backend.name}: a row is solved to the same bytes wherever the work is cut, and lanes past the last factor stay zero`,
    async () => {
      const kernel = openBackend(backend);
      for (const solver of Object.values(solvers)) {
        const [whole, cut] = await Promise.all(
          [0, 1].map(async () => {
            const p = problem(kernel, pairCounts, 21, 50);
            return solver >= solvers.exact ? await rotated(kernel, p) : p;
          }),
        );
        run(kernel, whole, 3, solver);
        for (let row = pairCounts.length; row-- > 0; ) run(kernel, cut, 3, solver, row, row + 1);
        assert.equal(cut.solved, whole.solved);
        for (let row = 0; row < pairCounts.length; row++)
          assert.ok(whole.solved.subarray(row * 32 + 21, row * 32 + 32).every((value) => value === 0));
      }
    },
  );

  testUnless(
    test,
    backend.absent,
    `${backend.name}: a diagonal Gram matrix gives the steps that all of it gives, in another basis`,
    async () => {
      const kernel = openBackend(backend);
      for (const factors of [17, 48, 130])
        for (const [whole, diagonal] of [
          [solvers.cheapest, solvers.cheapestDiagonal],
          [solvers.gradients, solvers.gradientsDiagonal],
        ]) {
          const plain = problem(kernel, pairCounts, factors, 300);
          const turned = await rotated(kernel, problem(kernel, pairCounts, factors, 300));
          assert.is(run(kernel, plain, 3, whole), 0);
          assert.is(run(kernel, turned, 3, diagonal), 0);
          closeTo(turned.objective, plain.objective, 1e-3, `${factors} factors, solver ${diagonal}: objectives`);
          const lengths = (p: typeof plain) =>
            pairCounts.map((_, row) => Math.hypot(...p.solved.subarray(row * p.stride, (row + 1) * p.stride)));
          closeTo(lengths(turned), lengths(plain), 1e-3, `${factors} factors, solver ${diagonal}: lengths`);
        }
    },
  );

  testUnless(
    test,
    backend.absent,
    `${backend.name}: very long rows are solved like all others, in any order`,
    async () => {
      const kernel = openBackend(backend);
      const pairs = [5, longRow(16) + 1, 300, longRow(16) + 4000];
      for (const solver of gradients) {
        const given = problem(kernel, pairs, 13, 9000);
        const p = solver === solvers.gradients ? given : await rotated(kernel, given);
        p.solved.fill(0);
        assert.is(run(kernel, p, 60, solver), 0);
        for (let row = 0; row < pairs.length; row++) {
          const { a, b } = system(p, row);
          const x = p.solved.subarray(row * p.stride, row * p.stride + 13);
          closeTo(x, solve(a, b), 1e-3, `row ${row}`);
          closeTo([p.objective[row]], [objectiveAt({ a, b }, x)], 1e-3, `objective of row ${row}`);
        }
        const forwards = p.solved.slice();
        p.solved.fill(0);
        p.order.reverse();
        for (let at = 0; at < pairs.length; at += 2) assert.is(run(kernel, p, 60, solver, at, at + 2), 0);
        assert.equal(p.solved, forwards);
      }
    },
  );

  testUnless(test, backend.absent, `${backend.name}: products are y_s' A^-1 y_o, wherever the range is cut`, () => {
    const kernel = openBackend(backend);
    for (const factors of [1, 5, 16, 33, 65])
      for (const pairs of [0, 1, 7, 8, 9, 33, 150]) {
        const p = problem(kernel, [pairs], factors, 50);
        const solved = copyIn(kernel.memory, Uint32Array, [0, 49, 7, 7, 30]);
        const met = copyIn(
          kernel.memory,
          Uint32Array,
          Array.from({ length: pairs + 1 }, (_, i) => (i * 11) % 50),
        );
        const others = met.length;
        const shared = { ...p, pairs, regularization: p.regularization[0], solved, met, others };
        const products = kernel.memory.allocate(Float32Array, solved.length * others);
        assert.is(kernel.operations.alsProducts({ ...shared, products, begin: 0, end: solved.length }), 0);
        const { a } = system(p, 0);
        const factorsOf = (row: number) => p.fixed.subarray(row * p.stride, row * p.stride + factors);
        const expected = Array.from(solved, (row) => {
          const x = solve(a, Array.from(factorsOf(row)));
          return Array.from(met, (other) => factorsOf(other).reduce((sum, value, k) => sum + value * x[k], 0));
        });
        closeTo(products, expected.flat(), 1e-4, `${factors} factors, ${pairs} pairs`);
        const cut = kernel.memory.allocate(Float32Array, products.length);
        for (let k = solved.length; k-- > 0; )
          assert.is(kernel.operations.alsProducts({ ...shared, products: cut, begin: k, end: k + 1 }), 0);
        assert.equal(cut, products);
      }
  });

  testUnless(
    test,
    backend.absent,
    `${backend.name}: residuals of pairs add up, wherever pairs and range are cut`,
    () => {
      const kernel = openBackend(backend);
      const allocate = (length: number) => kernel.memory.allocate(Float32Array, length);
      for (const factors of [1, 16, 21, 130]) {
        const p = problem(kernel, pairCounts, factors, 300);
        const { rights, ...withoutRights } = { ...p, scratch: scratchOf(kernel, scratchLength.alsResiduals(p.stride)) };
        const rows = pairCounts.length;
        const sums = (one: typeof withoutRights & { rights?: Float32Array }, times = 1) => {
          const [residuals, squares] = [allocate(rows * p.stride), allocate(rows)];
          for (let time = 0; time < times; time++)
            for (let row = rows; row-- > 0; )
              assert.is(kernel.operations.alsResiduals({ ...one, residuals, squares, begin: row, end: row + 1 }), 0);
          return { residuals, squares };
        };
        const expected = (row: number, withRights: boolean) => {
          const { stride, offsets } = p;
          const x = p.solved.subarray(row * stride, (row + 1) * stride);
          const residual = new Array<number>(stride).fill(0);
          let square = 0;
          for (let pair = offsets[row]; pair < offsets[row + 1]; pair++) {
            const y = p.fixed.subarray(p.indices[pair] * stride, (p.indices[pair] + 1) * stride);
            const product = y.reduce((sum, value, k) => sum + value * x[k], 0);
            square += p.weights[pair] * product * product;
            for (let k = 0; k < stride; k++)
              residual[k] += ((withRights ? rights[pair] : 0) - p.weights[pair] * product) * y[k];
          }
          return { residual, square };
        };
        for (const withRights of [true, false]) {
          const found = sums({ ...withoutRights, ...(withRights && { rights }) });
          const all = pairCounts.map((_, row) => expected(row, withRights));
          closeTo(
            found.residuals,
            all.flatMap(({ residual }) => residual),
            1e-5,
            `${factors} factors`,
          );
          closeTo(
            found.squares,
            all.map(({ square }) => square),
            1e-5,
            `${factors} factors: squares`,
          );
          const twice = sums({ ...withoutRights, ...(withRights && { rights }) }, 2);
          closeTo(
            twice.residuals,
            all.flatMap(({ residual }) => residual.map((value) => 2 * value)),
            1e-5,
            'twice',
          );
          const only = allocate(rows);
          assert.is(kernel.operations.alsResiduals({ ...withoutRights, squares: only, begin: 0, end: rows }), 0);
          assert.equal(only, found.squares);
        }
      }
    },
  );

  testUnless(test, backend.absent, `${backend.name}: numbers that are not finite are reported`, () => {
    const kernel = openBackend(backend);
    const p = problem(kernel, [5], 16, 50);
    p.weights[2] = Number.POSITIVE_INFINITY;
    assert.is(run(kernel, p, 3, 1), 1);
    const [solved, met] = [copyIn(kernel.memory, Uint32Array, [1]), copyIn(kernel.memory, Uint32Array, [2])];
    const products = kernel.memory.allocate(Float32Array, 1);
    const one = { pairs: 5, regularization: 1, solved, met, others: 1, products, begin: 0, end: 1 };
    assert.is(kernel.operations.alsProducts({ ...p, ...one }), 1);
    for (const out of ['residuals', 'squares'])
      assert.is(
        kernel.operations.alsResiduals({ ...p, [out]: kernel.memory.allocate(Float32Array, 16), begin: 0, end: 1 }),
        1,
      );
  });
}

test.run();
