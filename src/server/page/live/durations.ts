/** How long requests took, and how they ended, as counts of few kinds. */

/** Statuses are counted by their first digit: 2, 3, 4, or 5. */
export const classes = 4;
/** The second and the last of them: refused, since the request was wrong, and failed, since the server was. */
export const [refused, failed] = [2, 3];

export function classOf(status: number): number {
  return Math.min(Math.max(Math.floor(status / 100) - 2, 0), classes - 1);
}

/** The first upper bound, in milliseconds, and how many bounds double it. */
const shortestMs = 0.125;
const perOctave = 4;
/** Durations are counted up to 110 s, far beyond any deadline; longer ones count as that. */
export const durations = 80;

/** Which of the bounds a duration is up to. */
export function durationIndex(ms: number): number {
  if (!(ms > shortestMs)) return 0;
  return Math.min(Math.ceil(perOctave * Math.log2(ms / shortestMs)), durations - 1);
}

/**
 * What a share of the requests took at most, in milliseconds: the bound that it is up to, which is less than a fifth (2^1/4)
 * higher than the duration itself. Undefined if there is none.
 */
export function quantile(counts: ArrayLike<number>, share: number): number | undefined {
  let total = 0;
  for (let i = 0; i < durations; i++) total += counts[i];
  if (total === 0) return undefined;
  let left = Math.ceil(share * total);
  let index = 0;
  while (left > counts[index]) left -= counts[index++];
  return shortestMs * 2 ** (index / perOctave);
}
