import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyIn } from '../../src/kernel/memory.ts';
import { scratchLength, seriesTerms, strideOf } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, checkGuards, closeTo, matrix, numbers, openBackend, scratchOf } from './backends.ts';

const test = suite('Adam kernels');
test.after.each(checkGuards);

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: Adam that updates only touched rows gives the results of dense Adam`,
    () => {
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
      // At first, gradients of these are far below epsilon.
      for (const { factors: w, steps } of [c, p]) for (let row = 0; row < steps.length; row++) w[row * stride] = 1e-9;
      const dense = [c, p].map(({ factors: w }) => ({
        w: Float64Array.from(w),
        m: new Float64Array(w.length),
        v: new Float64Array(w.length),
      }));
      const draw = (below: number) => Array.from({ length: lines }, () => Math.floor(next() * below));
      // Few lines or none touch the last customers.
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
      const inverseRoots = copyIn(
        memory,
        Float32Array,
        Array.from({ length: total + 1 }, (_, t) => (t === 0 ? 0 : 1 / Math.sqrt(1 - 0.999 ** t))),
      );
      const series = memory.allocate(Float64Array, seriesTerms * (total + 2));
      for (let t = 1; t <= total; t++)
        for (let j = 0; j < seriesTerms; j++)
          for (let i = t; i <= total; i++)
            series[seriesTerms * t + j] +=
              ((0.9 / 0.999 ** ((j + 1) / 2)) ** (i - t + 1) * stepSizes[i]) / inverseRoots[i] ** (j + 1);
      const scratch = scratchOf(kernel, scratchLength.adamBatches(batchSize, stride));
      let step = 0;
      for (let epoch = 0; epoch < epochs; epoch++) {
        const expected: number[] = [];
        for (let batch = 0; batch < batches; batch++) expected.push(denseBatch(++step, batch));
        // In two calls, as in a run.
        for (const [from, to] of [
          [0, 4],
          [4, batches],
        ])
          assert.is(
            operations.adamBatches({
              customerFactors: c.factors,
              customerMeans: c.means,
              customerVariances: c.variances,
              customerSteps: c.steps,
              productFactors: p.factors,
              productMeans: p.means,
              productVariances: p.variances,
              productSteps: p.steps,
              stride,
              customerSlots: c.slots,
              productSlots: p.slots,
              customers: customerOf,
              products: productOf,
              quantities,
              order,
              lines,
              batchSize,
              stepSizes,
              inverseRoots,
              series,
              firstStep: epoch * batches + 1,
              losses,
              scratch,
              begin: from,
              end: to,
            }),
            0,
          );
        closeTo(losses, expected, 1e-4, `losses of epoch ${epoch}`);
      }
      for (const { factors, means, variances, steps } of [c, p])
        operations.adamCatchUp({
          factors,
          means,
          variances,
          steps,
          stride,
          stepSizes,
          inverseRoots,
          series,
          step: total,
          begin: 0,
          end: steps.length,
        });
      closeTo(c.factors, dense[0].w, 1e-4, 'customers');
      closeTo(p.factors, dense[1].w, 1e-4, 'products');
      closeTo(c.variances, dense[0].v, 1e-4, 'variances');
      assert.ok(c.slots.every((slot) => slot === 0) && p.slots.every((slot) => slot === 0));

      /** What torch.optim.Adam does, on every row. Returns the batch's mean squared error. */
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
    },
  );
}

test.run();
