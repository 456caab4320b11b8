import type { BoughtLine } from '../attribution/attributed.ts';
import type { Outcome } from '../attribution/outcomes.ts';
import { addRatio, noRatioSums, type RatioSums } from '../attribution/ratio.ts';
import type { ShownList } from '../store/store.ts';

/** What the customers of an arm were shown, and what they bought then. */
export interface Tally {
  customers: number;
  /** Those of them who were first shown a list in the last days. */
  newcomers: number;
  lists: number;
  /** Products of these lists, and those of them that the customer had not bought before. */
  shown: number;
  shownNew: number;
  /** Customers who bought something that a list had. */
  buyers: number;
  /** Of customers who bought something: the lines that a list had, of all. */
  readonly recall: RatioSums;
  /** Of all customers, at the prices of today, less what was sent back. */
  readonly revenue: RatioSums;
  /** Lines of known price. */
  priced: number;
  /** One bit for each product of the model: whether some list has it. */
  readonly covered: Uint8Array;
}

/** What else there is to know of customers and products. */
export interface Facts {
  /** The row of a product in the served model. */
  rowOf(product: string): number | undefined;
  /** The price of today; undefined if nobody says it. */
  priceOf(product: string): number | undefined;
  /** Whether a customer bought a product before a moment. */
  hadBefore(outcome: Outcome, moment: Pick<BoughtLine, 'product' | 'time'>): boolean;
}

export const noTally = (products: number): Tally => ({
  ...{ customers: 0, newcomers: 0, lists: 0, shown: 0, shownNew: 0, buyers: 0, priced: 0 },
  ...{ recall: noRatioSums(), revenue: noRatioSums(), covered: new Uint8Array(Math.ceil(products / 8)) },
});

/**
 * Adds a customer to the tally of their arm. What they buy within `windowMs` of a list follows it; it counts as bought from a
 * list if one of those that it follows has it. What was sent back is no revenue.
 *
 * @param lists those of the customer's that are of the experiment, at least one, by time.
 * @param newSince customers whose first list is not older are newcomers.
 */
export function* tallying(
  tally: Tally,
  outcome: Outcome,
  lists: readonly ShownList[],
  facts: Facts,
  windowMs: number,
  newSince: number,
): Generator<undefined, void> {
  /** By product, when lists had it, ascending. */
  const shownAt = new Map<string, number[]>();
  for (const { time, products } of lists) {
    for (const product of products) {
      const times = shownAt.get(product);
      if (times) times.push(time);
      else shownAt.set(product, [time]);
      if (!facts.hadBefore(outcome, { product, time })) tally.shownNew++;
      const row = facts.rowOf(product);
      if (row !== undefined) tally.covered[row >> 3] |= 1 << (row & 7);
    }
    tally.shown += products.length;
    yield;
  }
  const times = lists.map(({ time }) => time);
  let revenue = 0;
  let fromLists = 0;
  const followed = outcome.lines.filter(({ time }) => follows(times, time, windowMs));
  for (const { product, time, units } of followed) {
    const price = facts.priceOf(product);
    if (price !== undefined) tally.priced++;
    revenue += units * (price ?? 0);
    if (follows(shownAt.get(product) ?? [], time, windowMs)) fromLists++;
  }
  tally.customers++;
  if (times[0] >= newSince) tally.newcomers++;
  tally.lists += lists.length;
  if (fromLists > 0) tally.buyers++;
  if (followed.length > 0) addRatio(tally.recall, fromLists, followed.length);
  addRatio(tally.revenue, revenue);
}

/** Whether a moment is at one of the times, which ascend, or within `windowMs` after. */
function follows(times: readonly number[], moment: number, windowMs: number): boolean {
  let [from, to] = [0, times.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (times[middle] <= moment) from = middle + 1;
    else to = middle;
  }
  return from > 0 && moment - times[from - 1] <= windowMs;
}

/** Products that some list has. */
export function coveredOf({ covered }: Pick<Tally, 'covered'>): number {
  let count = 0;
  for (const byte of covered) for (let bits = byte; bits > 0; bits &= bits - 1) count++;
  return count;
}
