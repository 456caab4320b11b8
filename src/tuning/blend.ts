import { throwIfAborted } from '../errors.ts';
import type { Blend } from '../ranking/weights.ts';
import { accuracyOf, type CustomerScores, gainOf, scoresOf } from './judging/accuracy.ts';
import type { HeldOutSample } from './judging/held-out.ts';
import type { Judge } from './judging/judge.ts';

/** Weights that held-out orders can tell about; taste keeps its own, since only proportions matter. */
export type Learnable = Exclude<keyof Blend, 'taste'>;

/** The weights of trend and of neighbours that are tried: from one to those up to two places further. */
const ladders = {
  trend: [-0.1, -0.05, -0.02, 0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 1.6, 2.4],
  neighbours: [0, 0.5, 1, 2, 3, 4],
};
/** The values that are tried from one on. */
const moves: Record<Learnable, (value: number) => number[]> = {
  trend: (value) => around(ladders.trend, value),
  neighbours: (value) => around(ladders.neighbours, value),
  habit: (value) => [0.5, 0.7, 1.4, 2].map((factor) => tidy(value * factor)),
  bought: (value) => [-0.6, -0.3, -0.15, 0.15, 0.3, 0.6].map((step) => tidy(value + step)),
  repeat: (value) => [-0.3, -0.15, -0.07, 0.07, 0.15, 0.3].map((step) => tidy(value + step)),
};
const maxRounds = 6;
/** Improvements that are no larger are rounding. */
const tolerance = 1e-6;

/** The steps of a ladder next to a value, nearest first. */
function around(ladder: readonly number[], value: number): number[] {
  const below = ladder.filter((step) => step < value).slice(-2);
  const above = ladder.filter((step) => step > value).slice(0, 2);
  return [below.at(-1), above[0], below.at(-2), above[1]].filter((step) => step !== undefined);
}

/** People read the weights. */
function tidy(value: number): number {
  return Number(value.toPrecision(6));
}

/** Whether a weight ranks products that are new to the customer. */
export const isOfNew = (name: Learnable) => name === 'trend' || name === 'neighbours';

/** How many standard errors a gain must exceed: a trend that is a little wrong costs little, in either direction. */
const sure = { new: 1, bought: 2 };
/**
 * Whatever else a customer bought along with held-out products stays in the training part, which makes what sells with them
 * and what sold then look like what will be bought next. So gains on them count only if they are large, too: a share of the
 * metrics.
 */
const ofProducts = { errors: 2, share: 0.1 };

/**
 * Learns the weights of the blend by coordinate ascent on the metrics themselves (Metzler, Croft 2007, "Linear
 * feature-based models for information retrieval"), on held-out orders over all products: first what ranks products that are
 * new to the customer, on those alone, then what ranks the others, on all. Logistic and softmax regression on the same
 * features rank worse: they are spent on the thousands of products that no list would hold.
 *
 * Either time, the weights found on one half of the customers are tried on the other half, and vice versa. If they are better
 * than those to start from by more than the noise, they are learned again on all customers. Otherwise the weights to start
 * from are kept. So they are if the newest weeks are found worse by more than a standard error with what was learned: last
 * orders are scattered over the year, and hardly show what trend is worth.
 *
 * @param names the weights to learn.
 * @param kind of the sample that the judge measures on.
 * @param newest judges the newest weeks alone; absent if orders have no times.
 */
export async function learnBlend(
  judge: Judge,
  start: Blend,
  names: readonly Learnable[],
  kind: HeldOutSample['kind'],
  signal?: AbortSignal,
  newest?: Judge,
): Promise<{ blend: Blend; learned: boolean }> {
  const ofNew = await learn(names.filter(isOfNew), start, ['explore'], sure.new);
  const blend = await learn(
    names.filter((name) => !isOfNew(name)),
    ofNew,
    ['all', 'explore'],
    sure.bought,
  );
  return { blend, learned: blend !== start };

  async function learn(
    some: readonly Learnable[],
    from: Blend,
    questions: readonly ('all' | 'explore')[],
    errors: number,
  ): Promise<Blend> {
    if (some.length === 0) return from;
    const climbOn = (half?: 0 | 1) =>
      climb(from, some, async (blend) => (await accuracyOf(judge, blend, { half, questions })).value, signal);
    const [even, odd] = [await climbOn(0), await climbOn(1)];
    if (even === from && odd === from) return from;
    const halves = [
      await scoresOf(judge, even, { half: 1, questions }),
      await scoresOf(judge, odd, { half: 0, questions }),
    ];
    const gain = gainOf(joined(halves), await scoresOf(judge, from, { questions }));
    const least =
      kind === 'orders'
        ? errors * gain.error
        : Math.max(
            ofProducts.errors * gain.error,
            ofProducts.share * (await accuracyOf(judge, from, { questions })).value,
          );
    if (gain.mean <= least) return from;
    const learned = await climbOn();
    if (!newest) return learned;
    const ofNewest = gainOf(
      await scoresOf(newest, learned, { questions }),
      await scoresOf(newest, from, { questions }),
    );
    return ofNewest.mean < -ofNewest.error ? from : learned;
  }
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
      for (const next of moves[name](blend[name])) {
        const other = { ...blend, [name]: next };
        const otherValue = await rate(other);
        if (otherValue <= value + tolerance) continue;
        blend = other;
        value = otherValue;
        moved = true;
      }
    }
  }
  return blend;
}
