/** Where a training begins. */
import { roomFor } from '../bytes.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { comparerOf } from '../dataset/texts/text-order.ts';
import { strideOf } from '../kernel/operations/operations.ts';
import type { Model } from '../model/model.ts';
import { createRandom, type Random } from '../random.ts';
import type { AlsStart } from './als.ts';

/** The factors of one side: rows x stride. */
interface Side {
  readonly rows: number;
  readonly x: Float32Array;
}

/** Fills in numbers from N(0, 0.01 / factors). */
export function drawFactors({ factors, seed }: { factors: number; seed: number }, ...sides: readonly Side[]): void {
  const random = createRandom(seed);
  for (const side of sides) drawRows(random, factors, strideOf(factors), side);
}

/** The same for the rows that come next. */
export function drawRows(random: Random, factors: number, stride: number, { rows, x }: Side): void {
  const spread = 0.1 / Math.sqrt(factors);
  for (let row = 0; row < rows; row++) random.fillNormal(x, row * stride, row * stride + factors, spread);
}

/**
 * Where a training begins that goes on from a model of earlier orders, with as many factors: at the model's, by id. Customers
 * and products that it does not know, or knew no purchase of, begin at random numbers, as in any training.
 *
 * @param epochs that follow.
 */
export function startFrom(
  dataset: Pick<Dataset, 'customers' | 'products'>,
  model: Pick<Model, 'factors' | 'customers' | 'products' | 'customerFactors' | 'productFactors'>,
  seed: number,
  epochs: number,
): AlsStart {
  const { factors } = model;
  const sideOf = ({ length }: readonly string[]): Side => ({
    rows: length,
    x: roomFor(Float32Array, length * strideOf(factors)),
  });
  const [customers, products] = [sideOf(dataset.customers), sideOf(dataset.products)];
  drawFactors({ factors, seed }, products, customers);
  copyRows(dataset.customers, customers.x, model.customers, model.customerFactors, factors);
  copyRows(dataset.products, products.x, model.products, model.productFactors, factors);
  return { customers: customers.x, products: products.x, epochs };
}

/** Copies the rows of sorted ids that both have, but for those that are zero. */
function copyRows(
  ids: readonly string[],
  x: Float32Array,
  known: readonly string[],
  from: Float32Array,
  factors: number,
): void {
  const stride = strideOf(factors);
  const compare = comparerOf(ids, known);
  for (let i = 0, k = 0; i < ids.length && k < known.length; ) {
    const order = compare(i, k);
    if (order < 0) i++;
    else if (order > 0) k++;
    else {
      const row = from.subarray(k * factors, ++k * factors);
      if (row.some((value) => value !== 0)) x.set(row, i * stride);
      i++;
    }
  }
}
