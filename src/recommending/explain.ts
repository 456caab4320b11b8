import { ordersOf } from '../dataset/dataset.ts';
import type { Model } from '../model/model.ts';
import type { Trends } from '../ranking/formula.ts';
import type { Popularity } from '../ranking/popularity.ts';
import type { FoldIn } from './fold-in.ts';
import type { Plan } from './plan.ts';
import type { Ranked } from './scorer.ts';
import type { Explanation, Reason } from './types.ts';

/** Explains why a product is in the list of a plan, from the parts of its score. */
export type Explain = (item: Ranked, plan: Pick<Plan, 'source' | 'buyer' | 'customer'>) => Explanation;

/** Purchases that a reason names. */
const maxNamed = 3;

/** @param trends absent if the model has no ranking. */
export function createExplain(
  model: Model,
  popularity: Popularity,
  trends: Trends | undefined,
  { sharesOf }: FoldIn,
): Explain {
  const { purchases, signals, products, productInfo, metadata, algorithm } = model;
  const { ranking, account } = metadata;
  const days = ranking && account.lastPurchase !== undefined ? ranking.windowDays : undefined;

  function habitOf(row: number, customer: number): Reason | undefined {
    if (!signals) return undefined;
    const first = purchases.offsets[customer];
    const place = purchases.products.subarray(first, purchases.offsets[customer + 1]).indexOf(row);
    if (place < 0) return undefined;
    const pair = first + place;
    const all = signals.orders[customer];
    const heldByLast = (count: number) => bitsOf(signals.lastOrders[pair] & ((1 << count) - 1));
    // The last five orders tell more than the last eight, unless the product is in none of them.
    let of = Math.min(5, all);
    if (heldByLast(of) === 0) of = Math.min(8, all);
    const isRecent = heldByLast(of) > 0;
    const orders = isRecent ? heldByLast(of) : ordersOf(purchases, pair);
    const when = of === 1 ? 'in your last order' : `in ${orders === of ? 'each' : orders} of your last ${of} orders`;
    return { kind: 'habit', orders, of: isRecent ? of : all, text: `you bought it ${isRecent ? when : 'before'}` };
  }

  function tasteOf(row: number, { buyer, source }: Parameters<Explain>[1]): Reason | undefined {
    if (algorithm !== 'als') return undefined;
    const shares = sharesOf(buyer, row);
    const total = shares.reduce((sum, share) => sum + share, 0);
    const own = buyer.products.indexOf(row);
    // If the product's own purchases make up most of its taste, naming others would mislead.
    if (!(total > 0) || (own >= 0 && shares[own] > total / 2)) return undefined;
    const named = Array.from(shares, (share, place) => ({ share: share / total, row: buyer.products[place] }))
      .filter((purchase) => purchase.share > 0 && purchase.row !== row)
      .sort((a, b) => b.share - a.share || a.row - b.row)
      .slice(0, maxNamed);
    if (named.length === 0) return undefined;
    const names = named.slice(0, 2).map((purchase) => productInfo[purchase.row].name ?? products[purchase.row]);
    const text = `${source === 'basket' || own >= 0 ? 'it goes with' : 'because you bought'} ${names.join(' and ')}`;
    return { kind: 'taste', products: named.map((one) => ({ product: products[one.row], ...one })), text };
  }

  function trendOf(row: number): Reason | undefined {
    if (!popularity.isTop(row)) return undefined;
    const when = days === undefined ? '' : days >= 28 && days <= 31 ? ' this month' : ` in the last ${days} days`;
    return {
      kind: 'trend',
      orders: popularity.orders[row],
      ...(days !== undefined && { days }),
      text: `popular${when}`,
    };
  }

  return ({ row, score }, plan) => {
    const { buyer, source, customer } = plan;
    const place = buyer.products.indexOf(row);
    const { fresh, bought } = { fresh: trends?.fresh[row] ?? 0, bought: trends?.bought[row] ?? 0 };
    const habit = place < 0 ? 0 : (buyer.bonuses?.[place] ?? 0) - (bought - fresh);
    const trend = source === 'popular' ? score : place < 0 ? fresh : bought;
    const taste = source === 'popular' ? 0 : score - habit - trend;
    const reasons = [
      customer === undefined ? undefined : habitOf(row, customer),
      taste > 0 ? tasteOf(row, plan) : undefined,
      trendOf(row),
    ].filter((reason) => reason !== undefined);
    const text = reasons.map((reason) => reason.text).join('; ');
    return { parts: { taste, habit, trend }, reasons, text: text.charAt(0).toUpperCase() + text.slice(1) };
  };
}

function bitsOf(byte: number): number {
  let count = 0;
  for (; byte > 0; byte >>= 1) count += byte & 1;
  return count;
}
