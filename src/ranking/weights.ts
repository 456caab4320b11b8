import { finiteNumber, invalidOption, onlyKnown, wholeNumber } from '../options.ts';

/**
 * How a model ranks: score = taste * sqrt(max(0, x.y)) + trend * ln(uptake + .001), but for what the customer bought before
 * taste * sqrt(max(0, x.y)) + trend * ln(popularity + .001) + habit * S / (1 + S of all) + bought + repeat * repeat
 * propensity, where S is the recency of a pair (see `Signals`), S of all what a product in all of the customer's orders
 * would have, and uptake and popularity are those of the window, each scaled so that the highest is 1.
 */
export interface Ranking {
  /** Weights; 0 or more. */
  readonly taste: number;
  readonly habit: number;
  readonly trend: number;
  /** Weights of any sign. */
  readonly bought: number;
  readonly repeat: number;
  /** What an order counts for against the one after it; above 0, at most 1. */
  readonly decay: number;
  /** Days up to the last order whose sales make a product popular. */
  readonly windowDays: number;
}

export interface RankingOptions {
  /** What an order counts for against the one after it; above 0, at most 1; 0.9 by default. */
  decay?: number;
  /** Days up to the last order whose sales make a product popular; above 0; 60 by default. */
  windowDays?: number;
  /** Weights of the parts of a score; those that are not given are `defaultBlend`'s. See `Ranking`. */
  blend?: Partial<Blend>;
  /** How many products to keep that are bought together with each; 0 to 1000; 20 by default. */
  together?: number;
}

export interface RankingSettings extends Ranking {
  readonly together: number;
}

/** The weights of a score; see `Ranking`. */
export type Blend = Pick<Ranking, 'taste' | 'habit' | 'trend' | 'bought' | 'repeat'>;

/** Did best jointly on the shops it was tried on. */
export const defaultBlend: Blend = { taste: 2, habit: 4, trend: 0.1, bought: 0, repeat: 0.5 };

export const rankingNames = ['decay', 'windowDays', 'blend', 'together'];

/** The decay, which training reads too. Throws `invalid_options`. */
export function decayOf({ decay = 0.9 }: Pick<RankingOptions, 'decay'>): number {
  return finiteNumber('decay', decay, 1e-3, 1);
}

/** Every option with its value or default. Throws `invalid_options` that names the option. */
export function rankingSettings({ decay, windowDays = 60, blend = {}, together = 20 }: RankingOptions) {
  if (typeof blend !== 'object' || blend === null) throw invalidOption('blend', blend, 'an object of weights');
  onlyKnown(blend, Object.keys(defaultBlend));
  const { taste, habit, trend, bought, repeat } = { ...defaultBlend, ...blend };
  return {
    taste: finiteNumber('blend.taste', taste, 0, 100),
    habit: finiteNumber('blend.habit', habit, 0, 100),
    trend: finiteNumber('blend.trend', trend, 0, 100),
    bought: finiteNumber('blend.bought', bought, -100, 100),
    repeat: finiteNumber('blend.repeat', repeat, -100, 100),
    decay: decayOf({ decay }),
    windowDays: finiteNumber('windowDays', windowDays, 1e-3),
    together: wholeNumber('together', together, 0, 1000),
  } satisfies RankingSettings;
}

/** The settings as they stand among a model's options. */
export function rankingTexts({ decay, windowDays, together, ...blend }: RankingSettings) {
  return { decay, windowDays, blend: blendText(blend), together };
}

/** `taste=2,habit=4,trend=0.1,bought=0,repeat=0.5` */
export function blendText(blend: Blend): string {
  return Object.keys(defaultBlend)
    .map((name) => `${name}=${blend[name as keyof Blend]}`)
    .join();
}
