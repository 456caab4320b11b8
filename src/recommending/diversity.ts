import type { ProductInfo } from '../dataset/dataset.ts';
import { invalidOption } from '../options.ts';
import { noRow, type Recommendation, type RecommendationBlock } from './types.ts';

/** What keeps a list from being more of the same. */
export interface Spread {
  /** 0 to 1. */
  diversity: number;
  /** The most products of a category; Infinity for all. */
  perCategory: number;
}

/** The longest list that is made diverse: the work grows with the square of its length. */
const longestDiverse = 1000;

/** How many of the best products `n` are chosen from at first. Throws `invalid_options`. */
export function poolFor(n: number, { diversity }: Spread): number {
  if (diversity > 0 && n > longestDiverse) {
    throw invalidOption('n', n, `a whole number from 1 to ${longestDiverse} where the list is to be diverse`);
  }
  return Math.max(100, 4 * n);
}

/**
 * Chooses `n` products of a ranked pool: one by one the one with the largest
 *
 *   (1 - diversity) * relevance - diversity * largest cosine with a product chosen before,
 *
 * where relevance is the score scaled to 0..1 over the pool (maximal marginal relevance, Carbonell & Goldstein 1998), never
 * one whose category is full; ties to the better ranked. Products without a category are never too many.
 *
 * @param pool product rows and their scores, best first.
 * @param cosine of the factors of two product rows; asked for only where `diversity` is above 0.
 * @returns places in the pool, in the order they were chosen; fewer than n where the pool has no more to give.
 */
export function choose(
  { rows, scores }: { rows: ArrayLike<number>; scores: ArrayLike<number> },
  n: number,
  { diversity, perCategory }: Spread,
  productInfo: readonly ProductInfo[],
  cosine: (one: number, other: number) => number,
): number[] {
  const { length } = rows;
  const chosen: number[] = [];
  const inCategory = new Map<string, number>();
  const left = new Uint8Array(length).fill(1);
  const likeness = new Float64Array(length);
  const best = scores[0];
  const range = best - scores[length - 1];

  function take(place: number): void {
    chosen.push(place);
    left[place] = 0;
    const { category } = productInfo[rows[place]];
    if (category === undefined || perCategory === Infinity) return;
    const count = (inCategory.get(category) ?? 0) + 1;
    inCategory.set(category, count);
    if (count < perCategory) return;
    for (let i = 0; i < length; i++) if (productInfo[rows[i]].category === category) left[i] = 0;
  }

  function learnFrom(place: number): void {
    for (let i = 0; i < length; i++) {
      if (left[i] === 0) continue;
      const like = cosine(rows[place], rows[i]);
      likeness[i] = chosen.length === 1 ? like : Math.max(likeness[i], like);
    }
  }

  while (chosen.length < n) {
    let place = -1;
    let most = -Infinity;
    for (let i = 0; i < length; i++) {
      if (left[i] === 0) continue;
      const relevance = range > 0 ? 1 - (best - scores[i]) / range : 1;
      const value = (1 - diversity) * relevance - diversity * likeness[i];
      if (value > most) {
        most = value;
        place = i;
      }
    }
    if (place < 0) break;
    take(place);
    if (diversity > 0) learnFrom(place);
  }
  return chosen;
}

/**
 * Makes lists of `n` of longer ones.
 * @param pick the places of a list, as `choose` gives them.
 * @param again the list of a customer of whom the longer one gives too few.
 */
export async function* spreadBlocks(
  blocks: AsyncIterable<RecommendationBlock>,
  n: number,
  pick: (pool: { rows: Uint32Array; scores: Float32Array }) => number[],
  again: (customer: number) => readonly Recommendation[],
): AsyncGenerator<RecommendationBlock> {
  for await (const { firstCustomer, customers, n: pool, ...block } of blocks) {
    const rows = new Uint32Array(customers * n).fill(noRow);
    const scores = new Float32Array(customers * n);
    for (let c = 0; c < customers; c++) {
      const all = block.rows.subarray(c * pool, (c + 1) * pool);
      const end = all.indexOf(noRow);
      const length = end < 0 ? pool : end;
      const ranked = { rows: all.subarray(0, length), scores: block.scores.subarray(c * pool, c * pool + length) };
      const places = pick(ranked);
      const items =
        places.length < n && ranked.rows.length === pool
          ? again(firstCustomer + c)
          : places.map((place) => ({ row: ranked.rows[place], score: ranked.scores[place] }));
      items.forEach(({ row, score }, i) => {
        rows[c * n + i] = row;
        scores[c * n + i] = score;
      });
    }
    yield { firstCustomer, customers, n, rows, scores };
  }
}
