/** A block of customers: what they bought, by customer as it comes and by product as sums over customers need it. */
import { transpose, transposeValues } from '../../dataset/sort.ts';
import { type Memory, shareIn } from '../../kernel/memory.ts';
import { malformed } from './protocol.ts';

/** The pairs of row `r` are `offsets[r] .. offsets[r + 1]`. */
export interface Pairs {
  readonly offsets: Uint32Array;
  /** Row of the other side, by pair; ascending within a row. */
  readonly indices: Uint32Array;
  readonly weights: Float32Array;
  readonly rights: Float32Array;
}

export type PairArrays = readonly [Uint32Array, Uint32Array, Float32Array, Float32Array];

/** @throws `frame_unreadable` unless the kernels can take the pairs. */
export function pairsOf([offsets, indices, weights, givenRights]: PairArrays, products: number): Pairs {
  const pairs = indices.length;
  const rights = givenRights.length === 0 ? weights : givenRights;
  if (weights.length !== pairs || rights.length !== pairs)
    throw malformed(`has ${pairs} pairs, but ${weights.length} weights and ${rights.length} right sides`);
  if (offsets.length === 0 || offsets[0] !== 0 || offsets.at(-1) !== pairs)
    throw malformed(`has offsets that do not lead from 0 to its ${pairs} pairs`);
  for (let row = 0; row + 1 < offsets.length; row++) {
    const [from, to] = [offsets[row], offsets[row + 1]];
    if (to < from || to > pairs) throw malformed(`has offsets that go back or too far, at row ${row}`);
    for (let pair = from; pair < to; pair++) {
      if (indices[pair] >= products)
        throw malformed(`has product ${indices[pair]} in row ${row}, and there are ${products} products`);
      if (pair > from && indices[pair] <= indices[pair - 1])
        throw malformed(`has products in row ${row} that do not ascend`);
      if (!(weights[pair] > 0 && weights[pair] < Infinity))
        throw malformed(`has a weight of ${weights[pair]} in row ${row}; weights are finite and above 0`);
      if (!Number.isFinite(rights[pair]))
        throw malformed(`has a right side of ${rights[pair]} in row ${row}, which is not finite`);
    }
  }
  return { offsets, indices, weights, rights };
}

/** The same pairs by product, in kernel memory. */
export function byProduct(memory: Memory, pairs: Pairs, products: number): Pairs {
  const { offsets, indices, weights, rights } = pairs;
  const starts = memory.allocate(Uint32Array, products + 1);
  for (let pair = 0; pair < indices.length; pair++) starts[indices[pair] + 1]++;
  for (let product = 0; product < products; product++) starts[product + 1] += starts[product];
  const purchases = { offsets, products: indices };
  const turned = (values: Float32Array) => {
    const out = memory.allocate(Float32Array, values.length);
    transposeValues(purchases, starts, values, out);
    return out;
  };
  const turnedWeights = turned(weights);
  return {
    offsets: starts,
    indices: shareIn(memory, Uint32Array, transpose(purchases, starts).customers),
    weights: turnedWeights,
    rights: rights === weights ? turnedWeights : turned(rights),
  };
}
