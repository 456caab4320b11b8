/** The training that `test/examples/spark/train_factors.py` does on Spark, over solvers in place of executors. */
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { recencyOf } from '../../../src/ranking/recency.ts';
import { relativePenalty } from '../../../src/training/als.ts';
import type { AlsOptions } from '../../../src/training/als-options.ts';
import { alsSettings } from '../../../src/training/als-options.ts';
import { fillAgedWeights, fillWeights } from '../../../src/training/confidence.ts';
import { doublesOf, floatsOf, type Solver } from './client.ts';

/** Customers that one solver has, in several blocks. */
interface Block {
  offsets: Uint32Array;
  products: Uint32Array;
  weights: Float32Array;
  aged: Float32Array;
  penalties: Float32Array;
  x: Float32Array;
}

const none = new Float32Array();

/** @returns factors without padding, and the objective of the last iteration's customers. */
export async function trainOnCluster(dataset: Dataset, options: AlsOptions, solvers: Solver[], blocksOfEach = 2) {
  const settings = alsSettings(options);
  const { factors: f, unobservedWeight, cgSteps, decay, tasteDecay } = settings;
  const { purchases, byProduct } = dataset;
  const [customers, products] = [dataset.customers.length, dataset.products.length];
  const weights = new Float32Array(purchases.products.length);
  const recency = recencyOf(dataset, decay);
  const { total } = fillWeights(weights, purchases, recency, settings);
  const aged = new Float32Array(weights.length);
  fillAgedWeights(aged, weights, recency, recencyOf(dataset, tasteDecay));
  const average = Math.min(settings.regularization, total / Math.sqrt(customers * products) / 2);
  const penaltiesOf = (offsets: Uint32Array, others: number) => {
    const relative = Float32Array.from({ length: offsets.length - 1 }, (_, row) =>
      relativePenalty(offsets[row + 1] - offsets[row], others, settings),
    );
    const scale = (average * relative.length) / relative.reduce((sum, value) => sum + value, 0);
    return relative.map((value) => value * scale);
  };
  const customerPenalties = penaltiesOf(purchases.offsets, products);
  const productPenalties = penaltiesOf(byProduct.offsets, customers);

  const draw = async (rows: number) => floatsOf((await solvers[0].ask('draw', Float64Array.of(rows, f, 1)))[0]);
  await solvers[0].ask('seed', Float64Array.of(settings.seed));
  const y = Float64Array.from(await draw(products));
  const parts: Block[][] = [];
  for (let part = 0, from = 0; part < solvers.length; part++) {
    const blocks: Block[] = [];
    for (let block = 0; block < blocksOfEach; block++) {
      const index = part * blocksOfEach + block + 1;
      const to = Math.round((customers * index) / (solvers.length * blocksOfEach));
      const [first, last] = [purchases.offsets[from], purchases.offsets[to]];
      blocks.push({
        offsets: purchases.offsets.slice(from, to + 1).map((offset) => offset - first),
        products: purchases.products.slice(first, last),
        weights: weights.slice(first, last),
        aged: aged.slice(first, last),
        penalties: customerPenalties.slice(from, to),
        x: await draw(to - from),
      });
      from = to;
    }
    parts.push(blocks);
  }

  /** Does the same on all solvers at a time. */
  const onEach = <T>(work: (solver: Solver, blocks: Block[]) => Promise<T>) =>
    Promise.all(solvers.map((solver, i) => work(solver, parts[i])));
  const addUp = (arrays: Float32Array[]) => {
    const sums = new Float64Array(arrays[0].length);
    for (const array of arrays) for (let i = 0; i < array.length; i++) sums[i] += array[i];
    return sums;
  };
  let versions = 0;
  const useProducts = (solver: Solver, values: Float64Array, version: number) =>
    solver.ask('products', Float64Array.of(f, version), Float32Array.from(values));

  async function sumsOf(request: 'addResiduals' | 'addProducts' | 'addSquares', side: Float64Array) {
    const version = ++versions;
    return addUp(
      await onEach(async (solver, blocks) => {
        await useProducts(solver, side, version);
        for (const { offsets, products, weights, x } of blocks)
          await solver.ask(request, offsets, products, weights, none, x);
        return floatsOf((await solver.ask('sums'))[0]);
      }),
    );
  }

  /** (G + penalties) v */
  const prior = (gram: Float64Array, v: Float64Array) =>
    v.map((value, at) => {
      const [row, k] = [Math.floor(at / f), at % f];
      let sum = productPenalties[row] * value;
      for (let j = 0; j < f; j++) sum += gram[j * f + k] * v[row * f + j];
      return sum;
    });
  const dots = (a: Float64Array, b: Float64Array) =>
    Float64Array.from({ length: products }, (_, row) => {
      let sum = 0;
      for (let k = row * f; k < (row + 1) * f; k++) sum += a[k] * b[k];
      return sum;
    });

  async function solveProducts() {
    const grams = await onEach(async (solver, blocks) => {
      const each: Float32Array[] = [];
      for (const { x } of blocks) each.push(floatsOf((await solver.ask('customersGram', Float64Array.of(f), x))[0]));
      return each;
    });
    const gram = addUp(grams.flat()).map((value) => unobservedWeight * value);
    const start = prior(gram, y);
    const r = (await sumsOf('addResiduals', y)).map((value, i) => value - start[i]);
    const p = r.slice();
    const squares = dots(r, r);
    for (let step = 1; step <= cgSteps; step++) {
      const ap = prior(gram, p);
      if (step < cgSteps) for (const [i, value] of (await sumsOf('addProducts', p)).entries()) ap[i] -= value;
      const curvatures = dots(p, ap);
      if (step === cgSteps) for (const [i, value] of (await sumsOf('addSquares', p)).entries()) curvatures[i] += value;
      for (let row = 0; row < products; row++) {
        const alpha = squares[row] > 1e-20 && curvatures[row] > 0 ? squares[row] / curvatures[row] : 0;
        let next = 0;
        for (let k = row * f; k < (row + 1) * f; k++) {
          y[k] += alpha * p[k];
          r[k] -= alpha * ap[k];
          next += r[k] * r[k];
        }
        for (let k = row * f; k < (row + 1) * f; k++) p[k] = alpha === 0 ? 0 : r[k] + (next / squares[row]) * p[k];
        squares[row] = alpha === 0 ? 0 : next;
      }
    }
  }

  async function solveCustomers(steps: number, isFinal: boolean): Promise<number> {
    const version = ++versions;
    const objectives = await onEach(async (solver, blocks) => {
      await useProducts(solver, y, version);
      await solver.ask('gram', Float64Array.of(unobservedWeight), none);
      let objective = 0;
      for (const block of blocks) {
        const { offsets, products, penalties, x } = block;
        const used = isFinal ? block.aged : block.weights;
        const solved = await solver.ask('solve', Float64Array.of(steps), offsets, products, used, none, penalties, x);
        block.x = floatsOf(solved[0]);
        objective += doublesOf(solved[1])[0];
      }
      return objective;
    });
    return objectives.reduce((sum, value) => sum + value, 0);
  }

  let objective = 0;
  for (let epoch = 0; epoch < settings.iterations; epoch++) {
    await solveProducts();
    objective = await solveCustomers(cgSteps, false);
  }
  if (tasteDecay !== decay) await solveCustomers(Math.max(cgSteps, 10), true);
  const customerFactors = Float32Array.from(parts.flat().flatMap(({ x }) => Array.from(x)));
  return { customerFactors, productFactors: Float32Array.from(y), objective };
}
