import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { copyIn } from '../../src/kernel/memory.ts';
import { longRow, type Solver, scratchLength, strideOf } from '../../src/kernel/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, matrix, numbers, openBackend, scratchOf } from './backends.ts';

const test = suite('training kernels');
test.after.each(checkGuards);

function closeTo(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.is(actual.length, expected.length, what);
  let largest = 1;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    assert.ok(
      Math.abs(actual[i] - expected[i]) <= tolerance * largest,
      `${what}: [${i}] is ${actual[i]}, not ${expected[i]}`,
    );
  }
}

/** scale * X'X in f64. */
function plainGram(x: Float32Array, rows: number, stride: number, scale: number): number[][] {
  const gram = Array.from({ length: stride }, () => new Array<number>(stride).fill(0));
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < stride; i++)
      for (let j = 0; j < stride; j++) gram[i][j] += scale * x[row * stride + i] * x[row * stride + j];
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
function problem(kernel: Kernel, pairs: number[], factors: number, others: number) {
  const { memory, operations } = kernel;
  const stride = strideOf(factors);
  const next = numbers(factors);
  const fixed = matrix(kernel, others, factors, stride, 3);
  const gram = memory.allocate(Float32Array, stride * stride);
  operations.gram(fixed, others, stride, 0.1, gram, 0, stride);
  const offsets = [0];
  for (const count of pairs) offsets.push(offsets[offsets.length - 1] + count);
  const total = offsets[offsets.length - 1];
  const draw = (length: number, f: () => number) => Array.from({ length }, f);
  return {
    stride,
    factors,
    fixed,
    gram,
    x: matrix(kernel, pairs.length, factors, stride, 4),
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
      draw(pairs.length, () => 2 + next()),
    ),
    objective: memory.allocate(Float32Array, pairs.length),
    scratch: scratchOf(kernel, scratchLength.alsSolve(stride)),
  };
}

function run(
  kernel: Kernel,
  p: ReturnType<typeof problem>,
  steps: number,
  solver: Solver,
  from = 0,
  to = p.offsets.length - 1,
) {
  return kernel.operations.alsSolve(
    p.x,
    p.fixed,
    p.gram,
    p.stride,
    p.factors,
    p.order,
    p.offsets,
    p.indices,
    p.weights,
    p.rights,
    p.regularization,
    steps,
    solver,
    p.objective,
    p.scratch,
    from,
    to,
  );
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
    const y = fixed.subarray(indices[pair] * stride, indices[pair] * stride + factors);
    for (let i = 0; i < factors; i++) {
      b[i] += rights[pair] * y[i];
      for (let j = 0; j < factors; j++) a[i][j] += weights[pair] * y[i] * y[j];
    }
  }
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

const pairCounts = [0, 1, 7, 8, 9, 0, 15, 16, 17, 100, 2, 1100, 4097];

