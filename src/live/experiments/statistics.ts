/** The statistics of experiments. Customers are what is drawn at random, so they are what is counted: they are independent. */
import type { RatioSums } from '../attribution/ratio.ts';

/**
 * The standard error of the share of customers, for differences: one more who did and one more who did not (Agresti and Caffo
 * 2000, "Simple and Effective Confidence Intervals for Proportions"), since the usual one is 0 if nobody did.
 */
export function shareError({ y, customers }: Pick<RatioSums, 'y' | 'customers'>): number {
  const share = (y + 1) / (customers + 2);
  return Math.sqrt((share * (1 - share)) / (customers + 2));
}

/** The number of customers of both arms at which `reachOf` is lowest. */
const sharpestAt = 5000;

/**
 * How many standard errors a difference may be off, whenever and however often somebody looks, but for a chance of `alpha`:
 * the confidence sequence by a mixture of normals of Waudby-Smith, Arbour, Sinha, Kennedy, and Ramdas (2024, "Time-uniform
 * central limit theory and asymptotic confidence sequences", theorem 2.2 and equation 10). At `alpha` .05 it is 3.0 to 4 where
 * one look would take 1.96.
 */
export function reachOf(customers: number, alpha: number): number {
  const log = -2 * Math.log(alpha);
  const rho = (log + Math.log(log) + 1) / sharpestAt;
  const n = customers * rho;
  return Math.sqrt((1 + 1 / n) * (Math.log(n + 1) + log));
}

/** The standard errors between what is found in half of the cases and what is found in four of five: 80 % power. */
const powerReach = 0.8416212335729143;

/** The smallest difference that is found with a power of 80 %. */
export function detectable(standardError: number, customers: number, alpha: number): number {
  return (reachOf(customers, alpha) + powerReach) * standardError;
}

/**
 * How many customers it takes until a difference is found with a power of 80 %.
 *
 * @param standardError of the difference with as many `customers` as there are; it shrinks with the root of their number.
 */
export function customersFor(difference: number, standardError: number, customers: number, alpha: number): number {
  const spread = standardError * Math.sqrt(customers);
  let needed = 1;
  // The reach grows with the logarithm of the number alone: each step is much closer.
  for (let step = 0; step < 50; step++) {
    const next = ((reachOf(Math.max(needed, 2), alpha) + powerReach) * (spread / difference)) ** 2;
    if (Math.abs(next - needed) < 0.5) break;
    needed = next;
  }
  return Math.ceil(needed);
}

/** The probability of counts that are at least as far from the shares, if customers were drawn by them: Pearson's chi-square. */
export function mismatchOf(counts: readonly number[], shares: readonly number[]): number {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  if (all === 0) return 1;
  let square = 0;
  for (const [i, share] of shares.entries()) {
    const expected = (all * share) / whole;
    square += (counts[i] - expected) ** 2 / expected;
  }
  return chiSquareTail(square, counts.length - 1);
}

/** The probability of more than `x` (Abramowitz and Stegun 26.4.4 and 26.4.5). @param freedom whole degrees of freedom. */
export function chiSquareTail(x: number, freedom: number): number {
  const half = x / 2;
  const isOdd = freedom % 2 === 1;
  // The first term, and what the next one has more than the last.
  let term = isOdd ? 2 * Math.sqrt(half / Math.PI) * Math.exp(-half) : Math.exp(-half);
  let tail = isOdd ? erfc(Math.sqrt(half)) : 0;
  for (let i = isOdd ? 1.5 : 1; i <= freedom / 2; i++) {
    tail += term;
    term *= half / i;
  }
  return Math.min(1, tail);
}

/** The complementary error function for `x` >= 0 (Abramowitz and Stegun 7.1.6 and 7.1.14), with 13 digits. */
function erfc(x: number): number {
  if (x < 2) {
    let sum = 0;
    let term = x;
    for (let n = 1; term > 1e-18; n++) {
      sum += term;
      term *= (2 * x * x) / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = x;
  for (let n = 80; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}
