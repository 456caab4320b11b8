import type { Dataset } from '../../dataset/dataset.ts';
import { holdOutFrom, requireHistory } from '../../dataset/split.ts';
import { EndcapError } from '../../errors.ts';
import { windowOf } from '../../ranking/window.ts';
import { finish } from '../../turns.ts';
import { type Aim, type HeldOutSample, holdOutRecent, holdOutSample, recentDays } from '../judging/held-out.ts';

/** More than `train` asks, which has less time. */
const maxCustomers = 10_000;

/** What a search measures by. */
export interface SearchSamples {
  readonly main: HeldOutSample;
  /** The newest weeks, if orders have times and they are not what `main` holds out. */
  readonly newest?: HeldOutSample;
  /** Whether `main` is what was bought from some time on. */
  readonly isByTime: boolean;
  /** All of them, for every question, since guards look after what is not aimed at, too. */
  readonly guarded: readonly HeldOutSample[];
}

/**
 * What chooses options: what `train` would hold out, the last orders and the newest weeks, or what the aim says.
 *
 * @throws `nothing_to_measure` if too few customers bought enough, `invalid_options` if the dataset has no history.
 */
export function samplesFor(dataset: Dataset, factors: number, aim: Aim): SearchSamples {
  requireHistory(dataset);
  return samplesOf(dataset, factors, aim) ?? refuse('hold out some of it and measure options by it');
}

/**
 * What confirms a choice: the same of the orders before all that chose, or another fifth of the products. Of earlier orders
 * that are too few for the days of the aim, the last ones.
 *
 * @param orders those of the shop.
 * @throws `nothing_to_measure` if too few customers bought enough.
 */
export function samplesToConfirm(
  orders: Dataset,
  factors: number,
  aim: Aim,
  { main, newest }: SearchSamples,
): SearchSamples & { readonly dataset: Dataset } {
  const refusal = 'choose options by some of it and confirm the choice by the rest';
  if (main.kind === 'products') return { dataset: orders, ...(samplesOf(orders, factors, aim, 1) ?? refuse(refusal)) };
  const { train } = main.heldOut;
  const dataset = newest ? finish(holdOutFrom(train, windowOf(orders.history?.times, recentDays).from)).train : train;
  const samples =
    samplesOf(dataset, factors, aim) ??
    (aim.lastDays === undefined ? undefined : samplesOf(dataset, factors, { purchased: aim.purchased }));
  return { dataset, ...(samples ?? refuse(refusal)) };
}

/** @param fold which fifth of the products, if products are held out. */
function samplesOf(dataset: Dataset, factors: number, aim: Aim, fold = 0): SearchSamples | undefined {
  const main = finish(holdOutSample(dataset, factors, aim, { maxCustomers, fold }));
  if (!main) return undefined;
  const isByTime = aim.lastDays !== undefined;
  const recent = isByTime ? undefined : finish(holdOutRecent(dataset, factors));
  const newest = recent && { ...recent, questions: main.questions };
  const asked = main.kind === 'orders' ? (['all', 'explore'] as const) : (['explore'] as const);
  const guarded = [main, ...(newest ? [newest] : [])].map((sample) => ({ ...sample, questions: asked }));
  return { main, ...(newest && { newest }), isByTime, guarded };
}

function refuse(purpose: string): never {
  throw new EndcapError('nothing_to_measure', `too few customers bought enough to ${purpose}; train without tuning`);
}
