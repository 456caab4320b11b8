import type { Gate, GateResult, Model } from '../../../model/model.ts';
import { defaultPurchased } from '../../../recommending/filters.ts';
import { dateOf, digits, number, plural } from '../../../wording.ts';
import { listLength } from './lists.ts';
import { verdictOn } from './paired.ts';

/** What a gate has found, before it decides. */
export interface Findings extends Pick<Gate, 'newOrders' | 'heldOut' | 'results' | 'unshown' | 'damages'> {
  /** How many customers it takes to compare. */
  readonly needed: number;
}

/**
 * Decides by what was found. Where nobody buys a product twice, lists of new products count. What is worse has to be worse on
 * what no list had shown, too, if that was measured.
 */
export function gateOf(served: Pick<Model, 'metadata'>, candidate: Pick<Model, 'metadata'>, found: Findings): Gate {
  const { newOrders, heldOut, results, unshown, damages } = found;
  const asked = questionFor(candidate);
  const decisive = results.find(({ question }) => question === asked);
  const outcome =
    damages.length > 0 ? 'damaged' : decisive ? verdictOn(unshown?.result ?? decisive) : ('too_few' as const);
  return {
    outcome,
    passed: outcome !== 'damaged' && outcome !== 'worse',
    reason: reasonFor(outcome, found, decisive),
    served: served.metadata.version,
    newOrders,
    ...(heldOut && { heldOut }),
    ...(decisive && { question: asked }),
    results,
    ...(unshown && { unshown }),
    damages,
  };
}

/** The question that decides on a candidate. */
export function questionFor(candidate: Pick<Model, 'metadata'>): 'all' | 'explore' {
  return defaultPurchased(candidate) === 'exclude' ? 'explore' : 'all';
}

function reasonFor(
  outcome: Gate['outcome'],
  { newOrders, heldOut, unshown, damages, needed }: Findings,
  decisive: GateResult | undefined,
): string {
  if (outcome === 'damaged') return `it is damaged: ${damages.join('; ')}`;
  if (!decisive) {
    if (newOrders.orders === 0)
      return 'no order has a later time than those of the served model, so nothing can be compared';
    const orders = plural(newOrders.orders, 'one order is new', '# orders are new');
    const customers = plural(newOrders.customers, 'one customer', '# customers');
    return `too little is new to compare the models: ${orders}, of ${customers} who had ordered before; it takes ${needed} such customers`;
  }
  const { question, customers } = decisive;
  const what = question === 'explore' ? 'bought for the first time' : 'bought';
  const who = plural(customers, 'one customer', '# customers');
  const when = heldOut ? ` from ${dateOf(heldOut.from)} on` : '';
  const all = `its lists find ${amounts[verdictOn(decisive)]} of what ${who} ${what}${when}: ${numbersOf(decisive)}`;
  return unshown ? `${all}; ${reasonWithout(unshown, needed)}` : all;
}

/** What it is like without what lists had shown. */
function reasonWithout({ bought, shown, result }: NonNullable<Gate['unshown']>, needed: number): string {
  if (!result)
    return (
      `lists had shown ${number(shown)} of these ${plural(bought, 'product', '# products')} before, which favours the served ` +
      `model, but fewer than ${needed} customers bought others`
    );
  const products = `${number(bought - shown)} of ${plural(bought, 'product', '# products')}`;
  const what = `what no list had shown before (${products}), and the candidate would not have,`;
  const who = plural(result.customers, 'one customer', '# customers');
  return `of ${what} they find ${amounts[verdictOn(result)]} for ${who}: ${numbersOf(result)}`;
}

function numbersOf({ gain, error = 0, served, candidate }: GateResult): string {
  const [own, other] = [candidate, served].map(({ recall, ndcg }) => digits(recall + ndcg));
  const difference = `${gain < 0 ? '-' : '+'}${digits(Math.abs(gain))} ± ${digits(error)}`;
  return `recall + NDCG@${listLength} ${own}, of the served model ${other}, a difference of ${difference}`;
}

const amounts = { better: 'more', tie: 'as much, within the noise,', worse: 'less' };
