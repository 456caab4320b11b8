/** How sure a rate is whose observations come in groups: of lists, those of one customer. */
import { type RatioSums, ratioOf } from './ratio.ts';

/** The quantile of the normal distribution for 95 %. */
const z = 1.959964;

/**
 * The rate of hits, and its 95 % interval: Wilson's score interval (1927) with the effective number of observations (Kish,
 * Survey Sampling, 1965, 8.2), since those of one customer are alike. Where the standard error says nothing, as without any
 * hit, each customer counts as one observation.
 *
 * @param sums `y` are hits, `x` observations.
 * @returns undefined without observations.
 */
export function rateOf(sums: RatioSums): { rate: number; interval: [number, number] } | undefined {
  const { value: rate, standardError } = ratioOf(sums);
  if (rate === null) return undefined;
  const effective =
    standardError === null ? sums.customers : Math.min(sums.x, (rate * (1 - rate)) / standardError ** 2);
  return { rate, interval: shareInterval(rate * effective, effective, z) };
}

/** The interval of a share by the score method (Wilson 1927), `reach` standard errors wide; of 0 of `of`, it is 0 to 1. */
export function shareInterval(count: number, of: number, reach: number): [number, number] {
  if (of === 0) return [0, 1];
  const [share, z] = [count / of, (reach * reach) / of];
  const middle = (share + z / 2) / (1 + z);
  const half = Math.sqrt(z * (share * (1 - share) + z / 4)) / (1 + z);
  return [count === 0 ? 0 : Math.max(0, middle - half), count === of ? 1 : Math.min(1, middle + half)];
}
