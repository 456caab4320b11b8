import { ordersOf } from '../dataset/dataset.ts';
import type { OpenKernel } from '../kernel/kernel.ts';
import type { Model } from '../model/model.ts';
import type { Popularity } from '../ranking/popularity.ts';
import type { Descriptions } from './answer.ts';
import { noRows, placeOf } from './filters.ts';
import type { FoldIn } from './fold-in.ts';
import { createNeighbourReasons } from './neighbour-reasons.ts';
import type { Plan } from './plan.ts';
import type { NeighbourTerm } from './scoring/neighbours.ts';
import type { Ranked } from './scoring/scorer.ts';
import type { Explanation, Reason } from './types.ts';

type Asked = Pick<Plan, 'source' | 'buyer' | 'customer' | 'since' | 'snapshot' | 'boosting' | 'pinned'>;

/** Explains why each product of a list is in it, from the parts of its score. */
export type Explain = (items: readonly Ranked[], plan: Asked) => Explanation[];

/** A phrase in English, and the same at the beginning of a sentence. */
interface Phrase {
  readonly text: string;
  readonly sentence: string;
}

interface Told {
  readonly reason: Reason;
  readonly sentence: string;
}

const byPin: Told = { reason: { kind: 'pin', text: 'placed here by the shop' }, sentence: 'Placed here by the shop' };
const byBoost: Told = { reason: { kind: 'boost', text: 'lifted by the shop' }, sentence: 'Lifted by the shop' };

/** Purchases that a reason names. */
const maxNamed = 3;

/** @param term absent if the ranking has no neighbours. */
export function createExplain(
  kernel: OpenKernel,
  model: Model,
  descriptions: Pick<Descriptions, 'nameOf'>,
  popularity: Popularity,
  term: NeighbourTerm | undefined,
  { sharesOf }: FoldIn,
): Explain {
  const { purchases, signals, products, metadata, algorithm } = model;
  const { ranking, account } = metadata;
  const { unlisted = noRows } = model;
  const isListed = (row: number) => placeOf(row, unlisted) < 0;
  const days = ranking && account.lastPurchase !== undefined ? ranking.windowDays : undefined;
  const when = days === undefined ? '' : days >= 28 && days <= 31 ? ' this month' : ` in the last ${days} days`;
  const popular: Phrase = { text: `popular${when}`, sentence: `Popular${when}` };
  const nameOf = (row: number) => descriptions.nameOf(row) ?? products[row];
  const neighboursOf = term && createNeighbourReasons(kernel, term, maxNamed, isListed);

  /** The customer's habit by the model, and by what they bought since. */
  function habitOf(row: number, { customer, since, buyer }: Asked): Told | undefined {
    if (!signals || placeOf(row, buyer.products) < 0) return undefined;
    const place = customer === undefined ? -1 : placeOf(row, ownOf(customer));
    const pair = customer === undefined || place < 0 ? undefined : purchases.offsets[customer] + place;
    const held = since.filter((order) => order.has(row)).length + (pair === undefined ? 0 : ordersOf(purchases, pair));
    if (held === 0) return undefined;
    const all = since.length + (customer === undefined ? 0 : signals.orders[customer]);
    /** Bit k for the order k ago. */
    const lately = since.reduce(
      (bits, order) => ((bits << 1) & 0xff) | (order.has(row) ? 1 : 0),
      pair === undefined ? 0 : signals.lastOrders[pair],
    );
    const heldByLast = (count: number) => bitsOf(lately & ((1 << count) - 1));
    // The last five orders tell more than the last eight, unless the product is in none of them.
    let of = Math.min(5, all);
    if (heldByLast(of) === 0) of = Math.min(8, all);
    const isRecent = heldByLast(of) > 0;
    const orders = isRecent ? heldByLast(of) : held;
    const when = of === 1 ? 'in your last order' : `in ${orders === of ? 'each' : orders} of your last ${of} orders`;
    const rest = `bought it ${isRecent ? when : 'before'}`;
    const reason: Reason = { kind: 'habit', orders, of: isRecent ? of : all, text: `you ${rest}` };
    return { reason, sentence: `You ${rest}` };
  }

  const ownOf = (customer: number) =>
    purchases.products.subarray(purchases.offsets[customer], purchases.offsets[customer + 1]);

  /** Returns what gives the reason of taste for a product: `i` is its place in the list, `own` among the purchases or -1. */
  function tastes(rows: readonly number[], { buyer, source }: Asked): (i: number, own: number) => Told | undefined {
    const shares = sharesOf(buyer, rows);
    const bought = buyer.products.length;
    const mayBeNamed = Uint8Array.from(buyer.products, (row) => Number(isListed(row)));
    const best = new Int32Array(maxNamed);
    const phrases = new Map<number, Phrase>();

    /** Most products of a long list share their phrase with others. */
    function phraseOf(goesWith: boolean, count: number): Phrase {
      const second = count > 1 ? best[1] : bought;
      const key = (best[0] * (bought + 1) + second) * 2 + Number(goesWith);
      let phrase = phrases.get(key);
      if (phrase === undefined) {
        const first = nameOf(buyer.products[best[0]]);
        const names = count > 1 ? `${first} and ${nameOf(buyer.products[second])}` : first;
        phrase = goesWith
          ? { text: `it goes with ${names}`, sentence: `It goes with ${names}` }
          : { text: `because you bought ${names}`, sentence: `Because you bought ${names}` };
        phrases.set(key, phrase);
      }
      return phrase;
    }

    return (i, own) => {
      const first = i * bought;
      let total = 0;
      for (let place = 0; place < bought; place++) total += shares[first + place];
      // If the product's own purchases make up most of its taste, naming others would mislead.
      if (!(total > 0) || (own >= 0 && shares[first + own] > total / 2)) return undefined;
      const count = largest(shares, first, mayBeNamed, own, best);
      if (count === 0) return undefined;
      const purchase = (place: number) => {
        const row = buyer.products[place];
        return { product: products[row], share: shares[first + place] / total, row };
      };
      const named =
        count === 1
          ? [purchase(best[0])]
          : count === 2
            ? [purchase(best[0]), purchase(best[1])]
            : [purchase(best[0]), purchase(best[1]), purchase(best[2])];
      const { text, sentence } = phraseOf(source === 'basket' || own >= 0, count);
      return { reason: { kind: 'taste', products: named, text }, sentence };
    };
  }

  function toldOf(named: readonly { row: number; share: number }[]): Told | undefined {
    if (named.length === 0) return undefined;
    const names = named.slice(0, 2).map(({ row }) => nameOf(row));
    const rest = `ften bought after ${names.join(' and ')}`;
    const bought = named.map(({ row, share }) => ({ product: products[row], share, row }));
    return { reason: { kind: 'neighbours', products: bought, text: `o${rest}` }, sentence: `O${rest}` };
  }

  function trendOf(row: number): Told | undefined {
    if (!popularity.isTop(row)) return undefined;
    const orders = popularity.orders[row];
    const reason: Reason = { kind: 'trend', orders, ...(days !== undefined && { days }), text: popular.text };
    return { reason, sentence: popular.sentence };
  }

  return (items, plan) => {
    const { buyer, source, snapshot, boosting, pinned } = plan;
    const places = pinned && new Set(pinned.map(({ row }) => row));
    const { trends } = snapshot;
    const rows = items.map(({ row }) => row);
    const hasTaste = algorithm === 'als' && source !== 'popular' && items.length > 0;
    const tasteOf = hasTaste ? tastes(rows, plan) : undefined;
    const neighbours = neighboursOf?.(buyer, rows);
    return items.map(({ row, score: listed }, i) => {
      const boost = boosting && (boosting.added.get(row) ?? 0);
      const score = listed - (boost ?? 0);
      const place = placeOf(row, buyer.products);
      const fresh = trends?.fresh[row] ?? 0;
      const all = trends?.bought[row] ?? 0;
      const habit = place < 0 ? 0 : (buyer.bonuses?.[place] ?? 0) - (all - fresh);
      const trend = source === 'popular' ? score : place < 0 ? fresh : all;
      const part = neighbours?.parts[i] ?? 0;
      const taste = source === 'popular' ? 0 : score - habit - trend - part;
      const habitual = habitOf(row, plan);
      const tasty = taste > 0 ? tasteOf?.(i, place) : undefined;
      const near = part > 0 ? toldOf(neighbours!.named(i)) : undefined;
      const popular = trendOf(row);
      const parts = partsOf(taste, neighbours && part, habit, trend, boost);
      if (boosting || places) {
        const byShop = [places?.has(row) ? byPin : undefined, boost !== undefined && boost > 0 ? byBoost : undefined];
        const all = [...byShop, habitual, tasty, near, popular].filter((told) => told !== undefined);
        return { parts, reasons: all.map(({ reason }) => reason), text: all.reduce(addTo, '') };
      }
      return {
        parts,
        reasons: near
          ? given(habitual?.reason, tasty?.reason, near.reason).concat(given(popular?.reason))
          : given(habitual?.reason, tasty?.reason, popular?.reason),
        text: addTo(addTo(addTo(addTo('', habitual), tasty), near), popular),
      };
    });
  };
}

