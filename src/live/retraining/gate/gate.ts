/** What decides whether a newly trained model may be served. */
import type { Dataset } from '../../../dataset/dataset.ts';
import type { KernelOptions } from '../../../kernel/open.ts';
import type { Gate, Model } from '../../../model/model.ts';
import { anyoneOf, askedOf, knownOf } from './asked.ts';
import { damagesOf, listDamages } from './damage.ts';
import type { Newest, TooFew } from './hold-out-newest.ts';
import { listsOf } from './lists.ts';
import { pairedResults } from './paired.ts';
import { gateOf } from './verdict.ts';

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
 * The candidate is refused if recall + NDCG@10 are lower by more than two standard errors of the mean difference over customers,
 * or if it is damaged: factors that are not finite or all zero; half of the products or customers lost; lists that are
 * shorter, or the same for nearly everybody, or that hold fewer than half as many products.
 *
 * @throws `aborted`, and what `createRecommender` throws.
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
  const lists = (model: Model, hears: boolean, before: number) =>
    listsOf(model, asked, hears ? known : undefined, {
      kernel,
      signal,
      onProgress: (done) => onProgress?.((before + done) / 2),
    });
  const ofServed = await lists(served, hearsOfPurchases, 0);
  const ofCandidate = await lists(candidate, true, 1);
  return gateOf(served, candidate, {
    ...found,
    results: pairedResults(asked, ofServed, ofCandidate),
    damages: listDamages(ofServed.all, ofCandidate.all, acceptLoss),
  });
}
