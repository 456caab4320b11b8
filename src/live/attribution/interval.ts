/** How sure a rate is whose observations come in groups: of lists, those of one customer. */

/** Sums over groups, to which each adds `of` observations, `hits` of which are hits. */
export interface Grouped {
  groups: number;
  of: number;
  hits: number;
  ofSquared: number;
  hitsSquared: number;
  ofTimesHits: number;
}

export const noGroups = (): Grouped => ({ groups: 0, of: 0, hits: 0, ofSquared: 0, hitsSquared: 0, ofTimesHits: 0 });

export function addGroup(sums: Grouped, of: number, hits: number): void {
  sums.groups++;
  sums.of += of;
  sums.hits += hits;
  sums.ofSquared += of * of;
  sums.hitsSquared += hits * hits;
  sums.ofTimesHits += of * hits;
}

/** The quantile of the normal distribution for 95 %. */
const z = 1.959964;

/**
 * The rate of hits, and its 95 % interval: Wilson's score interval (1927) with the effective number of observations (Kish,
 * Survey Sampling, 1965, 8.2), since those of one group are alike. The variance is that of a ratio of totals over groups
 * (Cochran, Sampling Techniques, 1977, 6.3). Where it says nothing, as without any hit, each group counts as one observation.
 *
 * @returns undefined without observations.
 */
export function rateOf({
  groups,
  of,
  hits,
  ofSquared,
  hitsSquared,
  ofTimesHits,
}: Grouped): { rate: number; interval: [number, number] } | undefined {
  if (of === 0) return undefined;
  const rate = hits / of;
  const squares = hitsSquared - 2 * rate * ofTimesHits + rate * rate * ofSquared;
  const variance = groups > 1 ? (squares * groups) / ((groups - 1) * of * of) : 0;
  // Below this it is the rounding of sums.
  const isKnown = variance > 1e-12;
  const effective = isKnown ? Math.min(of, (rate * (1 - rate)) / variance) : groups;
  const middle = (rate + z ** 2 / (2 * effective)) / (1 + z ** 2 / effective);
  const half =
    (z / (1 + z ** 2 / effective)) * Math.sqrt((rate * (1 - rate)) / effective + z ** 2 / (4 * effective ** 2));
  return { rate, interval: [Math.max(0, middle - half), Math.min(1, middle + half)] };
}
