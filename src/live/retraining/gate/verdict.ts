import { dateOf, digits, plural } from '../../../measuring/protocols/wording.ts';
import type { Gate, GateResult, Model } from '../../../model/model.ts';
import { defaultPurchased } from '../../../recommending/filters.ts';
import { listLength } from './lists.ts';
import { verdictOn } from './paired.ts';

/** What a gate has found, before it decides. */
export interface Findings extends Pick<Gate, 'newOrders' | 'heldOut' | 'results' | 'damages'> {
  /** How many customers it takes to compare. */
  readonly needed: number;
}

/** Decides by what was found. Where nobody buys a product twice, lists of new products count. */
export function gateOf(served: Pick<Model, 'metadata'>, candidate: Pick<Model, 'metadata'>, found: Findings): Gate {
  const { newOrders, heldOut, results, damages } = found;
  const asked = defaultPurchased(candidate) === 'exclude' ? 'explore' : 'all';
  const decisive = results.find(({ question }) => question === asked);
  const outcome = damages.length > 0 ? 'damaged' : decisive ? verdictOn(decisive) : 'too_few';
  return {
    outcome,
    passed: outcome !== 'damaged' && outcome !== 'worse',
    reason: reasonFor(outcome, found, decisive),
    served: served.metadata.version,
    newOrders,
    ...(heldOut && { heldOut }),
    ...(decisive && { question: asked }),
    results,
    damages,
  };
}

function reasonFor(
  outcome: Gate['outcome'],
  { newOrders, heldOut, damages, needed }: Findings,
  decisive: GateResult | undefined,
): string {
  if (outcome === 'damaged') return `it is damaged: ${damages.join('; ')}`;
  if (outcome === 'too_few' || !decisive) {
    if (newOrders.orders === 0)
      return 'no order has a later time than those of the served model, so nothing can be compared';
    const orders = plural(newOrders.orders, 'one order is new', '# orders are new');
    const customers = plural(newOrders.customers, 'one customer', '# customers');
    return `too little is new to compare the models: ${orders}, of ${customers} who had ordered before; it takes ${needed} such customers`;
  }
  const { question, customers, gain, error = 0, served, candidate } = decisive;
  const what = question === 'explore' ? 'bought for the first time' : 'bought';
  const who = plural(customers, 'one customer', '# customers');
  const when = heldOut ? ` from ${dateOf(heldOut.from)} on` : '';
  const [own, other] = [candidate, served].map(({ recall, ndcg }) => digits(recall + ndcg));
  return (
    `its lists find ${amounts[outcome]} of what ${who} ${what}${when}: recall + NDCG@${listLength} ${own}, of the served model ` +
    `${other}, a difference of ${gain < 0 ? '-' : '+'}${digits(Math.abs(gain))} ± ${digits(error)}`
  );
}

const amounts = { better: 'more', tie: 'as much, within the noise,', worse: 'less' };
