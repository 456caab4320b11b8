import { ordersOf } from '../dataset/dataset.ts';
import type { Model } from '../model/model.ts';
import type { Trends } from '../ranking/formula.ts';
import type { Popularity } from '../ranking/popularity.ts';
import type { Buyer } from './buyer.ts';
import type { Explanation, Reason, Recommendation, Source } from './types.ts';

/** Who asked for the list that is explained. */
export interface Asker {
  source: Source;
  buyer: Buyer;
  /** Row of the customer, where there is one. */
  customer: number | undefined;
}

/** The purchases that a reason names. */
const mostNamed = 3;

/** Says why products are in a list, from the parts of their scores. */
export function createExplainer(
  model: Model,
  popularity: Popularity,
  trends: Trends | undefined,
  sharesOf: (buyer: Buyer, product: number) => Float64Array,
): (item: Recommendation, asker: Asker) => Explanation {
  const { purchases, signals, products, productInfo, metadata, algorithm } = model;
  const { ranking, account } = metadata;
  const days = ranking && account.lastPurchase !== undefined ? ranking.windowDays : undefined;

  function habitOf(row: number, customer: number): Reason | undefined {
    if (!signals) return undefined;
    const pair = purchases.products.indexOf(row, purchases.offsets[customer]);
    if (pair < 0 || pair >= purchases.offsets[customer + 1]) return undefined;
    const all = signals.orders[customer];
    const among = (last: number) => bitsOf(signals.lastOrders[pair] & ((1 << last) - 1));
    let of = Math.min(5, all);
    if (among(of) === 0) of = Math.min(8, all);
    const recent = among(of) > 0;
    const orders = recent ? among(of) : ordersOf(purchases, pair);
    const when = of === 1 ? 'in your last order' : `in ${orders === of ? 'each' : orders} of your last ${of} orders`;
    return { kind: 'habit', orders, of: recent ? of : all, text: `you bought it ${recent ? when : 'before'}` };
  }

  function tasteOf(row: number, { buyer, source }: Asker): Reason | undefined {
    if (algorithm !== 'als') return undefined;
    const shares = sharesOf(buyer, row);
    const total = shares.reduce((sum, share) => sum + share, 0);
    const own = buyer.products.indexOf(row);
    // Of a product that is liked for itself the others would be a weak excuse.
    if (!(total > 0) || (own >= 0 && shares[own] > total / 2)) return undefined;
    const named = Array.from(shares, (share, place) => ({ share: share / total, row: buyer.products[place] }))
      .filter((purchase) => purchase.share > 0 && purchase.row !== row)
      .sort((a, b) => b.share - a.share || a.row - b.row)
      .slice(0, mostNamed);
    if (named.length === 0) return undefined;
    const words = named.slice(0, 2).map((purchase) => productInfo[purchase.row].name ?? products[purchase.row]);
    const text = `${source === 'basket' || own >= 0 ? 'it goes with' : 'because you bought'} ${words.join(' and ')}`;
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

  return ({ row, score }, asker) => {
    const place = asker.buyer.products.indexOf(row);
    const { fresh, bought } = { fresh: trends?.fresh[row] ?? 0, bought: trends?.bought[row] ?? 0 };
    const habit = place < 0 ? 0 : (asker.buyer.bonuses?.[place] ?? 0) - (bought - fresh);
    const trend = asker.source === 'popular' ? score : place < 0 ? fresh : bought;
    const taste = asker.source === 'popular' ? 0 : score - habit - trend;
    const reasons = [
      asker.customer === undefined ? undefined : habitOf(row, asker.customer),
      taste > 0 ? tasteOf(row, asker) : undefined,
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
