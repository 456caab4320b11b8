import type { ProductInfo } from '../dataset/dataset.ts';
import { invalidOption } from '../options.ts';
import { noRow, type Recommendation, type RecommendationBlock } from './types.ts';

/** How a list is made more varied than the best products alone. */
export interface Spread {
  /** 0 to 1. */
  diversity: number;
  /** Products of one category, at most; Infinity for no limit. */
  perCategory: number;
}

/** Length of the longest diverse list: the work grows with the square of the length. */
const maxDiverse = 1000;

/**
 * How many of the best products the list is chosen from, unless full categories call for more.
 * @throws `invalid_options` if a diverse list is too long.
 */
export function poolFor(n: number, { diversity }: Spread): number {
  if (diversity > 0 && n > maxDiverse) {
    throw invalidOption('n', n, `a whole number from 1 to ${maxDiverse} if diversity is above 0`);
  }
  return Math.max(100, 4 * n);
}

/**
 * Chooses `n` products of a ranked pool by maximal marginal relevance (Carbonell & Goldstein 1998): repeatedly the one with
 * the largest
 *
 *   (1 - diversity) * relevance - diversity * largest cosine with a product chosen before
 *
 * whose category is not full, where relevance is the score scaled to 0..1 over the pool. Ties go to the better ranked
 * product. Products without a category don't count toward any limit.
 *
 * @param pool product rows and their scores, best first.
 * @param cosine of the factors of two product rows; called only if `diversity` is above 0.
 * @returns places in the pool, in the order they were chosen; fewer than n if the pool runs out.
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
  const eligible = new Uint8Array(length).fill(1);
  const similarity = new Float64Array(length);
  const best = scores[0];
  const range = best - scores[length - 1];

  function take(place: number): void {
    chosen.push(place);
    eligible[place] = 0;
    const { category } = productInfo[rows[place]];
    if (category === undefined || perCategory === Infinity) return;
    const count = (inCategory.get(category) ?? 0) + 1;
    inCategory.set(category, count);
    if (count < perCategory) return;
    for (let i = 0; i < length; i++) if (productInfo[rows[i]].category === category) eligible[i] = 0;
  }

  function updateSimilarity(place: number): void {
    for (let i = 0; i < length; i++) {
      if (eligible[i] === 0) continue;
      const cosineToChosen = cosine(rows[place], rows[i]);
      similarity[i] = chosen.length === 1 ? cosineToChosen : Math.max(similarity[i], cosineToChosen);
    }
  }

  while (chosen.length < n) {
    let place = -1;
    let highest = -Infinity;
    for (let i = 0; i < length; i++) {
      if (eligible[i] === 0) continue;
      const relevance = range > 0 ? 1 - (best - scores[i]) / range : 1;
      const value = (1 - diversity) * relevance - diversity * similarity[i];
      if (value > highest) {
        highest = value;
        place = i;
      }
    }
    if (place < 0) break;
    take(place);
    if (diversity > 0) updateSimilarity(place);
  }
  return chosen;
}

/**
 * Makes lists of `n` from blocks of longer ones.
 * @param pick chooses places of a longer list, as `choose` does.
 * @param again makes the list of a customer whose longer list gave too few.
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