for (const backend of backends) {
  testUnless(test, backend.absent, `${backend.name}: gram is X'X at awkward sizes, whatever the cuts`, () => {
    const kernel = openBackend(backend);
    for (const rows of [0, 1, 15, 127, 128, 129, 300])
      for (const factors of [1, 16, 17, 40]) {
        const stride = strideOf(factors);
        const x = matrix(kernel, rows, factors, stride, rows + 1);
        const gram = kernel.memory.allocate(Float32Array, stride * stride);
        for (let from = 0; from < stride; from += 8) kernel.operations.gram(x, rows, stride, 0.5, gram, from, from + 8);
        closeTo(gram, plainGram(x, rows, stride, 0.5).flat(), 1e-5, `${rows} rows, ${factors} factors`);
      }
  });

  testUnless(test, backend.absent, `${backend.name}: solving exactly is solving exactly`, () => {
    const kernel = openBackend(backend);
    for (const factors of [1, 5, 16, 33]) {
      const p = problem(kernel, pairCounts, factors, 50);
      assert.is(run(kernel, p, 3, 2), 0);
      for (let row = 0; row < pairCounts.length; row++) {
        const x = p.x.subarray(row * p.stride, row * p.stride + factors);
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

  testUnless(test, backend.absent, `${backend.name}: conjugate gradients come down to the exact solution`, () => {
    const kernel = openBackend(backend);
    for (const factors of [1, 16, 17, 64]) {
      const p = problem(kernel, pairCounts, factors, 80);
      const start = p.x.slice();
      const first = Array.from(pairCounts, (_, row) => objectiveAt(system(p, row), start.subarray(row * p.stride)));
      let before = first;
      for (const steps of [1, 2, 3, 200]) {
        p.x.set(start);
        assert.is(run(kernel, p, steps, 1), 0);
        const after = Array.from(p.objective);
        for (let row = 0; row < pairCounts.length; row++) {
          if (pairCounts[row] === 0) continue;
          const reached = objectiveAt(system(p, row), p.x.subarray(row * p.stride));
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
        const { a, b } = system(p, row);
        closeTo(
          p.x.subarray(row * p.stride, row * p.stride + factors),
          solve(a, b),
          1e-3,
          `${factors} factors, row ${row}`,
        );
      }
    }
  });

  testUnless(
    test,
    backend.absent,
    `${backend.name}: a row is solved to the same bytes wherever the cuts lie, lanes past the last factor stay zero`,
    () => {
      const kernel = openBackend(backend);
      for (const solver of [0, 1, 2] as const) {
        const whole = problem(kernel, pairCounts, 21, 50);
        const cut = problem(kernel, pairCounts, 21, 50);
        run(kernel, whole, 3, solver);
        for (let row = pairCounts.length; row-- > 0; ) run(kernel, cut, 3, solver, row, row + 1);
        assert.equal(cut.x, whole.x);
        for (let row = 0; row < pairCounts.length; row++)
          assert.ok(whole.x.subarray(row * 32 + 21, row * 32 + 32).every((value) => value === 0));
      }
    },
  );

  testUnless(test, backend.absent, `${backend.name}: very long rows are solved like others, in any order`, () => {
    const kernel = openBackend(backend);
    const pairs = [5, longRow(16) + 1, 300, longRow(16) + 4000];
    const p = problem(kernel, pairs, 13, 9000);
    p.x.fill(0);
    assert.is(run(kernel, p, 60, 1), 0);
    for (let row = 0; row < pairs.length; row++) {
      const { a, b } = system(p, row);
      const x = p.x.subarray(row * p.stride, row * p.stride + 13);
      closeTo(x, solve(a, b), 1e-3, `row ${row}`);
      closeTo([p.objective[row]], [objectiveAt({ a, b }, x)], 1e-3, `objective of row ${row}`);
    }
    const forwards = p.x.slice();
    p.x.fill(0);
    p.order.reverse();
    for (let at = 0; at < pairs.length; at += 2) assert.is(run(kernel, p, 60, 1, at, at + 2), 0);
    assert.equal(p.x, forwards);
  });

  testUnless(test, backend.absent, `${backend.name}: numbers that are not finite are reported`, () => {
    const kernel = openBackend(backend);
    const p = problem(kernel, [5], 16, 50);
    p.weights[2] = Number.POSITIVE_INFINITY;
    assert.is(run(kernel, p, 3, 1), 1);
  });

  testUnless(test, backend.absent, `${backend.name}: Adam at the cost of the touched rows is the dense Adam`, () => {
    const kernel = openBackend(backend);
    const { memory, operations } = kernel;
    const [factors, customers, products, lines, batchSize, epochs, rate] = [5, 40, 7, 101, 10, 30, 0.01];
    const stride = strideOf(factors);
    const next = numbers(11);
    const side = (rows: number, seed: number) => ({
      factors: matrix(kernel, rows, factors, stride, seed),
      means: memory.allocate(Float32Array, rows * stride),
      variances: memory.allocate(Float32Array, rows * stride),
      steps: memory.allocate(Uint32Array, rows),
      slots: memory.allocate(Uint32Array, rows),
    });
    const c = side(customers, 1);
    const p = side(products, 2);
    const dense = [c, p].map(({ factors: w }) => ({
      w: Float64Array.from(w),
      m: new Float64Array(w.length),
      v: new Float64Array(w.length),
    }));
    const draw = (below: number) => Array.from({ length: lines }, () => Math.floor(next() * below));
    // The last customers are touched by few lines or none.
    const customerOf = copyIn(
      memory,
      Uint32Array,
      draw(customers - 10).map((row, i) => (i === 0 ? 35 : row)),
    );
    const productOf = copyIn(memory, Uint32Array, draw(products));
    const quantities = copyIn(
      memory,
      Float32Array,
      draw(5).map((quantity) => quantity + 1),
    );
    const order = copyIn(
      memory,
      Uint32Array,
      Array.from({ length: lines }, (_, i) => (i * 37) % lines),
    );
    const batches = Math.ceil(lines / batchSize);
    const losses = memory.allocate(Float64Array, batches);
    const total = batches * epochs;
    const stepSizes = copyIn(
      memory,
      Float32Array,
      Array.from({ length: total + 1 }, (_, t) => (t === 0 ? 0 : rate / (1 - 0.9 ** t))),
    );
    const roots = copyIn(
      memory,
      Float32Array,
      Array.from({ length: total + 1 }, (_, t) => (t === 0 ? 0 : 1 / Math.sqrt(1 - 0.999 ** t))),
    );
    const scratch = scratchOf(kernel, scratchLength.adamBatches(batchSize, stride));
    let step = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const expected: number[] = [];
      for (let batch = 0; batch < batches; batch++) expected.push(denseBatch(++step, batch));
      // In two calls, as a run that is cut for progress does it.
      for (const [from, to] of [
        [0, 4],
        [4, batches],
      ])
        assert.is(
          operations.adamBatches(
            c.factors,
            c.means,
            c.variances,
            c.steps,
            p.factors,
            p.means,
            p.variances,
            p.steps,
            stride,
            c.slots,
            p.slots,
            customerOf,
            productOf,
            quantities,
            order,
            lines,
            batchSize,
            stepSizes,
            roots,
            epoch * batches + 1,
            losses,
            scratch,
            from,
            to,
          ),
          0,
        );
      closeTo(losses, expected, 1e-4, `losses of epoch ${epoch}`);
    }
    for (const { factors: w, means, variances, steps } of [c, p])
      operations.adamCatchUp(w, means, variances, steps, stride, stepSizes, roots, total, 0, steps.length);
    closeTo(c.factors, dense[0].w, 1e-4, 'customers');
    closeTo(p.factors, dense[1].w, 1e-4, 'products');
    closeTo(c.variances, dense[0].v, 1e-4, 'variances');
    assert.ok(c.slots.every((slot) => slot === 0) && p.slots.every((slot) => slot === 0));

    /** torch.optim.Adam on every row; returns the batch's mean squared error. */
    function denseBatch(t: number, batch: number): number {
      const gradients = dense.map(({ w }) => new Float64Array(w.length));
      const members = order.subarray(batch * batchSize, Math.min(lines, (batch + 1) * batchSize));
      let loss = 0;
      for (const line of members) {
        const rows = [customerOf[line] * stride, productOf[line] * stride];
        let error = -quantities[line];
        for (let k = 0; k < factors; k++) error += dense[0].w[rows[0] + k] * dense[1].w[rows[1] + k];
        loss += error * error;
        for (let k = 0; k < factors; k++) {
          gradients[0][rows[0] + k] += (2 * error * dense[1].w[rows[1] + k]) / members.length;
          gradients[1][rows[1] + k] += (2 * error * dense[0].w[rows[0] + k]) / members.length;
        }
      }
      dense.forEach(({ w, m, v }, i) => {
        for (let k = 0; k < w.length; k++) {
          const g = gradients[i][k];
          m[k] = 0.9 * m[k] + 0.1 * g;
          v[k] = 0.999 * v[k] + 0.001 * g * g;
          w[k] -= ((rate / (1 - 0.9 ** t)) * m[k]) / (Math.sqrt(v[k]) / Math.sqrt(1 - 0.999 ** t) + 1e-8);
        }
      });
      return loss / members.length;
    }
  });
}

test.run();
