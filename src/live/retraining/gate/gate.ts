/** What decides whether a newly trained model may be served. */
import type { Dataset } from '../../../dataset/dataset.ts';
import type { KernelOptions } from '../../../kernel/open.ts';
import type { Gate, Model } from '../../../model/model.ts';
import type { ShopStore } from '../../store/store.ts';
import { type Asked, anyoneOf, askedOf, type KnownOrder, knownOf } from './asked.ts';
import { damagesOf, listDamages } from './damage.ts';
import type { Newest, TooFew } from './hold-out-newest.ts';
import { listsOf } from './lists.ts';
import { pairedResults } from './paired.ts';
import { compareUnshown } from './unshown.ts';
import { gateOf, questionFor } from './verdict.ts';

/** More customers are not asked for: fewer tell a small difference from noise. */
const maxAsked = 4000;
/** Customers whose lists are looked at if nothing can be compared. */
const maxLookedAt = 500;

export interface GateOptions {
  /** The model that answers right now. */
  served: Model;
  /** The one that is to take its place. It was trained on the orders that are not held out, or on all if there are too few. */
  candidate: Model;
  /** All orders. */
  dataset: Dataset;
  /** The orders that both are measured on; see `holdOutNewest`. */
  newest: Newest | TooFew;
  /**
   * Whether the served model hears of purchases while it serves; true by default. Those before the held-out orders then count in
   * its lists.
   */
  hearsOfPurchases?: boolean;
  /** Whether the candidate may know, and list, fewer than half of the products or customers; false by default. */
  acceptLoss?: boolean;
  /** The store that keeps the lists that customers were shown, which favour the served model; none by default. */
  store?: Pick<ShopStore, 'shownTo'>;
  kernel?: KernelOptions;
  signal?: AbortSignal;
  /** Called with the share of the lists that are made, 0 to 1. */
  onProgress?: (done: number) => void;
}

/**
 * Compares a candidate with the served model: what the ten best products of either find of the newest orders, for the same
 * customers, to whom products are matched by id. The served model is measured as it is served: what was bought between its own
 * orders and the held-out ones counts on top of it, for strangers, too. A product that it does not know cannot be in its lists.
 *
 * The candidate is refused if recall + NDCG@10 are lower by more than two standard errors of the mean difference over customers:
 * if customers bought what lists had shown them, both on all that they bought and without that, since the served model made the
 * lists (if fewer customers than `needed` bought anything else, on all; see `compareUnshown`). It is also refused if it is damaged: factors that are not finite or all zero; half of the products or customers lost; lists that are
 * shorter, or the same for nearly everybody, or that hold fewer than half as many products.
 *
 * @throws `aborted`, and what `createRecommender` and the store throw.
 *
 * @example
 * const newest = holdOutNewest(dataset, endOf(served));
 * const candidate = await train(newest.heldOut?.train ?? dataset);
 * const { passed, reason } = await runGate({ served, candidate, dataset, newest });
 */
export async function runGate({
  served,
  candidate,
  dataset,
  newest,
  hearsOfPurchases = true,
  acceptLoss = false,
  store,
  kernel = {},
  signal,
  onProgress,
}: GateOptions): Promise<Gate> {
  const { heldOut, isNew, needed } = newest;
  const found = {
    newOrders: isNew,
    needed,
    ...(heldOut && { heldOut: { orders: newest.orders, from: newest.from, to: newest.to } }),
  };
  const damages = damagesOf(served, candidate, acceptLoss);
  // No lists can be made of what is not finite.
  if (damages.length > 0) return gateOf(served, candidate, { ...found, results: [], damages });
  const asked = heldOut ? askedOf(heldOut, maxAsked) : anyoneOf(dataset, maxLookedAt);
  const known = heldOut ? knownOf(heldOut.train, newest.from) : knownOf(dataset, Number.POSITIVE_INFINITY);
  const listsFor = async (asked: Asked, report?: (done: number) => void) => {
    const lists = (model: Model, hears: boolean, before: number) =>
      listsOf(model, asked, hears ? known : undefined, {
        kernel,
        signal,
        onProgress: (done) => report?.((before + done) / 2),
      });
    const ofServed = await lists(served, hearsOfPurchases, 0);
    const ofCandidate = await lists(candidate, true, 1);
    return { ofServed, ofCandidate, results: pairedResults(asked, ofServed, ofCandidate) };
  };
  const { ofServed, ofCandidate, results } = await listsFor(asked, onProgress);
  const compared = { ...found, results, damages: listDamages(ofServed.all, ofCandidate.all, acceptLoss) };
  const gate = gateOf(served, candidate, compared);
  if (gate.outcome !== 'worse' || !heldOut) return gate;
  const orders = knownOf(dataset, Number.POSITIVE_INFINITY)!;
  const boughtBy = (customer: string) => firstBought(orders.ordersOf(customer), newest.from);
  const measured = {
    ...{ asked, needed, boughtBy },
    listsOfCandidate: async (asked: Asked) => (await listsOf(candidate, asked, known, { kernel, signal })).all,
    compare: async (unshown: Asked) => (await listsFor(unshown)).results,
  };
  const unshown = await compareUnshown(questionFor(candidate), measured, store, signal);
  return gateOf(served, candidate, { ...compared, unshown });
}

/** When each product was first bought from a time on. @param orders oldest first. */
function firstBought(orders: readonly KnownOrder[], from: number): Map<string, number> {
  const bought = new Map<string, number>();
  for (const { time, units } of orders)
    for (const product of units.keys()) if (time >= from && !bought.has(product)) bought.set(product, time);
  return bought;
}
