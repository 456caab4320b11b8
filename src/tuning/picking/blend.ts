import { throwIfAborted } from '../../errors.ts';
import { type Blend, maxWeight } from '../../ranking/weights.ts';
import { type AccuracySums, accuracyFrom, type CustomerScores, gainOf, scoresOf, sumsOf } from '../judging/accuracy.ts';
import type { HeldOutSample } from '../judging/held-out.ts';
import type { Judge } from '../judging/judge.ts';

/** Weights that held-out orders can tell about; taste keeps its own, since only proportions matter. */
export type Learnable = Exclude<keyof Blend, 'taste'>;

/** The weights of trend and of neighbours that are tried: from one to those up to two places further. */
const ladders = {
  trend: [-0.1, -0.05, -0.02, 0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 1.6, 2.4],
  neighbours: [0, 0.5, 1, 2, 3, 4],
};
/**
 * The values that are tried from one on, by direction: the next one only if the one before it was better. What ranks new
 * products takes a ranking for each value, so that one direction that gets worse is left at once.
 */
const moves: Record<Learnable, (value: number) => number[][]> = {
  trend: (value) => around(ladders.trend, value),
  neighbours: (value) => around(ladders.neighbours, value),
  habit: (value) => [0.5, 0.7, 1.4, 2].map((factor) => [tidy(value * factor)]),
  bought: (value) => [-0.6, -0.3, -0.15, 0.15, 0.3, 0.6].map((step) => [tidy(value + step)]),
  repeat: (value) => [-0.3, -0.15, -0.07, 0.07, 0.15, 0.3].map((step) => [tidy(value + step)]),
};
const maxRounds = 6;
/** Improvements that are no larger are rounding. */
const tolerance = 1e-6;

/** The steps of a ladder below a value and above it, up to two each, nearest first. */
function around(ladder: readonly number[], value: number): number[][] {
  const below = ladder.filter((step) => step < value).slice(-2);
  const above = ladder.filter((step) => step > value).slice(0, 2);
  return [below.reverse(), above];
}

/** People read the weights. */
function tidy(value: number): number {
  return Number(value.toPrecision(6));
}

/** Whether a weight ranks products that are new to the customer. */
const isOfNew = (name: Learnable) => name === 'trend' || name === 'neighbours';

/**
 * The weights that held-out orders can tell about. Where nobody buys a product twice, and of held-out products, nothing can
 * be said about what was bought.
 */
export function learnableOf({ questions }: HeldOutSample, start: Blend): Learnable[] {
  return questions.includes('all') && start.habit > 0
    ? ['neighbours', 'trend', 'habit', 'bought', 'repeat']
    : ['neighbours', 'trend'];
}

/** How many standard errors a gain must exceed: a trend that is a little wrong costs little, in either direction. */
const sure = { new: 1, bought: 2 };
/**
 * Whatever else a customer bought along with held-out products stays in the training part, which makes what sells with them
 * and what sold then look like what will be bought next. So gains on them count only if they are large, too: a share of the
 * metrics.
 */
export const ofProducts = { errors: 2, share: 0.1 };

/** Weights that were learned. */
export interface Learned {
  readonly blend: Blend;
  /** False if the weights to start from are kept, which are the same object then. */
  readonly learned: boolean;
}

/** What weights are learned on. */
export interface Lessons {
  readonly judge: Judge;
  /** Of the sample that the judge measures on. */
  readonly kind: HeldOutSample['kind'];
  /** Judges the newest weeks alone; absent if orders have no times. */
  readonly newest?: Judge;
  readonly signal?: AbortSignal;
}

/**
 * Learns the weights of the blend by coordinate ascent on the metrics themselves (Metzler, Croft 2007, "Linear
 * feature-based models for information retrieval"), on held-out orders over all products: first what ranks products that are
 * new to the customer, on those alone, then what ranks the others, on all. Logistic and softmax regression on the same
 * features rank worse: they are spent on the thousands of products that no list would hold.
 *
 * Either time, the weights found on one half of the customers are tried on the other half, and vice versa. If they are better
 * than those to start from by more than the noise, the better ones of both halves are improved on all customers. Otherwise
 * the weights to start from are kept. So they are if the newest weeks are found worse by more than a standard error with what
 * was learned: last orders are scattered over the year, and hardly show what trend is worth.
 *
 * @param start the weights to beat.
 * @param names the weights to learn.
 * @param begin the weights that the ascent begins with, those to beat by default.
 */
export async function learnBlend(
  lessons: Lessons,
  start: Blend,
  names: readonly Learnable[],
  begin = start,
): Promise<Learned> {
  const { blend: ofNew } = await learnNew(lessons, start, names, begin);
  const ofBought = names.filter((name) => !isOfNew(name));
  const { blend } = await learn(lessons, ofBought, ofNew, ['all', 'explore'], sure.bought, begin);
  return { blend, learned: blend !== start };
}

