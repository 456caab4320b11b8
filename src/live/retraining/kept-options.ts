/** Whether a run searches for options, which takes most of its time, or keeps those of the served model. */
import type { Dataset } from '../../dataset/dataset.ts';
import type { Model } from '../../model/model.ts';
import { dayMs } from '../../orders/times/calendar.ts';
import type { TrainOptions } from '../../training/fit.ts';
import { ordersIn } from '../../tuning/small-shops.ts';
import { version } from '../../version.ts';
import { hasOptions } from './unchanged.ts';

/** Options that were found are kept for so long, */
const keptDays = 7;
/** and while there are no more than so many times the orders, nor fewer than one in so many. */
const mostGrowth = 1.5;
/** Whoever says one of these wants a search. */
const searching = ['budget', 'earlyStopping', 'guards'];

/**
 * Whether a training goes on with the options that a model has: those that are given are the same, and the others were found
 * on held-out orders by this version of Endcap, less than a week ago, when there were about as many orders. With `fast`, which
 * wants no search, they may be of any age.
 *
 * @param now milliseconds since 1970 UTC.
 */
export function keepsOptions(
  { metadata }: Pick<Model, 'metadata'>,
  dataset: Dataset,
  training: TrainOptions,
  now = Date.now(),
): boolean {
  const { endcap, choice } = metadata;
  if (choice?.at === undefined || choice.orders === undefined) return false;
  if (endcap !== version || !hasOptions(metadata, training)) return false;
  const given: Partial<Record<string, unknown>> = { ...training };
  if (searching.some((name) => given[name] !== undefined)) return false;
  if (given.trees !== undefined && given.trees !== (metadata.repeatTrees !== undefined)) return false;
  if (given.fast) return true;
  const growth = ordersIn(dataset) / choice.orders;
  return now - Date.parse(choice.at) < keptDays * dayMs && growth <= mostGrowth && growth >= 1 / mostGrowth;
}
