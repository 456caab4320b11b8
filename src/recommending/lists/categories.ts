import type { OpenKernel } from '../../kernel/kernel.ts';
import { copyIn } from '../../kernel/memory.ts';
import { noGroup, packedLength, panelGroup, panelWidth } from '../../kernel/operations/operations.ts';
import type { Model } from '../../model/model.ts';
import { infoReaderOf } from '../../model/texts.ts';
import { type Candidates, type GroupLimit, packByGroup } from '../scoring/candidates.ts';
import type { Draw } from './diversity.ts';

/**
 * The products' categories at one time, for lists that hold at most so many products of each. Of a product with several, the
 * first counts.
 */
export interface Categories {
  /** The number of each product's category, `noGroup` for products without one; in kernel memory. */
  readonly groups: Uint32Array;
  /** The limit to draw a list under; undefined for none. */
  limitOf(draw: Draw): GroupLimit | undefined;
  /** Length of the longest list with at most `limit` products of each category. */
  longest(limit: number): number;
}

/** The same as they change. */
export interface LiveCategories {
  /** Those of now; another object after a change. Its arrays are the caller's to free. */
  current(): Categories;
  /** Moves a product; the work for all products is left to the next call of `current`. */
  put(product: number, category: string | undefined): void;
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

/** With more panels of several categories than this share, a panel spares too little to go from category to category. */
const maxMixed = 0.1;

/** Products that are put into their categories in a piece of the work: some tenths of a millisecond. */
const productsOfPiece = 2 ** 12;

/**
 * It works a piece at a time, for those who have others waiting.
 *
 * @param candidates the products; packed by category here, if categories are large.
 * @param packed the same as another thread has packed them by category.
 */
export function* createCategories(
  kernel: OpenKernel,
  { productInfo }: Pick<Model, 'productInfo'>,
  candidates: Candidates,
  packed?: Candidates,
): Generator<undefined, LiveCategories> {
  const info = infoReaderOf(productInfo);
  const count = info.length;
  let groups = kernel.memory.allocate(Uint32Array, count).fill(noGroup);
  /** Whether lists are made with this array, so that another one has what changes. */
  let isInUse = false;
  const numbers = new Map<string, number>();
  const unused: number[] = [];
  /** Names, and how many products there are, by the number of a category. */
  const names: string[] = [];
  const sizes: number[] = [];

  function numberOf(category: string): number {
    const known = numbers.get(category);
    if (known !== undefined) return known;
    const number = unused.pop() ?? names.length;
    numbers.set(category, number);
    names[number] = category;
    sizes[number] = 0;
    return number;
  }

  /** Whether its category is another one now. */
  function move(product: number, category: string | undefined): boolean {
    const before = groups[product];
    if (category === (before === noGroup ? undefined : names[before])) return false;
    const after = category === undefined ? noGroup : numberOf(category);
    if (isInUse) groups = copyIn(kernel.memory, Uint32Array, groups);
    isInUse = false;
    groups[product] = after;
    if (after !== noGroup) sizes[after]++;
    if (before !== noGroup && --sizes[before] === 0) {
      numbers.delete(names[before]);
      unused.push(before);
    }
    return true;
  }

  for (let row = 0; row < count; row++) {
    if (row % productsOfPiece === 0) yield;
    move(row, info.category(row));
  }
  const categorized = sizes.reduce((sum, size) => sum + size, 0);
  const isWorthPacking = categorized >= Math.max(1, largeCategory * numbers.size);
  let current = asTheyAre();
  const grouped = packed ?? (isWorthPacking ? yield* packByGroup(kernel, candidates, current.groups) : undefined);
  const mix = grouped && createPanelMixer(grouped);
  let isChanged = false;

  function asTheyAre(): Categories {
    const ofNow = groups;
    isInUse = true;
    const longest = longestWith(count, sizes);
    return {
      groups: ofNow,
      limitOf({ n, groupLimit }) {
        if (groupLimit === 0) return undefined;
        const isTight = n >= tightShare * longest(groupLimit);
        const isGrouped = grouped && mix && isTight && mix.share() <= maxMixed;
        return { groups: ofNow, groupLimit, packing: isGrouped ? grouped : candidates };
      },
      longest,
    };
  }

  return {
    current() {
      if (isChanged) current = asTheyAre();
      isChanged = false;
      return current;
    },
    put(product, category) {
      if (!move(product, category)) return;
      isChanged = true;
      mix?.mix(product);
    },
    packings: grouped ? [candidates, grouped] : [candidates],
  };
}

/** The length of the longest list under each limit. @param sizes of the categories. */
function longestWith(products: number, sizes: readonly number[]): Categories['longest'] {
  const left = sizes.filter((size) => size > 0).sort((a, b) => b - a);
  // lengths[limit], up to the size of the largest category: each more allows one product more of every larger category.
  const lengths = [products - left.reduce((sum, size) => sum + size, 0)];
  for (let limit = 1, larger = left.length; larger > 0; limit++) {
    lengths.push(lengths[limit - 1] + larger);
    while (larger > 0 && left[larger - 1] <= limit) larger--;
  }
  return (limit) => lengths[Math.min(limit, lengths.length - 1)];
}

/** Notes which panels of products that were packed by category have several. What they say is right before and after. */
function createPanelMixer({ count, factors, order, packed }: Candidates) {
  const size = packedLength(1, factors);
  const words = new Uint32Array(packed.buffer, packed.byteOffset, packed.length);
  let places: Uint32Array | undefined;
  let mixed = 0;
  return {
    mix(product: number): void {
      if (!places) {
        places = new Uint32Array(count);
        for (let place = 0; place < count; place++) places[order[place]] = place;
      }
      const at = Math.floor(places[product] / panelWidth) * size + panelGroup;
      if (words[at] === noGroup) return;
      words[at] = noGroup;
      mixed++;
    },
    share: () => mixed / Math.ceil(count / panelWidth),
  };
}
