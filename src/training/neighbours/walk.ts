import {
  type Dataset,
  type History,
  orderIsKnown,
  type Purchases,
  type TransposedPurchases,
} from '../../dataset/dataset.ts';
import type { Neighbours } from '../../model/model.ts';
import { isRare, reboughtOf } from '../../ranking/repeat.ts';
import { createSlices } from '../slices.ts';
import { createNeighbourLists, createStrongest } from './strongest.ts';

/**
 * Strengths that a list adds up, on average: they take most of its time. Where customers buy many products, each purchase says
 * less, and lists of ten find as much with half of the neighbours.
 */
const strengthsOfList = 1600;
/** Neighbours of each product: 200 are no better than 100. */
const [fewestOthers, mostOthers] = [20, 100];
/** What the popularity of a neighbour counts in the selection of fewer than that, relative to what it counts in strengths. */
const discount = 0.8;
/** Additions that it may take: less than half a minute. */
const maxWork = 5e8;
/** Orders after one that count as later ones. */
const laterOrders = 6;
/** Weight of a later order relative to the one before it. */
const laterDecay = 0.7;
/** Where orders are of few lines and hardly ever repeat any: weight of a product of the same order relative to one of the customer's other orders. */
const sameOrder = 5;
/** Orders have few lines if they have fewer than this on average. */
const fewLines = 2;

/**
 * What customers of each product also buy: the strongest entries of each row of
 *
 *   P = D_i^-1/2 R' D_u^-1 R D_i^-1/2,
 *
 * where R is 1 for the pairs of a customer and a product, D_u the number of products of each customer, and D_i the number
 * of customers of each product: a random walk from a product to one of its customers and on to one of their products
 * (Cooper, Lee, Radzik, Siantos 2014, "Random walks in recommender systems: exact computation and simulations"), with the
 * popularity of both ends discounted alike, which is the linear filter of Shen et al. (2021, "How powerful is graph
 * convolution for recommendation?"). A product is no neighbour of itself, and those that no list holds neither are nor have
 * neighbours.
 *
 * Where fewer than 100 are kept, the strongest are those with D_i^-.4 in place of D_i^-1/2 for the neighbour: of equal strengths
 * those of popular products, which get into more lists by taste and trend. Ties go to the lower row.
 *
 * Where most orders are of one product and customers hardly ever buy again, those of an order belong together: the walk goes on
 * from a customer to a product of the same order five times as often as to one of another. If each is in its own, or all are
 * in one, that is the same as above. Where orders hold more, it finds less of what customers buy next.
 *
 * Where customers buy again and the sequence of their orders is known, what they buy later says more than what they buy
 * along: the walk goes from a product to one of the orders with it, and on to what the customer's next six orders hold that
 * this one does not, each with .7 of the weight of the one before. D_u is then the number of products of the order, and D_i
 * the number of orders with the product.
 *
 * P never exists as a whole. The work is the sum of the squared numbers of products of the customers, or of products that
 * meet in orders; if that exceeds 5e8, the customers with the most are left out, who say the least about each pair of them.
 *
 * Where the catalogue is small and dense, `easeNeighboursOf` may be better.
 *
 * @param maxOthers neighbours of each product, at most; by default 20 to 100, such that lists add up 1600 strengths on average.
 * @throws `aborted`.
 */
