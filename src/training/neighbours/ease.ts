import type { Dataset } from '../../dataset/dataset.ts';
import { EndcapError } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { createScope } from '../../kernel/scope.ts';
import type { Neighbours } from '../../model/model.ts';
import { createSlices } from '../slices.ts';
import { invert } from './inverse.ts';
import { createNeighbourLists, createStrongest } from './strongest.ts';
import { neighboursOf, sharesOf } from './walk.ts';

/** Neighbours of each product. */
const maxOthers = 200;

type Shop = Pick<Dataset, 'products' | 'purchases' | 'unlisted'>;

/**
 * What having bought each product says for the others by EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse
 * data"): the matrix B with a diagonal of 0 that minimizes
 *
 *   |R - R B|^2 + regularization |B|^2,
 *
 * where R is 1 for the pairs of a customer and a product. With P = (R'R + regularization I)^-1 it is B_ji = -P_ji / P_ii. Of
 * each row it keeps the 200 strengths that are largest in magnitude, of either sign; without the negative ones, lists are
 * clearly worse. Ties go to the lower row. Products that no list holds neither are nor have neighbours.
 *
 * Returns neighbours for each of some regularizations, which share R'R.
 *
 * The work grows with the cube of the number of products: 1e11 operations at 4,600. Besides, it is the sum of the squared
 * numbers of products of the customers, of whom some may be left out, as in `neighboursOf`.
 *
 * @throws `aborted`.
 */
export async function easeNeighboursOf(
  kernel: OpenKernel,
  dataset: Shop,
  { regularizations, signal }: { regularizations: readonly number[]; signal?: AbortSignal },
): Promise<Neighbours[]> {
  const count = dataset.products.length;
  const width = Math.ceil(count / 16) * 16;
  const pause = createSlices(signal);
  const scope = createScope(kernel);
  try {
    const together = scope.memory.allocate(Float32Array, width * width);
    await countTogether(together, width, dataset, pause);
    const found: Neighbours[] = [];
    for (const [i, regularization] of regularizations.entries()) {
      // The inverse of the last takes the place of R'R.
      const isLast = i === regularizations.length - 1;
      const matrix = isLast ? together : scope.memory.allocate(Float32Array, width * width);
      if (!isLast) matrix.set(together);
      for (let row = 0; row < width; row++) matrix[row * width + row] += regularization;
      if (!(await invert(scope, matrix, width, signal)))
        throw new EndcapError(
          'diverged',
          `EASE cannot be computed with a regularization of ${regularization}: raise it`,
        );
      found.push(await strongestOf(matrix, width, count, pause));
      if (!isLast) scope.memory.free(matrix);
    }
    return found;
  } finally {
    scope.end();
  }
}

/** The neighbours of a model: by EASE with a regularization above 0, else by a random walk. Throws `aborted`. */
export async function neighboursBy(
  kernel: OpenKernel,
  dataset: Parameters<typeof neighboursOf>[0],
  { easeRegularization = 0, signal }: { easeRegularization?: number; signal?: AbortSignal },
): Promise<Neighbours> {
  if (easeRegularization === 0) return neighboursOf(dataset, { signal });
  const regularizations = [easeRegularization];
  return (await easeNeighboursOf(kernel, dataset, { regularizations, signal }))[0];
}

/** R'R on and below the diagonal: customers of both products. */
async function countTogether(
  matrix: Float32Array,
  width: number,
  { products, purchases, unlisted = new Uint32Array() }: Shop,
  pause: ReturnType<typeof createSlices>,
): Promise<void> {
  const isListed = new Uint8Array(products.length).fill(1);
  for (const row of unlisted) isListed[row] = 0;
  const shares = sharesOf(purchases.offsets);
  for (let customer = 0; customer < shares.length; customer++) {
    await pause();
    if (shares[customer] === 0) continue;
    const own = purchases.products
      .subarray(purchases.offsets[customer], purchases.offsets[customer + 1])
      .filter((row) => isListed[row] === 1);
    for (let i = 0; i < own.length; i++) {
      const row = own[i] * width;
      for (let j = 0; j <= i; j++) matrix[row + own[j]]++;
    }
  }
}

/** The strengths to keep, of minus the inverse. */
async function strongestOf(
  inverse: Float32Array,
  width: number,
  count: number,
  pause: ReturnType<typeof createSlices>,
): Promise<Neighbours> {
  const strongest = createStrongest(maxOthers);
  const everyone = Uint32Array.from({ length: count }, (_, row) => row);
  const diagonal = Float64Array.from({ length: count }, (_, row) => inverse[row * width + row]);
  const values = new Float64Array(count);
  const magnitudes = new Float64Array(count);
  const lists = createNeighbourLists(count);
  for (let row = 0; row < count; row++) {
    await pause();
    for (let other = 0; other < count; other++) {
      const entry = other < row ? row * width + other : other * width + row;
      values[other] = other === row ? 0 : -inverse[entry] / diagonal[other];
      magnitudes[other] = Math.abs(values[other]);
    }
    lists.add(strongest(everyone, magnitudes, count), (other) => values[other]);
  }
  return lists.all();
}
