import { ordersOf } from '../dataset/dataset.ts';
import type { Model } from '../model/model.ts';
import type { Trends } from '../ranking/formula.ts';
import type { Popularity } from '../ranking/popularity.ts';
import type { FoldIn } from './fold-in.ts';
import type { Plan } from './plan.ts';
import type { Ranked } from './scorer.ts';
import type { Explanation, Reason } from './types.ts';

type Asked = Pick<Plan, 'source' | 'buyer' | 'customer'>;

/** Explains why each product of a list is in it, from the parts of its score. */
export type Explain = (items: readonly Ranked[], plan: Asked) => Explanation[];

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
  const unlisted = new Set(model.unlisted);
  const days = ranking && account.lastPurchase !== undefined ? ranking.windowDays : undefined;

  function habitOf(row: number, customer: number): Reason | undefined {
    if (!signals) return undefined;
    const first = purchases.offsets[customer];
    const place = placeOf(row, purchases.products.subarray(first, purchases.offsets[customer + 1]));
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

  /** @param shares what each of the buyer's products adds to the taste of this one; `own` is its own place or -1. */
  function tasteOf(own: number, shares: Float32Array, { buyer, source }: Asked): Reason | undefined {
    let total = 0;
    for (const share of shares) total += share;
    // If the product's own purchases make up most of its taste, naming others would mislead.
    if (!(total > 0) || (own >= 0 && shares[own] > total / 2)) return undefined;
    const places = largest(shares, own, (place) => !unlisted.has(buyer.products[place]));
    if (places.length === 0) return undefined;
    const named = places.map((place) => ({ share: shares[place] / total, row: buyer.products[place] }));
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

  return (items, plan) => {
    const { buyer, source, customer } = plan;
    const bought = buyer.products.length;
    const hasTaste = algorithm === 'als' && source !== 'popular' && items.length > 0;
    const rows = items.map(({ row }) => row);
    const shares = hasTaste ? sharesOf(buyer, rows) : undefined;
    return items.map(({ row, score }, i) => {
      const place = placeOf(row, buyer.products);
      const { fresh, all } = { fresh: trends?.fresh[row] ?? 0, all: trends?.bought[row] ?? 0 };
      const habit = place < 0 ? 0 : (buyer.bonuses?.[place] ?? 0) - (all - fresh);
      const trend = source === 'popular' ? score : place < 0 ? fresh : all;
      const taste = source === 'popular' ? 0 : score - habit - trend;
      const reasons = [
        customer === undefined ? undefined : habitOf(row, customer),
        taste > 0 && shares ? tasteOf(place, shares.subarray(i * bought, (i + 1) * bought), plan) : undefined,
        trendOf(row),
      ].filter((reason) => reason !== undefined);
      const text = reasons.map((reason) => reason.text).join('; ');
      return { parts: { taste, habit, trend }, reasons, text: text.charAt(0).toUpperCase() + text.slice(1) };
    });
  };
}

/** Places of the `maxNamed` largest shares above 0 but for `own`, largest first, ties to the first place. */
function largest(shares: Float32Array, own: number, mayBeNamed: (place: number) => boolean): number[] {
  const places: number[] = [];
  for (let place = 0; place < shares.length; place++) {
    const share = shares[place];
    if (!(share > 0) || place === own || !mayBeNamed(place)) continue;
    let at = places.length;
    while (at > 0 && shares[places[at - 1]] < share) at--;
    if (at === maxNamed) continue;
    places.splice(at, 0, place);
    if (places.length > maxNamed) places.pop();
  }
  return places;
}

/** Where a row is among ascending rows; -1 if it is not. */
function placeOf(row: number, rows: Uint32Array): number {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (rows[middle] < row) from = middle + 1;
    else to = middle;
  }
  return rows[from] === row ? from : -1;
}

function bitsOf(byte: number): number {
  let count = 0;
  for (; byte > 0; byte >>= 1) count += byte & 1;
  return count;
}
