/** What charts measure along their axes: where a value is between two places, and which values are marked. */
import { nice, ticks } from 'd3-array';
import { utcTicks } from 'd3-time';

type Ends = readonly [number, number];

/** A place for each value. */
export interface Scale {
  (value: number): number;
  /** About so many round values within its ends. */
  ticks(count: number): number[];
}

/**
 * Places in proportion to values.
 *
 * @param count if given, the ends are widened to round values, as they are with about so many ticks.
 */
export function linearScale(ends: Ends, places: Ends, count?: number): Scale {
  const [first, last] = count === undefined ? ends : nice(...ends, count);
  return Object.assign((value: number) => between((value - first) / (last - first), places), {
    ticks: (count: number) => ticks(first, last, count),
  });
}

/** Places in proportion to times, in milliseconds since 1970; ticks are at round dates of UTC. */
export function timeScale(ends: Ends, places: Ends): Scale {
  const [first, last] = ends;
  const scale = linearScale(ends, places);
  return Object.assign((time: number) => scale(time), {
    ticks: (count: number) => utcTicks(new Date(first), new Date(last), count).map(Number),
  });
}

/** The middles of so many equal parts, and how far they are apart. */
export function partScale(count: number, [from, to]: Ends): { at: (part: number) => number; step: number } {
  const step = (to - from) / Math.max(1, count);
  const first = from + (to - from - step * (count - 1)) / 2;
  return { at: (part) => first + step * part, step };
}

/** Rounds less than a sum that begins at the first place. */
const between = (part: number, [from, to]: Ends) => from * (1 - part) + to * part;
