import type { History } from '../dataset/dataset.ts';
import { throwIfAborted } from '../errors.ts';
import type { BoughtTogether } from '../model/model.ts';

/** Larger orders say little of what goes with what, and the work grows with the square of their size. */
const largestOrder = 200;
/** Orders that must hold both products. */
const leastSupport = 5;
/** The chi-square quantile of one degree of freedom at .999. */
const leastSignificance = 10.83;
/** How long the event loop may have to wait. */
const sliceMs = 50;
/** Orders that are asked of memory at a time. */
const fetched = 256;

/**
 * For each product the up to `most` others that orders hold with it more often than chance would have it: in at least 5
 * orders, and significant at .001 by Dunning's log-likelihood ratio (1993, "Accurate methods for the statistics of surprise
 * and coincidence"), strongest evidence first, ties to the lower row. Orders of more than 200 products are left out. The
 * work is half the sum of the squares of the orders' sizes, at most 100 times the number of their lines. Throws `aborted`.
 */
export async function togetherOf(
  history: History,
  products: number,
  most: number,
  signal?: AbortSignal,
): Promise<BoughtTogether> {
  const { total, support, ranked, offsets, places, orders, partners } = ordersByRank(history, products);
  const strongest = createStrongest(partners, most);
  const both = new Uint32Array(ranked.length);
  let resume = performance.now() + sliceMs;
  for (let rank = 0; rank < ranked.length; rank++) {
    if (performance.now() > resume) {
      await new Promise((done) => setTimeout(done, 0));
      throwIfAborted(signal);
      resume = performance.now() + sliceMs;
    }
    const product = ranked[rank];
    const mine = support[product];
    const holding = places.subarray(offsets[rank], offsets[rank + 1]);
    for (const other of count(orders, holding, rank, both)) {
      const held = both[other];
      const row = ranked[other];
      if (held * total <= mine * support[row]) continue;
      const evidence = logLikelihoodRatio(held, mine, support[row], total);
      if (evidence < leastSignificance) continue;
      strongest.offer(product, row, held, evidence);
      strongest.offer(row, product, held, evidence);
    }
    clear(orders, holding, rank, both);
  }
  const found = strongest.found();
  const lifts = new Float32Array(found.products.length);
  for (let p = 0; p < products; p++)
    for (let i = found.offsets[p]; i < found.offsets[p + 1]; i++)
      lifts[i] = (found.orders[i] * total) / (support[p] * support[found.products[i]]);
  return { ...found, lifts };
}

/**
 * Adds a rank to the orders at these places, and counts how many of them held each rank before it; answers with those that
 * enough did. What an order holds so far are its more popular products, so that each pair of products is counted once, and
 * what is counted most lies close together.
 */
function count(orders: Uint32Array, places: Uint32Array, rank: number, both: Uint32Array): number[] {
  const others: number[] = [];
  const sizes = new Uint32Array(Math.min(places.length, fetched));
  for (let from = 0; from < places.length; from += fetched) {
    const to = Math.min(places.length, from + fetched);
    // The orders lie far apart. Asked for in a loop of nothing else, many of them come out of memory at once.
    for (let i = from; i < to; i++) sizes[i - from] = orders[places[i]];
    for (let i = from; i < to; i++) {
      const place = places[i];
      const end = place + sizes[i - from];
      for (let at = place + 1; at <= end; at++) if (++both[orders[at]] === leastSupport) others.push(orders[at]);
      orders[place]++;
      orders[end + 1] = rank;
    }
  }
  return others;
}

/** Sets the counts of all ranks before this one to 0: all of them or, where that is less work, those in its orders. */
function clear(orders: Uint32Array, places: Uint32Array, rank: number, both: Uint32Array): void {
  if (rank <= 64 * places.length) both.fill(0, 0, rank);
  else for (const place of places) for (let at = place + orders[place] - 1; at > place; at--) both[orders[at]] = 0;
}

/** The orders that count, from the side of the products that are in enough of them. */
interface OrdersByRank {
  /** How many orders count. */
  readonly total: number;
  /** How many of them hold each product, by product row. */
  readonly support: Uint32Array;
  /** Rows of the products that are in enough orders, the most popular first. */
  readonly ranked: Uint32Array;
  /** Where the orders of each rank begin in `places`: ranks + 1. */
  readonly offsets: Uint32Array;
  /** Where in `orders` each order is that holds the rank. */
  readonly places: Uint32Array;
  /** For each order how many ranks it holds so far, which is 0, and room for as many as it is to hold. */
  readonly orders: Uint32Array;
  /** The most other products that can be in enough orders with each one, by product row. */
  readonly partners: Uint32Array;
}