export async function neighboursOf(
  dataset: Pick<Dataset, 'products' | 'purchases' | 'byProduct' | 'unlisted' | 'history' | 'account'>,
  { maxOthers = othersFor(dataset.purchases), signal }: { maxOthers?: number; signal?: AbortSignal } = {},
): Promise<Neighbours> {
  const { products, unlisted } = dataset;
  const count = products.length;
  const pause = createSlices(signal);
  const { walk, held } = walkFor(dataset);
  const scales = scalesOf(held, unlisted);
  const strongest = createStrongest(maxOthers);
  const keys = maxOthers < mostOthers ? scales.map((scale) => scale ** discount) : scales;
  /** Of the current product: the sums of what leads to each product, and the products that have one. */
  const sums = new Float64Array(count);
  const met = new Uint32Array(count);
  const walks = new Float64Array(count);
  const lists = createNeighbourLists(count);
  for (let product = 0; product < count; product++) {
    await pause();
    const others = walk(product, sums, met);
    for (let i = 0; i < others; i++) {
      const other = met[i];
      walks[i] = other === product ? 0 : sums[other] * keys[other] * scales[product];
    }
    lists.add(strongest(met, walks, others), (other) => sums[other] * scales[other] * scales[product]);
    for (let i = 0; i < others; i++) sums[met[i]] = 0;
  }
  return lists.all();
}

/** Neighbours of each product: the fewer, the more products customers buy. */
function othersFor({ offsets, products }: Purchases): number {
  const bought = products.length / (offsets.length - 1);
  return Math.max(fewestOthers, Math.min(mostOthers, Math.round(strengthsOfList / bought)));
}

interface Walk {
  /** Adds up the weights of the ways from a product to each other one, and lists those that there are; returns how many. */
  readonly walk: (product: number, sums: Float64Array, met: Uint32Array) => number;
  /** How many customers or orders hold each product: those of product `p` are `held[p] .. held[p + 1]`. */
  readonly held: Uint32Array;
}

/** 1 / D_u by customer; 0 for those who are left out. */
export function sharesOf(offsets: Uint32Array): Float64Array {
  const isKept = leaveOutMost(offsets.length - 1, (c) => (offsets[c + 1] - offsets[c]) ** 2);
  return Float64Array.from(isKept, (kept, c) => (kept ? 1 / (offsets[c + 1] - offsets[c]) : 0));
}

/** The walk for a shop. */
function walkFor(dataset: Parameters<typeof neighboursOf>[0]): Walk {
  const { products, purchases, byProduct, history } = dataset;
  if (!history || !orderIsKnown(dataset)) return walkAlong(purchases, byProduct);
  const rebought = reboughtOf(dataset);
  const hasFewLines = history.products.length < fewLines * (history.starts.length - 1);
  if (hasFewLines && isRare(rebought)) return walkByOrders(history, products.length);
  return rebought === 0 ? walkAlong(purchases, byProduct) : walkToLater(history, products.length);
}

/** From a product to its customers, and on to all that they bought. */
function walkAlong({ offsets, products }: Purchases, { offsets: held, customers }: TransposedPurchases): Walk {
  const shares = sharesOf(offsets);
  const walk: Walk['walk'] = (product, sums, met) => {
    let others = 0;
    for (let at = held[product]; at < held[product + 1]; at++) {
      const customer = customers[at];
      const share = shares[customer];
      if (share === 0) continue;
      for (let pair = offsets[customer]; pair < offsets[customer + 1]; pair++) {
        const other = products[pair];
        if (sums[other] === 0) met[others++] = other;
        sums[other] += share;
      }
    }
    return others;
  };
  return { walk, held };
}

/** The same line by line: from a product to the orders with it, and on to all that the customer bought, now or otherwise. */
function walkByOrders({ offsets, starts, products }: History, count: number): Walk {
  /** Where the lines of each customer begin: hardly more than their pairs. */
  const begins = offsets.map((order) => starts[order]);
  const shares = sharesOf(begins);
  const customerOf = new Uint32Array(starts.length - 1);
  for (let c = 0; c + 1 < offsets.length; c++) customerOf.fill(c, offsets[c], offsets[c + 1]);
  const { held, ordersWith } = ordersByProduct({ starts, products }, count);
  const walk: Walk['walk'] = (product, sums, met) => {
    let others = 0;
    for (let at = held[product]; at < held[product + 1]; at++) {
      const order = ordersWith[at];
      const customer = customerOf[order];
      const share = shares[customer];
      if (share === 0) continue;
      const [begin, end] = [begins[customer], begins[customer + 1]];
      const [from, to] = [starts[order], starts[order + 1]];
      // Without the product itself.
      const [all, along] = [end - begin - 1, to - from - 1];
      const isEven = along === 0 || along === all;
      const apart = isEven ? share : (share * all) / (sameOrder * along + all - along);
      const near = isEven ? share : sameOrder * apart;
      for (let line = begin; line < end; line++) {
        const other = products[line];
        if (sums[other] === 0) met[others++] = other;
        sums[other] += line >= from && line < to ? near : apart;
      }
    }
    return others;
  };
  return { walk, held };
}