/** Written out: V8 looks up the fields of objects that were made in many ways one by one. */
function partsOf(
  taste: number,
  neighbours: number | undefined,
  habit: number,
  trend: number,
  boost: number | undefined,
): Explanation['parts'] {
  if (boost !== undefined)
    return neighbours === undefined ? { taste, habit, trend, boost } : { taste, neighbours, habit, trend, boost };
  return neighbours === undefined ? { taste, habit, trend } : { taste, neighbours, habit, trend };
}

/** The reasons that there are. An array that grows would take the room of 17. */
function given(first?: Reason, second?: Reason, third?: Reason): Reason[] {
  if (!first) return second ? (third ? [second, third] : [second]) : third ? [third] : [];
  return second ? (third ? [first, second, third] : [first, second]) : third ? [first, third] : [first];
}

function addTo(text: string, told: Told | undefined): string {
  if (told === undefined) return text;
  return text === '' ? told.sentence : `${text}; ${told.reason.text}`;
}

/**
 * Finds the largest shares above 0 of the purchases that may be named, but for that at place `own`.
 * @param first where the shares of the product begin.
 * @param best receives their places, largest first, ties to the first place.
 * @returns how many there are, at most as many as `best` holds.
 */
function largest(shares: Float32Array, first: number, mayBeNamed: Uint8Array, own: number, best: Int32Array): number {
  let found = 0;
  for (let place = 0; place < mayBeNamed.length; place++) {
    const share = shares[first + place];
    if (!(share > 0) || place === own || mayBeNamed[place] === 0) continue;
    let at = found;
    while (at > 0 && shares[first + best[at - 1]] < share) at--;
    if (at === best.length) continue;
    if (found < best.length) found++;
    for (let k = found - 1; k > at; k--) best[k] = best[k - 1];
    best[at] = place;
  }
  return found;
}

function bitsOf(byte: number): number {
  let count = 0;
  for (; byte > 0; byte >>= 1) count += byte & 1;
  return count;
}