function ordersByRank({ starts, products: lines }: History, products: number): OrdersByRank {
  const counts = (order: number) => starts[order + 1] - starts[order] <= largestOrder;
  const support = new Uint32Array(products);
  let total = 0;
  for (let order = 0; order + 1 < starts.length; order++) {
    if (!counts(order)) continue;
    total++;
    for (let line = starts[order]; line < starts[order + 1]; line++) support[lines[line]]++;
  }
  const ranked = Uint32Array.from(support.keys())
    .filter((row) => support[row] >= leastSupport)
    .sort((a, b) => support[b] - support[a]);
  const rankOf = new Uint32Array(products).fill(ranked.length);
  const offsets = new Uint32Array(ranked.length + 1);
  ranked.forEach((row, rank) => {
    rankOf[row] = rank;
    offsets[rank + 1] = offsets[rank] + support[row];
  });
  const ends = offsets.slice();
  const places = new Uint32Array(offsets[ranked.length]);
  const orders = new Uint32Array(places.length + total);
  const pairs = new Float64Array(products);
  let place = 0;
  for (let order = 0; order + 1 < starts.length; order++) {
    if (!counts(order)) continue;
    let size = 0;
    for (let line = starts[order]; line < starts[order + 1]; line++) {
      const rank = rankOf[lines[line]];
      if (rank === ranked.length) continue;
      places[ends[rank]++] = place;
      size++;
    }
    for (let line = starts[order]; line < starts[order + 1]; line++)
      if (rankOf[lines[line]] < ranked.length) pairs[lines[line]] += size - 1;
    place += 1 + size;
  }
  const partners = Uint32Array.from(pairs, (count) => Math.min(count / leastSupport, ranked.length));
  return { total, support, ranked, offsets, places, orders, partners };
}

/** Keeps for each product the `most` others with the strongest evidence, of at most as many as it has `partners`. */
function createStrongest(partners: Uint32Array, most: number) {
  const offsets = new Float64Array(partners.length + 1);
  partners.forEach((count, p) => {
    offsets[p + 1] = offsets[p] + Math.min(count, most);
  });
  const ends = offsets.slice();
  const kept = offsets[partners.length];
  const products = new Uint32Array(kept);
  const orders = new Uint32Array(kept);
  const evidences = new Float64Array(kept);

  function offer(product: number, row: number, held: number, evidence: number): void {
    const from = offsets[product];
    const isWeaker = (at: number) => evidences[at] < evidence || (evidences[at] === evidence && products[at] > row);
    let at = ends[product];
    if (at < offsets[product + 1]) ends[product]++;
    else if (isWeaker(at - 1)) at--;
    else return;
    for (; at > from && isWeaker(at - 1); at--) {
      products[at] = products[at - 1];
      orders[at] = orders[at - 1];
      evidences[at] = evidences[at - 1];
    }
    products[at] = row;
    orders[at] = held;
    evidences[at] = evidence;
  }

  /** The strongest first. */
  function found(): Omit<BoughtTogether, 'lifts'> {
    const all = new Uint32Array(offsets.length);
    for (let p = 0; p < partners.length; p++) all[p + 1] = all[p] + ends[p] - offsets[p];
    const isKept = new Uint8Array(kept);
    for (let p = 0; p < partners.length; p++) isKept.fill(1, offsets[p], ends[p]);
    const chosen = (values: Uint32Array) => values.filter((_, at) => isKept[at]);
    return { offsets: all, products: chosen(products), orders: chosen(orders) };
  }

  return { offer, found };
}

/** Twice the sum of observed * ln(observed / expected) over the four cells of "in an order" or not. */
export function logLikelihoodRatio(both: number, one: number, other: number, total: number): number {
  const term = (observed: number, row: number, column: number) =>
    observed > 0 ? observed * Math.log((observed * total) / (row * column)) : 0;
  // The middle two first: what is rounded is the same for both directions.
  return (
    2 *
    (term(one - both, one, total - other) +
      term(other - both, total - one, other) +
      term(both, one, other) +
      term(total - one - other + both, total - one, total - other))
  );
}
