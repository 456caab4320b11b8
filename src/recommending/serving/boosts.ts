import { noGroup } from '../../kernel/operations/operations.ts';
import type { Draw } from '../lists/diversity.ts';
import type { Query, Ranked } from '../scoring/scorer.ts';
import type { Mask } from './mask.ts';

/** Products that the boosts of a request lift alike. Each product that the list may hold is in one group. */
export interface BoostGroup {
  readonly mask: Mask;
  /** In lists from the best product to the last one. */
  readonly by: number;
}

/** The boosts of one request. */
export interface Boosting {
  readonly groups: readonly BoostGroup[];
  /** What `by` of 1 adds to a score; undefined until a list is drawn. */
  scale: number | undefined;
  /** What was added to the score of each product that was drawn, by row. */
  readonly added: Map<number, number>;
}

export function boostingOf(groups: readonly BoostGroup[] | undefined): Boosting | undefined {
  return groups && { groups, scale: undefined, added: new Map() };
}

/** The list whose length is the measure of boosts has at least so many products: the scores of one are no measure. */
const leastDepth = 10;

const depthOf = (n: number) => Math.max(n, leastDepth);

/**
 * The best products by their scores with what boosts add. Within a group the order is that of the scores, so that the best of
 * each group hold the best of all; the same goes for a limit per category.
 *
 * @param n length of the list that is asked for.
 * @param groups the category of each product, by row.
 * @param best the best products of a group, at most so many, by their scores and under the limit of the draw.
 */
export function* lifted(
  boosting: Boosting,
  n: number,
  draw: Draw,
  groups: Uint32Array,
  best: (mask: Mask, n: number) => Generator<Query, Ranked[], Ranked[]>,
): Generator<Query, Ranked[], Ranked[]> {
  const depth = boosting.scale === undefined ? depthOf(n) : 0;
  const lists: Ranked[][] = [];
  for (const { mask } of boosting.groups)
    lists.push(mask.hidden() === groups.length ? [] : yield* best(mask, Math.max(draw.n, depth)));
  boosting.scale ??= scaleOf(bestOf(lists.flat(), { ...draw, n: depth }, groups));
  for (const [i, list] of lists.entries()) lift(boosting, boosting.scale * boosting.groups[i].by, list);
  return bestOf(lists.flat(), draw, groups);
}

/** Adds to scores in place. */
export function lift({ added }: Boosting, by: number, list: Ranked[]): void {
  for (const ranked of list) {
    ranked.score += by;
    added.set(ranked.row, by);
  }
}

/** From the best of some products to the last; 1 if none is ahead of another. */
function scaleOf(ranked: readonly Ranked[]): number {
  const spread = ranked.length > 0 ? ranked[0].score - ranked[ranked.length - 1].score : 0;
  return spread > 0 ? spread : 1;
}

/** The best products under a limit per category. */
function bestOf(ranked: Ranked[], { n, groupLimit }: Draw, groups: Uint32Array): Ranked[] {
  ranked.sort((a, b) => b.score - a.score || (a.place ?? a.row) - (b.place ?? b.row));
  if (groupLimit === 0) return ranked.slice(0, n);
  const listed = new Map<number, number>();
  const best: Ranked[] = [];
  for (const one of ranked) {
    if (best.length === n) break;
    const group = groups[one.row];
    const others = listed.get(group) ?? 0;
    if (group !== noGroup && others >= groupLimit) continue;
    listed.set(group, others + 1);
    best.push(one);
  }
  return best;
}

/** What boosts add to the score of a product. */
export function boostOf({ groups, scale = 1 }: Boosting, row: number): number {
  return scale * (groups.find(({ mask }) => mask.has(row))?.by ?? 0);
}

/** Products that have an order and no scores, each moved by as many places as its boosts say in lists. */
export function liftedByPlace<Product extends { row: number }>(
  ordered: readonly Product[],
  n: number,
  boosting: Boosting,
): Product[] {
  const scale = Math.max(1, Math.min(ordered.length, depthOf(n)) - 1);
  const places = new Map(
    ordered.map((product, place) => [product, place - boostOf({ ...boosting, scale }, product.row)]),
  );
  return [...ordered].sort((a, b) => places.get(a)! - places.get(b)!);
}
