import type { Random } from '../../random.ts';
import type { AlsSettings } from '../../training/als-options.ts';
import { confidences } from '../../training/confidence.ts';

/** The options of a trial that are drawn at random; the others are found during the trial. */
export type Draw = Readonly<
  Pick<
    AlsSettings,
    | 'factors'
    | 'iterations'
    | 'regularization'
    | 'unobservedWeight'
    | 'frequencyExponent'
    | 'confidence'
    | 'decay'
    | 'tasteDecay'
  >
>;

/** Draws of a round. */
const drawsOfRound = 9;
/** Few numbers of factors, so that trials can go on from the same factors. Kernels pad rows to a multiple of 16. */
const lengths = [64, 96, 128, 192, 256, 384, 512, 768, 1024];
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
type Range = keyof typeof ranges;
/** How far a nearby draw is from the best at most, as a share of the range on a logarithmic scale. */
const reach = 0.25;
/** How often a nearby draw keeps the number of factors, and what determines a pair's weight. */
const keep = { factors: 0.7, confidence: 0.8 };

/** What the defaults are, first, then draws near them and anywhere. */
export function firstDraws(random: Random, defaults: Draw): Draw[] {
  return [defaults, ...nextDraws(random, defaults).slice(1)];
}

/** Two of three are near the best so far. */
export function nextDraws(random: Random, best: Draw): Draw[] {
  return Array.from({ length: drawsOfRound }, (_, i) => (i % 3 === 2 ? drawAnywhere(random) : drawNear(random, best)));
}

function drawAnywhere(random: Random): Draw {
  const within = (name: Range) => {
    const [min, max] = ranges[name];
    return min * (max / min) ** random.uniform();
  };
  return drawBy(within, () => (random.uniform() < 0.5 ? 'orders' : drawConfidence(random)));
}

function drawNear(random: Random, best: Draw): Draw {
  const values: Record<Range, number> = { ...best, forgetting: 1 - best.decay, tasteForgetting: 1 - best.tasteDecay };
  const near = (name: Range) => {
    const [min, max] = ranges[name];
    const step = (max / min) ** (reach * (2 * random.uniform() - 1));
    // What train picks may be beyond the range, where draws from everywhere are too costly.
    return Math.min(Math.max(max, values[name]), Math.max(min, values[name] * step));
  };
  const draw = drawBy(near, () => (random.uniform() < keep.confidence ? best.confidence : drawConfidence(random)));
  return random.uniform() < keep.factors ? { ...draw, factors: best.factors } : draw;
}

/** The order of the draws is part of what a seed means. */
function drawBy(draw: (name: Range) => number, confidence: () => Draw['confidence']): Draw {
  return {
    factors: lengthNear(draw('factors')),
    iterations: Math.round(draw('iterations')),
    regularization: rounded(draw('regularization')),
    unobservedWeight: rounded(draw('unobservedWeight')),
    frequencyExponent: rounded(draw('frequencyExponent')),
    confidence: confidence(),
    decay: rounded(1 - draw('forgetting')),
    tasteDecay: rounded(1 - draw('tasteForgetting')),
  };
}

function lengthNear(factors: number): number {
  const distance = (length: number) => Math.abs(Math.log(length / factors));
  return lengths.reduce((a, b) => (distance(b) < distance(a) ? b : a));
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** Any but the plain quantity, which was never good. */
function drawConfidence(random: Random): Draw['confidence'] {
  const some = confidences.filter((confidence) => confidence !== 'quantity');
  return some[random.below(some.length)];
}
