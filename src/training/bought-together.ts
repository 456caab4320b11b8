import type { History } from '../dataset/dataset.ts';
import type { BoughtTogether } from '../model/model.ts';
import { createSlices } from './slices.ts';

/** Larger orders say little about what goes together, and the work grows with the square of their size. */
const maxOrderSize = 200;
/** Orders that must hold both products. */
const minSupport = 5;
/** The .999 quantile of the chi-square distribution with one degree of freedom. */
const minEvidence = 10.83;
/** Orders that are fetchedAtOnce from memory at a time. */
const fetchedAtOnce = 256;

/**
 * For each product, up to `maxOthers` products that occur in the same orders more often than by chance: in at least 5
 * orders, and significant at .001 by Dunning's log-likelihood ratio (1993, "Accurate methods for the statistics of surprise
 * and coincidence"). The strongest evidence comes first, ties to the lower row. Orders of more than 200 products are left
 * out, and so are products that no list holds. The work is half the sum of the squared sizes of the orders, at most 100 times the number of their lines.
 *
 * @throws `aborted`.
 */
export async function boughtTogetherOf(
  history: History,
  products: number,
  maxOthers: number,
  { unlisted, signal }: { unlisted?: Uint32Array; signal?: AbortSignal } = {},
): Promise<BoughtTogether> {
  const { total, support, ranked, offsets, places, orders, partners } = ordersByRank(history, products, unlisted);
  const strongest = createStrongest(partners, maxOthers);
  const both = new Uint32Array(ranked.length);
  const pause = createSlices(signal);
  for (let rank = 0; rank < ranked.length; rank++) {
    await pause();
    const product = ranked[rank];
    const mine = support[product];
    const holding = places.subarray(offsets[rank], offsets[rank + 1]);
    for (const other of countPartners(orders, holding, rank, both)) {
      const held = both[other];
      const row = ranked[other];
      if (held * total <= mine * support[row]) continue;
      const evidence = logLikelihoodRatio(held, mine, support[row], total);
      if (evidence < minEvidence) continue;
      strongest.offer(product, row, held, evidence);
      strongest.offer(row, product, held, evidence);
    }
    clearCounts(orders, holding, rank, both);
  }
  const found = strongest.found();
  const lifts = new Float32Array(found.products.length);
  for (let p = 0; p < products; p++)
    for (let i = found.offsets[p]; i < found.offsets[p + 1]; i++)
      lifts[i] = (found.orders[i] * total) / (support[p] * support[found.products[i]]);
  return { ...found, lifts };
}

/**
 * Counts in `both` how many of a product's orders hold each more popular product, and returns the ranks of those that
 * enough orders hold. Then adds the product to its orders. As products are added from the most popular on, every pair of
 * products is counted once, and the highest counts are next to each other.
 */
function countPartners(orders: Uint32Array, places: Uint32Array, rank: number, both: Uint32Array): number[] {
  const others: number[] = [];
  const sizes = new Uint32Array(Math.min(places.length, fetchedAtOnce));
  for (let from = 0; from < places.length; from += fetchedAtOnce) {
    const to = Math.min(places.length, from + fetchedAtOnce);
    // The orders are far apart. A loop that does nothing else fetches many of them from memory at the same time.
    for (let i = from; i < to; i++) sizes[i - from] = orders[places[i]];
    for (let i = from; i < to; i++) {
      const place = places[i];
      const end = place + sizes[i - from];
      for (let at = place + 1; at <= end; at++) if (++both[orders[at]] === minSupport) others.push(orders[at]);
      orders[place]++;
      orders[end + 1] = rank;
    }
  }
  return others;
}

/** Resets the counts to 0: those of all ranks before this one or, if that is less work, of those in its orders. */
function clearCounts(orders: Uint32Array, places: Uint32Array, rank: number, both: Uint32Array): void {
  if (rank <= 64 * places.length) both.fill(0, 0, rank);
  else for (const place of places) for (let at = place + orders[place] - 1; at > place; at--) both[orders[at]] = 0;
}

/**
 * The orders that count, indexed by products. Products that enough orders hold have a rank: 0 is the most popular one.
 *
 *   offsets  [ rank 0 | rank 1 | rank 2 | ...                 places of the orders that hold each rank
 *   places   [ 0  4  7 | 0  7 | 4 | ...                       index of each order in `orders`
 *   orders   [ 2 r r . | 2 r r | 1 r . . | ...                how many ranks the order holds so far, these, and room for more
 *              ^0        ^4      ^7
 */
interface OrdersByRank {
  /** Number of orders that count. */
  readonly total: number;
  /** Number of those that hold each product, by product row. */
  readonly support: Uint32Array;
  /** Product rows by rank. */
  readonly ranked: Uint32Array;
  /** ranks + 1 */
  readonly offsets: Uint32Array;
  readonly places: Uint32Array;
  /** At first without ranks. */
  readonly orders: Uint32Array;
  /** Upper bound of the other products that enough orders hold together with each one, by product row. */
  readonly partners: Uint32Array;
}

function ordersByRank({ starts, products: lines }: History, products: number, unlisted?: Uint32Array): OrdersByRank {
  const counts = (order: number) => starts[order + 1] - starts[order] <= maxOrderSize;
  const support = new Uint32Array(products);
  let total = 0;
  for (let order = 0; order + 1 < starts.length; order++) {
    if (!counts(order)) continue;
    total++;
    for (let line = starts[order]; line < starts[order + 1]; line++) support[lines[line]]++;
  }
  for (const row of unlisted ?? []) support[row] = 0;
  const ranked = Uint32Array.from(support.keys())
    .filter((row) => support[row] >= minSupport)
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
  const partners = Uint32Array.from(pairs, (count) => Math.min(count / minSupport, ranked.length));
  return { total, support, ranked, offsets, places, orders, partners };
}

/** Keeps the `maxOthers` partners of each product with the strongest evidence. */
function createStrongest(partners: Uint32Array, maxOthers: number) {
  const offsets = new Float64Array(partners.length + 1);
  partners.forEach((count, p) => {
    offsets[p + 1] = offsets[p] + Math.min(count, maxOthers);
  });
  const ends = offsets.slice();
  const room = offsets[partners.length];
  const products = new Uint32Array(room);
  const orders = new Uint32Array(room);
  const evidences = new Float64Array(room);

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

  /** What was kept, the strongest first. */
  function found(): Omit<BoughtTogether, 'lifts'> {
    const all = new Uint32Array(offsets.length);
    for (let p = 0; p < partners.length; p++) all[p + 1] = all[p] + ends[p] - offsets[p];
    const isKept = new Uint8Array(room);
    for (let p = 0; p < partners.length; p++) isKept.fill(1, offsets[p], ends[p]);
    const keptOf = (values: Uint32Array) => values.filter((_, at) => isKept[at]);
    return { offsets: all, products: keptOf(products), orders: keptOf(orders) };
  }

  return { offer, found };
}

/** Twice the sum of observed * ln(observed / expected) over the four cells of two products, in an order or not. */
export function logLikelihoodRatio(both: number, one: number, other: number, total: number): number {
  const term = (observed: number, row: number, column: number) =>
    observed > 0 ? observed * Math.log((observed * total) / (row * column)) : 0;
  // The middle two first, so that both directions of a pair are rounded in the same way.
  return (
    2 *
    (term(one - both, one, total - other) +
      term(other - both, total - one, other) +
      term(both, one, other) +
      term(total - one - other + both, total - one, total - other))
  );
}
