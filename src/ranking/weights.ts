import type { Dataset } from '../dataset/dataset.ts';
import { finiteNumber, invalidOption, onlyKnown, wholeNumber } from '../options.ts';
import { isRare, reboughtOf } from './repeat.ts';

/** The weights of the formula that a model ranks by; `formula.ts` has the formula. */
export interface Ranking {
  /** Weight of the root of the dot product of the factors; 0 or more. */
  readonly taste: number;
  /** Weight of how often and how recently the customer bought the product; 0 or more. */
  readonly habit: number;
  /** Weight of the logarithm of how much everybody buys the product; of either sign. */
  readonly trend: number;
  /** Added for every product that the customer bought before; of either sign. */
  readonly bought: number;
  /** Weight of how readily customers buy the product again, if the customer bought it before; of either sign. */
  readonly repeat: number;
  /** Weight of what other customers buy with what the customer bought; 0 or more. Absent in models of earlier versions: 0. */
  readonly neighbours?: number;
  /** The regularization of EASE, if neighbours are found by it; 0 or absent: by a random walk. */
  readonly easeRegularization?: number;
  /** Weight of an order relative to the one after it; above 0, at most 1. */
  readonly decay: number;
  /** Length of the window in which sales make a trend, in days; see `windowOf`. */
  readonly windowDays: number;
}

export interface RankingOptions {
  /** Weight of an order relative to the one after it; above 0, at most 1; 0.9 by default. */
  decay?: number;
  /** Length of the window in which sales make a trend, in days; it ends with the last order; above 0; 30 by default, unless `train` picks another. */
  windowDays?: number;
  /** Weights of the parts of a score; those left out are those of `defaultBlend`. See `Ranking`. */
  blend?: Partial<Blend>;
  /**
   * Above 0, neighbours are found by EASE (Steck 2019) with this regularization; 100 to 1000 suit most shops. At 0, the
   * default, they are found by a random walk, unless `train` picks EASE.
   */
  easeRegularization?: number;
  /** How many products to keep that are bought together with each one; 0 to 1000; 20 by default. */
  together?: number;
}

export interface RankingSettings extends Required<Omit<Ranking, 'easeRegularization'>> {
  /** Absent if it is 0. */
  readonly easeRegularization?: number;
  readonly together: number;
}

/** The weights of the parts of a score; see `Ranking`. */
export type Blend = Required<Pick<Ranking, 'taste' | 'habit' | 'trend' | 'bought' | 'repeat' | 'neighbours'>>;

/** The best on all shops that were tried, taken together. */
export const defaultBlend: Blend = { taste: 2, habit: 4, trend: 0.1, bought: 0, repeat: 0.5, neighbours: 0 };

/** Where orders have times, what sold in the last days says more. */
const datedTrend = 0.2;
/** Where nobody buys a product twice, what was bought comes after everything else. What sells says nothing about taste. */
const onlyNew = { trend: 0, habit: 0, bought: -10, repeat: 0 };
/**
 * With so many products, which hardly anybody buys twice, few customers have much in common, and what they buy besides says
 * more than factors alone. Since neighbours count popular products for less, some of their popularity is given back.
 */
const sparse = { products: 10_000, neighbours: 2, trend: 0.05 };

/** The weights to begin with: the best on all shops of the kind that were tried, taken together. */
export function defaultBlendOf(dataset: Pick<Dataset, 'products' | 'history'>): Blend {
  const rebought = reboughtOf(dataset);
  const { products, neighbours, trend } = sparse;
  const ofSparse = dataset.products.length >= products && isRare(rebought) && { neighbours, trend };
  if (rebought === 0) return { ...defaultBlend, ...onlyNew, ...ofSparse };
  return { ...defaultBlend, ...(dataset.history?.times && { trend: datedTrend }), ...ofSparse };
}

export const rankingNames = ['decay', 'windowDays', 'blend', 'easeRegularization', 'together'];

/** The decay, which training reads too. Throws `invalid_options`. */
export function decayOf({ decay = 0.9 }: Pick<RankingOptions, 'decay'>): number {
  return finiteNumber('decay', decay, 1e-3, 1);
}

/** Of a blend. */
export const maxWeight = 100;

/** Every option with its value or default. Throws `invalid_options` that names the option. */
export function rankingSettings(options: RankingOptions) {
  const { decay, windowDays = 30, blend = {}, easeRegularization = 0, together = 20 } = options;
  if (typeof blend !== 'object' || blend === null) throw invalidOption('blend', blend, 'an object of weights');
  onlyKnown(blend, Object.keys(defaultBlend));
  const { taste, habit, trend, bought, repeat, neighbours } = { ...defaultBlend, ...blend };
  const ease = finiteNumber('easeRegularization', easeRegularization, 0, 1e9);
  return {
    taste: finiteNumber('blend.taste', taste, 0, maxWeight),
    habit: finiteNumber('blend.habit', habit, 0, maxWeight),
    trend: finiteNumber('blend.trend', trend, -maxWeight, maxWeight),
    bought: finiteNumber('blend.bought', bought, -maxWeight, maxWeight),
    repeat: finiteNumber('blend.repeat', repeat, -maxWeight, maxWeight),
    neighbours: finiteNumber('blend.neighbours', neighbours, 0, maxWeight),
    decay: decayOf({ decay }),
    windowDays: finiteNumber('windowDays', windowDays, 1e-3),
    ...(ease > 0 && { easeRegularization: ease }),
    together: wholeNumber('together', together, 0, 1000),
  } satisfies RankingSettings;
}

/** The settings as they stand among a model's options. */
export function rankingTexts({ decay, windowDays, easeRegularization = 0, together, ...blend }: RankingSettings) {
  return { decay, windowDays, blend: blendText(blend), easeRegularization, together };
}

/** `taste=2,habit=4,trend=0.1,bought=0,repeat=0.5,neighbours=0` */
export function blendText(blend: Blend): string {
  return Object.keys(defaultBlend)
    .map((name) => `${name}=${blend[name as keyof Blend]}`)
    .join();
}
