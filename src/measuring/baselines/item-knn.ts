import type { Dataset } from '../../dataset/dataset.ts';
import { throwIfAborted } from '../../errors.ts';
import { plural } from '../../wording.ts';
import type { WriteList } from './baseline-lists.ts';

const neighborsKept = 100;

/**
 * Item-kNN (Deshpande and Karypis 2004, "Item-based top-N recommendation algorithms"): the similarity of two products is
 * the cosine of their sets of customers, each product keeps its 100 most similar products, and a product's score is the
 * sum of its similarities to what the customer bought. Products that are similar to none of these are not listed.
 *
 * @param notes receives a sentence if some customers are left out.
 * @param maxPairCounts how many pairs of products may be counted to compute the similarities; the default takes about ten
 * seconds. Customers with the most products are left out to stay below.
 */
export async function itemKnn(
  train: Dataset,
  notes: string[],
  signal?: AbortSignal,
  maxPairCounts = 2e9,
): Promise<WriteList> {
  const { products, purchases } = train;
  const { neighbors, similarities } = await neighborsOf(
    train,
    maxProductsOfCustomer(purchases.offsets, maxPairCounts, notes),
    signal,
  );
  const scores = new Float64Array(products.length);
  /** The last customer, plus one, who bought the product. */
  const boughtBy = new Uint32Array(products.length);
  return (customer, purchased, list) => {
    const bought = purchases.products.subarray(purchases.offsets[customer], purchases.offsets[customer + 1]);
    const scored: number[] = [];
    for (const product of bought) {
      boughtBy[product] = customer + 1;
      for (let i = product * neighborsKept; i < (product + 1) * neighborsKept && similarities[i] > 0; i++) {
        if (scores[neighbors[i]] === 0) scored.push(neighbors[i]);
        scores[neighbors[i]] += similarities[i];
      }
    }
    const best = createBest(list.length);
    for (const product of scored) {
      const isBought = boughtBy[product] === customer + 1;
      if (purchased === 'allow' || isBought === (purchased === 'only')) best.add(product, scores[product]);
      scores[product] = 0;
    }
    return best.takeInto(list);
  };
}

/**
 * The most similar products of each product, best first, and their similarities; 0 after the last one.
 *
 * @param maxProducts customers who bought more products than this do not count.
 */
async function neighborsOf(
  { products, purchases, byProduct }: Dataset,
  maxProducts: number,
  signal: AbortSignal | undefined,
): Promise<{ neighbors: Uint32Array; similarities: Float64Array }> {
  const { offsets } = purchases;
  const counts = (c: number) => offsets[c + 1] - offsets[c] <= maxProducts;
  const degrees = new Uint32Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) {
    if (counts(c)) for (let i = offsets[c]; i < offsets[c + 1]; i++) degrees[purchases.products[i]]++;
  }
  const neighbors = new Uint32Array(products.length * neighborsKept);
  const similarities = new Float64Array(neighbors.length);
  const commonCustomers = new Uint32Array(products.length);
  const best = createBest(neighborsKept);
  for (let product = 0, before = performance.now(); product < products.length; product++) {
    const others: number[] = [];
    for (let i = byProduct.offsets[product]; i < byProduct.offsets[product + 1]; i++) {
      const customer = byProduct.customers[i];
      if (!counts(customer)) continue;
      for (let pair = offsets[customer]; pair < offsets[customer + 1]; pair++) {
        const other = purchases.products[pair];
        if (commonCustomers[other]++ === 0) others.push(other);
      }
    }
    for (const other of others) {
      if (other !== product) best.add(other, commonCustomers[other] / Math.sqrt(degrees[product] * degrees[other]));
      commonCustomers[other] = 0;
    }
    const at = product * neighborsKept;
    best.takeInto(neighbors.subarray(at, at + neighborsKept), similarities.subarray(at, at + neighborsKept));
    if (performance.now() - before < 50) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    throwIfAborted(signal);
    before = performance.now();
  }
  return { neighbors, similarities };
}

/** How many products a customer may have bought to be counted within the limit. */
function maxProductsOfCustomer(offsets: Uint32Array, maxPairCounts: number, notes: string[]): number {
  const lengths = Uint32Array.from({ length: offsets.length - 1 }, (_, c) => offsets[c + 1] - offsets[c]).sort();
  let work = 0;
  for (let i = 0; i < lengths.length; i++) {
    work += lengths[i] ** 2;
    if (work <= maxPairCounts) continue;
    const leftOut = lengths.length - lengths.indexOf(lengths[i]);
    notes.push(
      'To save time, the similarities of item-knn leave out ' +
        `${plural(leftOut, 'the one customer', 'the # customers')} with ` +
        `${plural(lengths[i], 'one product', '# products')} or more.`,
    );
    return lengths[i] - 1;
  }
  return Number.POSITIVE_INFINITY;
}

/** Keeps the best `size` of the rows that are added; ties go to the lower row. */
function createBest(size: number) {
  const rows = new Uint32Array(size);
  const scores = new Float64Array(size);
  let length = 0;

  function comesAfter(row: number, score: number, place: number): boolean {
    return scores[place] > score || (scores[place] === score && rows[place] < row);
  }

  return {
    add(row: number, score: number): void {
      if (length === size && comesAfter(row, score, size - 1)) return;
      let at = length < size ? length++ : size - 1;
      for (; at > 0 && !comesAfter(row, score, at - 1); at--) {
        rows[at] = rows[at - 1];
        scores[at] = scores[at - 1];
      }
      rows[at] = row;
      scores[at] = score;
    },
    /** Writes the rows, best first, starts over, and returns how many there were. */
    takeInto(toRows: Uint32Array, toScores?: Float64Array): number {
      toRows.set(rows.subarray(0, length));
      toScores?.set(scores.subarray(0, length));
      const written = length;
      length = 0;
      return written;
    },
  };
}
