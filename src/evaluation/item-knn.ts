import type { Dataset } from '../dataset/dataset.ts';
import { throwIfAborted } from '../errors.ts';
import type { MakeList } from './baselines.ts';

const neighborsKept = 100;

/** The most pairs of products that are counted together: about ten seconds. */
const mostCounts = 2e9;

/**
 * Item-kNN (Deshpande and Karypis 2004): the similarity of two products is the cosine of their sets of customers, each
 * product has its 100 most similar other ones, and a product's score is the sum of its similarities to what the customer
 * bought. Products that are similar to none of it are not listed. Adds to `notes` where not every customer counts.
 */
export async function neighborLists(train: Dataset, notes: string[], signal?: AbortSignal): Promise<MakeList> {
  const { products, purchases } = train;
  const { neighbors, similarities } = await neighborsOf(train, notes, signal);
  const scores = new Float64Array(products.length);
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
    return best.write(list);
  };
}

/** Of each product the most similar ones, best first, and how similar they are; 0 past the last one. */
async function neighborsOf(
  { products, purchases, byProduct }: Dataset,
  notes: string[],
  signal: AbortSignal | undefined,
): Promise<{ neighbors: Uint32Array; similarities: Float64Array }> {
  const { offsets } = purchases;
  const most = mostBought(offsets, notes);
  const counts = (c: number) => offsets[c + 1] - offsets[c] <= most;
  const degrees = new Uint32Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) {
    if (counts(c)) for (let i = offsets[c]; i < offsets[c + 1]; i++) degrees[purchases.products[i]]++;
  }
  const neighbors = new Uint32Array(products.length * neighborsKept);
  const similarities = new Float64Array(neighbors.length);
  const together = new Uint32Array(products.length);
  const best = createBest(neighborsKept);
  for (let product = 0, before = performance.now(); product < products.length; product++) {
    const others: number[] = [];
    for (let i = byProduct.offsets[product]; i < byProduct.offsets[product + 1]; i++) {
      const customer = byProduct.customers[i];
      if (!counts(customer)) continue;
      for (let pair = offsets[customer]; pair < offsets[customer + 1]; pair++) {
        const other = purchases.products[pair];
        if (together[other]++ === 0) others.push(other);
      }
    }
    for (const other of others) {
      if (other !== product) best.add(other, together[other] / Math.sqrt(degrees[product] * degrees[other]));
      together[other] = 0;
    }
    const at = product * neighborsKept;
    best.write(neighbors.subarray(at, at + neighborsKept), similarities.subarray(at, at + neighborsKept));
    if (performance.now() - before < 50) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    throwIfAborted(signal);
    before = performance.now();
  }
  return { neighbors, similarities };
}

/** How many products a customer may have bought to count for similarities, so that it does not take too long. */
function mostBought(offsets: Uint32Array, notes: string[]): number {
  const lengths = Uint32Array.from({ length: offsets.length - 1 }, (_, c) => offsets[c + 1] - offsets[c]).sort();
  let work = 0;
  for (let i = 0; i < lengths.length; i++) {
    work += lengths[i] ** 2;
    if (work <= mostCounts) continue;
    const left = lengths.length - lengths.indexOf(lengths[i]);
    notes.push(
      `To end in time, the similarities of item-knn leave out the ${left.toLocaleString('en-US')} customers with ` +
        `${lengths[i].toLocaleString('en-US')} products and more.`,
    );
    return lengths[i] - 1;
  }
  return Number.POSITIVE_INFINITY;
}

/** The best few of what is added, ties to the lower row. */
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
    /** Writes them, best first, forgets them and returns how many there were. */
    write(toRows: Uint32Array, toScores?: Float64Array): number {
      toRows.set(rows.subarray(0, length));
      toScores?.set(scores.subarray(0, length));
      const written = length;
      length = 0;
      return written;
    },
  };
}