/** Learns those of the weights that rank new products; see `learnBlend`. */
export function learnNew(lessons: Lessons, start: Blend, names: readonly Learnable[], begin = start): Promise<Learned> {
  return learn(lessons, names.filter(isOfNew), start, ['explore'], sure.new, begin);
}

/**
 * What the customers of one half alone say of the weights that `learned` has of all: to measure on the others how well weights
 * are learned.
 */
export async function learnFromHalf(
  judge: Judge,
  half: 0 | 1,
  start: Blend,
  learned: Blend,
  signal?: AbortSignal,
): Promise<Blend> {
  let blend = start;
  for (const [isOfStage, questions] of [
    [isOfNew, ['explore']],
    [(name: Learnable) => !isOfNew(name), ['all', 'explore']],
  ] as const) {
    const names = (Object.keys(moves) as Learnable[]).filter(isOfStage);
    if (names.every((name) => learned[name] === start[name])) continue;
    const rate = createRates(judge, questions);
    blend = await climb(blend, names, (each) => rate(each, half), signal);
  }
  return blend;
}

async function learn(
  { judge, kind, newest, signal }: Lessons,
  names: readonly Learnable[],
  from: Blend,
  questions: readonly ('all' | 'explore')[],
  errors: number,
  begin: Blend,
): Promise<Learned> {
  const kept = { blend: from, learned: false };
  if (names.length === 0) return kept;
  const isSame = names.every((name) => begin[name] === from[name]);
  const first = isSame ? from : { ...from, ...Object.fromEntries(names.map((name) => [name, begin[name]])) };
  const rate = createRates(judge, questions);
  const climbOn = (start: Blend, half?: 0 | 1) => climb(start, names, (blend) => rate(blend, half), signal);
  const [even, odd] = [await climbOn(first, 0), await climbOn(first, 1)];
  if (even === from && odd === from) return kept;
  const halves = [
    await scoresOf(judge, even, { half: 1, questions }),
    await scoresOf(judge, odd, { half: 0, questions }),
  ];
  const gain = gainOf(joined(halves), await scoresOf(judge, from, { questions }));
  const least =
    kind === 'orders'
      ? errors * gain.error
      : Math.max(ofProducts.errors * gain.error, ofProducts.share * (await rate(from)));
  if (gain.mean <= least) return kept;
  const blend = await climbOn((await rate(odd)) > (await rate(even)) ? odd : even);
  if (newest) {
    const before = await scoresOf(newest, from, { questions });
    const ofNewest = gainOf(await scoresOf(newest, blend, { questions }), before);
    if (ofNewest.mean < -ofNewest.error) return kept;
  }
  return { blend, learned: true };
}

/** The value of blends for one half of the customers or all, each measured once. */
function createRates(judge: Judge, questions: readonly ('all' | 'explore')[]) {
  const known = new Map<string, Promise<AccuracySums>>();
  const sumsOn = (blend: Blend, half: 0 | 1) => {
    const key = JSON.stringify([half, blend]);
    const sums = known.get(key) ?? sumsOf(judge, blend, { half, questions });
    known.set(key, sums);
    return sums;
  };
  return async (blend: Blend, half?: 0 | 1): Promise<number> => {
    const halves: (0 | 1)[] = half === undefined ? [0, 1] : [half];
    return accuracyFrom(await Promise.all(halves.map((each) => sumsOn(blend, each)))).value;
  };
}

/** Scores of different customers. */
function joined(parts: readonly CustomerScores[]): CustomerScores {
  return {
    all: new Map(parts.flatMap(({ all }) => [...all])),
    explore: new Map(parts.flatMap(({ explore }) => [...explore])),
  };
}

/** The best weights in reach of those to start from, which are the same object if none is better. */
async function climb(
  start: Blend,
  names: readonly Learnable[],
  rate: (blend: Blend) => Promise<number>,
  signal: AbortSignal | undefined,
): Promise<Blend> {
  let blend = start;
  let value = await rate(blend);
  for (let moved = true, round = 0; moved && round < maxRounds; round++) {
    moved = false;
    for (const name of names) {
      // Lets signals and timers in.
      await new Promise((resolve) => setTimeout(resolve, 0));
      throwIfAborted(signal);
      for (const direction of moves[name](blend[name])) {
        for (const next of direction) {
          if (Math.abs(next) > maxWeight) break;
          const other = { ...blend, [name]: next };
          const otherValue = await rate(other);
          if (otherValue <= value + tolerance) break;
          blend = other;
          value = otherValue;
          moved = true;
        }
      }
    }
  }
  return blend;
}
