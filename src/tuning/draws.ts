import type { Random } from '../random.ts';
import { type Confidence, confidences } from '../training/als.ts';
import { grid } from './pick.ts';

/** What is drawn; the rest of the options is found while a point is tried. */
export interface Point {
  readonly factors: number;
  readonly iterations: number;
  readonly regularization: number;
  readonly unobservedWeight: number;
  readonly frequencyExponent: number;
  readonly confidence: Confidence;
  readonly decay: number;
  readonly tasteDecay: number;
}

/** Points of a round. */
const count = 9;
const ranges = {
  factors: [64, 512],
  iterations: [3, 20],
  regularization: [0.5, 80],
  unobservedWeight: [0.004, 4],
  frequencyExponent: [0.3, 1.3],
  /** Of 1 - decay. */
  forgetting: [0.02, 0.35],
  /** Of 1 - tasteDecay. */
  tasteForgetting: [0.05, 0.8],
} as const;
/** What a point around the best is multiplied or divided with at most, as a share of the range on a scale of logarithms. */
const reach = 0.25;

/** The points of the grid that `train` chooses from, and random ones. */
export function firstPoints(random: Random): Partial<Point>[] {
  const points: Partial<Point>[] = grid.regularization.flatMap((regularization) =>
    grid.unobservedWeight.map((unobservedWeight) => ({ regularization, unobservedWeight })),
  );
  while (points.length < count) points.push(anywhere(random));
  return points;
}

/** Two of three points lie around the best so far. */
export function nextPoints(random: Random, best: Point): Point[] {
  return Array.from({ length: count }, (_, i) => (i % 3 === 2 ? anywhere(random) : around(random, best)));
}

function anywhere(random: Random): Point {
  const within = (name: keyof typeof ranges) => between(ranges[name][0], ranges[name][1], random.uniform());
  return {
    factors: wholeRows(within('factors')),
    iterations: Math.round(within('iterations')),
    regularization: rounded(within('regularization')),
    unobservedWeight: rounded(within('unobservedWeight')),
    frequencyExponent: rounded(within('frequencyExponent')),
    confidence: random.uniform() < 0.5 ? 'orders' : anyConfidence(random),
    decay: rounded(1 - within('forgetting')),
    tasteDecay: rounded(1 - within('tasteForgetting')),
  };
}

function around(random: Random, best: Point): Point {
  const near = (name: keyof typeof ranges, value: number) => {
    const [least, most] = ranges[name];
    const step = (most / least) ** (reach * (2 * random.uniform() - 1));
    return Math.min(most, Math.max(least, value * step));
  };
  return {
    factors: wholeRows(near('factors', best.factors)),
    iterations: Math.round(near('iterations', best.iterations)),
    regularization: rounded(near('regularization', best.regularization)),
    unobservedWeight: rounded(near('unobservedWeight', best.unobservedWeight)),
    frequencyExponent: rounded(near('frequencyExponent', best.frequencyExponent)),
    confidence: random.uniform() < 0.8 ? best.confidence : anyConfidence(random),
    decay: rounded(1 - near('forgetting', 1 - best.decay)),
    tasteDecay: rounded(1 - near('tasteForgetting', 1 - best.tasteDecay)),
  };
}

/** Evenly on a scale of logarithms. */
function between(least: number, most: number, share: number): number {
  return least * (most / least) ** share;
}

/** Embeddings are padded to a multiple of 16. */
function wholeRows(factors: number): number {
  return 16 * Math.round(factors / 16);
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** Quantities as they are were never good. */
function anyConfidence(random: Random): Confidence {
  const some = confidences.filter((one) => one !== 'quantity');
  return some[random.below(some.length)];
}
