/** What customers bought that lists had not shown them: the other purchases favour the model that made the lists. */
import { throwIfAborted } from '../../../errors.ts';
import type { Gate, GateResult } from '../../../model/model.ts';
import { dayMs } from '../../../orders/times/calendar.ts';
import { maxRecommendations } from '../../../recommending/filters.ts';
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
  /** Makes lists of the candidate, for the question 'all'. */
  listsOfCandidate(asked: Asked): Promise<readonly (readonly string[])[]>;
  /** Makes and compares the lists of both models. */
  compare(asked: Asked): Promise<readonly GateResult[]>;
}

/**
 * Compares two models once more, without the products that lists had shown to a customer before they bought them, and without those
 * that the candidate would have shown: its best ones, as many as were shown. The served model has only its second choice left
 * after what it had shown, and a candidate that still had its first would look better than one that is just as good. The lists of
 * both models leave out all of this, too: places that hold it could find nothing. It reads the newest `maxListsOfCustomer` lists of
 * each of the customers, one customer at a time, as far as the store keeps them.
 *
 * @returns undefined if the store keeps no lists, or nothing was bought from one.
 * @throws what the store and `compare` throw, and `aborted`.
 */
export async function compareUnshown(
  question: GateResult['question'],
  { asked, needed, boughtBy, listsOfCandidate, compare }: Measured,
  store: Pick<ShopStore, 'shownTo'> | undefined,
  signal?: AbortSignal,
): Promise<Gate['unshown']> {
  if (!store?.shownTo) return undefined;
  const pause = createPauses();
  const some: Unshown[] = [];
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
    if (kept.size > 0) some.push({ customer, kept, shown });
  }
  if (left === all) return undefined;
  const customers = some.length < needed ? [] : await withoutFirst(some, listsOfCandidate);
  const results =
    customers.length < needed
      ? []
      : await compare({
          customers: customers.map(({ customer }) => customer),
          targets: { [question]: customers.map(({ kept }) => kept) },
          denied: customers.map(({ shown }) => shown),
        });
  return { bought: all, shown: all - left, ...(results.length > 0 && { result: results[0] }) };
}

/** A customer, what they bought that was not shown, and what the lists of both leave out. */
interface Unshown {
  readonly customer: string;
  readonly kept: Set<string>;
  readonly shown: Set<string>;
}

/** Takes the candidate's best products as shown, too, as many as were. Returns who bought anything else. */
async function withoutFirst(
  some: readonly Unshown[],
  listsOfCandidate: Measured['listsOfCandidate'],
): Promise<readonly Unshown[]> {
  const first = await listsOfCandidate({
    customers: some.map(({ customer }) => customer),
    targets: {},
    lengths: some.map(({ shown }) => Math.max(1, Math.min(shown.size, maxRecommendations))),
  });
  for (const [place, { kept, shown }] of some.entries()) {
    for (const product of first[place].slice(0, shown.size)) {
      shown.add(product);
      kept.delete(product);
    }
    for (const product of kept) shown.delete(product);
  }
  return some.filter(({ kept }) => kept.size > 0);
}
