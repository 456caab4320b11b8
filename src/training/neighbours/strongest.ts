import { withRoom } from '../../dataset/arrays.ts';
import type { Neighbours } from '../../model/model.ts';

/** Collects the neighbours of each product, in the order of the rows. */
export function createNeighbourLists(products: number) {
  const offsets = new Uint32Array(products + 1);
  let rows = new Uint32Array(16 * products);
  let strengths = new Float32Array(16 * products);
  let product = 0;
  let found = 0;
  return {
    /** Adds those of the next product, in ascending rows. */
    add(others: Uint32Array, strengthOf: (other: number) => number): void {
      rows = withRoom(rows, found + others.length);
      strengths = withRoom(strengths, found + others.length);
      for (const other of others) {
        rows[found] = other;
        strengths[found++] = strengthOf(other);
      }
      offsets[++product] = found;
    },
    all: (): Neighbours => ({ offsets, products: rows.slice(0, found), strengths: strengths.slice(0, found) }),
  };
}

/** Selects the rows of the `most` largest of the first `count` values above 0, ascending; of equal values, the lower rows. */
export function createStrongest(most: number): (rows: Uint32Array, values: Float64Array, count: number) => Uint32Array {
  let positive = new Float64Array(0);
  return (rows, values, count) => {
    positive = withRoom(positive, count);
    let length = 0;
    for (let i = 0; i < count; i++) if (values[i] > 0) positive[length++] = values[i];
    const least = length > most ? largest(positive, length, most) : 0;
    const kept = new Uint32Array(Math.min(length, most));
    const ties: number[] = [];
    let found = 0;
    for (let i = 0; i < count; i++) {
      if (values[i] > least) kept[found++] = rows[i];
      else if (values[i] === least && least > 0) ties.push(rows[i]);
    }
    kept.set(ties.sort((a, b) => a - b).slice(0, kept.length - found), found);
    return kept.sort();
  };
}

/** The value in place `place`, from 1, if the largest come first; moves values (Hoare 1961, "Algorithm 65: find"). */
function largest(values: Float64Array, length: number, place: number): number {
  let [low, high] = [0, length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i] > pivot) i++;
      while (values[j] < pivot) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (place - 1 <= j) high = j;
    else if (place - 1 >= i) low = i;
    else break;
  }
  return values[place - 1];
}
