/** Ratios of what customers add up to, and how sure they are: what belongs to one customer is alike, so customers are counted. */

/** Sums over customers, each with a numerator `y` and a denominator `x`; of a mean, `x` is 1. */
export interface RatioSums {
  customers: number;
  y: number;
  x: number;
  yy: number;
  xx: number;
  xy: number;
}

/** A value and its standard error; null if nothing can be said of either. */
export interface Estimate {
  readonly value: number | null;
  readonly standardError: number | null;
}

export const noRatioSums = (): RatioSums => ({ customers: 0, y: 0, x: 0, yy: 0, xx: 0, xy: 0 });

/** Adds a customer. */
export function addRatio(sums: RatioSums, y: number, x = 1): void {
  sums.customers++;
  sums.y += y;
  sums.x += x;
  sums.yy += y * y;
  sums.xx += x * x;
  sums.xy += x * y;
}

/**
 * The ratio of two sums over customers, with the standard error of the delta method (Deng, Knoblich, and Lu 2018, "Applying the
 * Delta Method in Metric Analytics"). Of a mean, it is the usual one, with n - 1 in the variance. The error is null for fewer
 * than two customers, and if no customer differs from another: then nothing says how much they may.
 */
export function ratioOf({ customers, y, x, yy, xx, xy }: RatioSums): Estimate {
  if (x === 0) return { value: null, standardError: null };
  const value = y / x;
  const squares = yy - 2 * value * xy + value * value * xx;
  // Rounding leaves a little of what is none.
  if (customers < 2 || squares <= 1e-12 * yy) return { value, standardError: null };
  return { value, standardError: Math.sqrt((squares * customers) / (customers - 1)) / x };
}
