/** What customers bought without having seen it in a list: the other purchases favour the model that made the lists. */
import { throwIfAborted } from '../../../errors.ts';
import type { Gate, GateResult } from '../../../model/model.ts';
import { dayMs } from '../../../orders/times/calendar.ts';
import { createPauses } from '../../../turns.ts';
import { maxListsOfCustomer } from '../../attribution/outcomes.ts';
import type { ShopStore } from '../../store/store.ts';
import type { Asked } from './asked.ts';

/** Orders may say the day alone, or the time of another zone: a list counts as earlier until a day after the order. */
const slackMs = dayMs;

interface Measured {
  /** What was measured first. */
  readonly asked: Asked;
  /** Fewer customers say nothing. */
  readonly needed: number;
  /** When a customer first bought each of the products that are to be found, in milliseconds since 1970 UTC. */
  boughtBy(customer: string): ReadonlyMap<string, number>;
  /** Makes and compares the lists of both models. */
  compare(asked: Asked): Promise<readonly GateResult[]>;
}

/**
 * Compares two models once more, without the products that lists had shown to a customer before they bought them. The lists of
 * both models leave out whatever was shown to the customer, too: places that hold it could find nothing, and most of the served
 * model's would. It reads the newest `maxListsOfCustomer` lists of each of the customers, one customer at a time, as far as the
 * store keeps them.
 *
 * @returns undefined if the store keeps no lists, or nothing was bought from one.
 * @throws what the store and `compare` throw, and `aborted`.
 */
export async function compareUnshown(
  question: GateResult['question'],
  { asked, needed, boughtBy, compare }: Measured,
  store: Pick<ShopStore, 'shownTo'> | undefined,
  signal?: AbortSignal,
): Promise<Gate['unshown']> {
  if (!store?.shownTo) return undefined;
  const pause = createPauses();
  const customers: string[] = [];
  const targets: ReadonlySet<string>[] = [];
  const denied: ReadonlySet<string>[] = [];
  let [all, left] = [0, 0];
  for (const [place, wanted] of asked.targets[question]!.entries()) {
    if (wanted.size === 0) continue;
    throwIfAborted(signal);
    const customer = asked.customers[place];
    const bought = boughtBy(customer);
    const [kept, shown] = [new Set(wanted), new Set<string>()];
    for (const { time, products } of await store.shownTo(customer, maxListsOfCustomer)) {
      for (const product of products) {
        shown.add(product);
        if (time < bought.get(product)! + slackMs) kept.delete(product);
      }
    }
    all += wanted.size;
    left += kept.size;
    await pause();
    if (kept.size === 0) continue;
    for (const product of kept) shown.delete(product);
    customers.push(customer);
    targets.push(kept);
    denied.push(shown);
  }
  if (left === all) return undefined;
  const results =
    customers.length >= needed ? await compare({ customers, targets: { [question]: targets }, denied }) : [];
  return { bought: all, shown: all - left, ...(results.length > 0 && { result: results[0] }) };
}
