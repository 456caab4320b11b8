/** What other systems compute, by their own definitions, in 64 bits. */
import type { ConventionName } from '../../../src/model/imported.ts';

export interface Rated {
  product: number;
  rating: number;
}

/** A customer's factors, given those of the products, as the system's documentation and source have it. */
export function foreignFactors(
  convention: ConventionName,
  products: readonly (readonly number[])[],
  bought: readonly Rated[],
  { alpha, regularization }: { alpha: number; regularization: number },
): number[] {
  const factors = products[0].length;
  const left = Array.from({ length: factors }, () => new Array<number>(factors).fill(0));
  const right = new Array<number>(factors).fill(0);
  const addOuter = (y: readonly number[], weight: number) => {
    for (let i = 0; i < factors; i++) for (let j = 0; j < factors; j++) left[i][j] += weight * y[i] * y[j];
  };
  const add = (y: readonly number[], weight: number) => {
    for (let i = 0; i < factors; i++) right[i] += weight * y[i];
  };
  // Y'Y
  if (convention !== 'explicit') for (const y of products) addOuter(y, 1);
  for (const { product, rating } of bought) {
    const y = products[product];
    if (convention === 'spark') {
      // ls.add(srcFactor, 1 + c1, c1) with c1 = alpha * rating
      addOuter(y, alpha * rating);
      add(y, 1 + alpha * rating);
    } else if (convention === 'explicit') {
      addOuter(y, 1);
      add(y, rating);
    } else {
      // A += (confidence - 1) y y', b += confidence y
      addOuter(y, alpha * rating - 1);
      add(y, alpha * rating);
    }
  }
  const penalty = convention === 'implicit' ? regularization : regularization * bought.length;
  for (let i = 0; i < factors; i++) left[i][i] += penalty;
  return solve(left, right);
}

/** Gauss with pivots. */
function solve(left: number[][], right: number[]): number[] {
  const n = right.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(left[i][k]) > Math.abs(left[pivot][k])) pivot = i;
    [left[k], left[pivot]] = [left[pivot], left[k]];
    [right[k], right[pivot]] = [right[pivot], right[k]];
    for (let i = k + 1; i < n; i++) {
      const share = left[i][k] / left[k][k];
      for (let j = k; j < n; j++) left[i][j] -= share * left[k][j];
      right[i] -= share * right[k];
    }
  }
  for (let k = n - 1; k >= 0; k--) {
    for (let j = k + 1; j < n; j++) right[k] -= left[k][j] * right[j];
    right[k] /= left[k][k];
  }
  return right;
}
