import type { OpenKernel } from '../../kernel/kernel.ts';
import { noGroup } from '../../kernel/operations/operations.ts';
import type { Model } from '../../model/model.ts';
import { type Candidates, type GroupLimit, packByGroup } from '../scoring/candidates.ts';
import type { Draw } from './diversity.ts';

/** The products' categories, for lists that hold at most so many products of each. */
export interface Categories {
  /** The number of each product's category, `noGroup` for products without one; in kernel memory. */
  readonly groups: Uint32Array;
  /** The limit to draw a list under; undefined for none. */
  limitOf(draw: Draw): GroupLimit | undefined;
  /** Length of the longest list with at most `limit` products of each category. */
  longest(limit: number): number;
  /** All forms in which the products are packed. */
  readonly packings: readonly Candidates[];
}

/**
 * Lists of at least this share of the longest one under their limit have to search many categories to their end, each of them
 * on its own. Shorter ones find enough among the best products of all.
 */
const tightShare = 0.5;

/** Products of a category, on average. With smaller ones, going from group to group takes longer than it spares. */
const largeCategory = 1024;

/** @param candidates the products; packed by category here, if categories are large. */
export function createCategories(
  kernel: OpenKernel,
  { productInfo }: Pick<Model, 'productInfo'>,
  candidates: Candidates,
): Categories {
  const groups = kernel.memory.allocate(Uint32Array, productInfo.length).fill(noGroup);
  const numbers = new Map<string, number>();
  const sizes: number[] = [];
  for (let row = 0; row < productInfo.length; row++) {
    const { category } = productInfo[row];
    if (category === undefined) continue;
    const group = numbers.get(category) ?? numbers.size;
    numbers.set(category, group);
    groups[row] = group;
    sizes[group] = (sizes[group] ?? 0) + 1;
  }
  const categorized = sizes.reduce((sum, size) => sum + size, 0);
  // lengths[limit], up to the size of the largest category: each more allows one product more of every larger category.
  const lengths = [productInfo.length - categorized];
  sizes.sort((a, b) => b - a);
  for (let limit = 1, larger = sizes.length; larger > 0; limit++) {
    lengths.push(lengths[limit - 1] + larger);
    while (larger > 0 && sizes[larger - 1] <= limit) larger--;
  }
  const longest = (limit: number) => lengths[Math.min(limit, lengths.length - 1)];
  const isWorthPacking = categorized >= Math.max(1, largeCategory * numbers.size);
  const grouped = isWorthPacking ? packByGroup(kernel, candidates, groups) : candidates;
  return {
    groups,
    limitOf({ n, groupLimit }) {
      if (groupLimit === 0) return undefined;
      const isTight = n >= tightShare * longest(groupLimit);
      return { groups, groupLimit, packing: isTight ? grouped : candidates };
    },
    longest,
    packings: isWorthPacking ? [candidates, grouped] : [candidates],
  };
}