/** From a product to the orders with it, and on to what the customer's next orders hold that these do not. */
function walkToLater({ offsets, starts, products }: History, count: number): Walk {
  const orders = starts.length - 1;
  const linesIn = (order: number) => starts[order + 1] - starts[order];
  /** One past the last order that continues each, by order. */
  const ends = new Uint32Array(orders);
  const isKept = leaveOutMost(offsets.length - 1, (c) => {
    let work = 0;
    for (let order = offsets[c]; order < offsets[c + 1]; order++) {
      ends[order] = Math.min(offsets[c + 1], order + laterOrders + 1);
      work += linesIn(order) * (starts[ends[order]] - starts[order]);
    }
    return work;
  });
  for (let c = 0; c + 1 < offsets.length; c++)
    if (!isKept[c]) for (let order = offsets[c]; order < offsets[c + 1]; order++) ends[order] = 0;
  const { held, ordersWith } = ordersByProduct({ starts, products }, count);
  /** One past the last order that was seen to hold the product. */
  const holder = new Uint32Array(count);
  const walk: Walk['walk'] = (product, sums, met) => {
    let others = 0;
    for (let at = held[product]; at < held[product + 1]; at++) {
      const order = ordersWith[at];
      for (let line = starts[order]; line < starts[order + 1]; line++) holder[products[line]] = order + 1;
      let share = 1 / linesIn(order);
      for (let later = order + 1; later < ends[order]; later++) {
        for (let line = starts[later]; line < starts[later + 1]; line++) {
          const other = products[line];
          if (holder[other] === order + 1) continue;
          if (sums[other] === 0) met[others++] = other;
          sums[other] += share;
        }
        share *= laterDecay;
      }
    }
    return others;
  };
  return { walk, held };
}

/** The orders that hold each product, ascending. */
function ordersByProduct({ starts, products }: Pick<History, 'starts' | 'products'>, count: number) {
  const held = new Uint32Array(count + 1);
  for (const product of products) held[product + 1]++;
  for (let p = 0; p < count; p++) held[p + 1] += held[p];
  const next = held.slice(0, count);
  const ordersWith = new Uint32Array(products.length);
  for (let order = 0; order + 1 < starts.length; order++)
    for (let line = starts[order]; line < starts[order + 1]; line++) ordersWith[next[products[line]]++] = order;
  return { held, ordersWith };
}

/** Which customers are kept, as 1 or 0: all, or those of the least work that together takes no more than there may be. */
function leaveOutMost(customers: number, workOf: (customer: number) => number): Uint8Array {
  const works = Float64Array.from({ length: customers }, (_, c) => workOf(c));
  const ascending = works.slice().sort();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0, total = 0; i < customers; i++) {
    total += ascending[i];
    if (total <= maxWork) continue;
    least = ascending[i];
    break;
  }
  return Uint8Array.from(works, (work) => Number(work > 0 && work < least));
}

/** D_i^-1/2 by product; 0 for those that nobody bought and those that no list holds. */
function scalesOf(held: Uint32Array, unlisted: Uint32Array = new Uint32Array()): Float64Array {
  const scales = new Float64Array(held.length - 1);
  for (let p = 0; p < scales.length; p++) {
    const count = held[p + 1] - held[p];
    if (count > 0) scales[p] = 1 / Math.sqrt(count);
  }
  for (const row of unlisted) scales[row] = 0;
  return scales;
}
