import { noRow, type Recommendation } from '../../recommending/types.ts';
import type { CatalogueFields } from '../catalogue/catalogue.ts';

/** Products that the shop has and the model does not know yet, so that no list of taste can hold them. */
export interface Newcomers {
  /**
   * Takes what the shop says of one.
   *
   * @param addedAt when it was first said; what comes with a later call does not count.
   */
  set(product: string, addedAt: number, isAvailable: boolean): void;
  /** Those that are available and pass, newest first, then by id, as a list of at most `n`. */
  list(n: number, passes: (product: string) => boolean): Recommendation[];
}

interface Newcomer {
  readonly product: string;
  readonly addedAt: number;
  isAvailable: boolean;
}

/** Lists are made of so many of the newest, and of some more at times, so that a list has a bounded cost. */
const most = 10_000;
/** How many more there are before the oldest are forgotten. */
const margin = 2500;

/** @param fieldsOf what the catalogue says of a product. */
export function createNewcomers(fieldsOf: (product: string) => CatalogueFields | undefined): Newcomers {
  /** The last of a list comes first. */
  const inTurn: Newcomer[] = [];
  const known = new Map<string, Newcomer>();

  function placeOf({ addedAt, product }: Newcomer): number {
    let [from, to] = [0, inTurn.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const other = inTurn[middle];
      const isBefore = other.addedAt === addedAt ? other.product > product : other.addedAt < addedAt;
      if (isBefore) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  function toItem({ product, addedAt }: Newcomer): Recommendation {
    const { name, category } = fieldsOf(product) ?? {};
    const first = typeof category === 'string' ? category : category?.[0];
    return {
      ...{ product, row: noRow, score: addedAt },
      ...(name !== undefined && { name }),
      ...(first !== undefined && { category: first }),
    };
  }

  return {
    set(product, addedAt, isAvailable) {
      const before = known.get(product);
      if (before) {
        before.isAvailable = isAvailable;
        return;
      }
      const newcomer = { product, addedAt, isAvailable };
      known.set(product, newcomer);
      inTurn.splice(placeOf(newcomer), 0, newcomer);
      if (inTurn.length < most + margin) return;
      for (const { product } of inTurn.splice(0, margin)) known.delete(product);
    },
    list(n, passes) {
      const items: Recommendation[] = [];
      for (let i = inTurn.length - 1; i >= 0 && items.length < n; i--)
        if (inTurn[i].isAvailable && passes(inTurn[i].product)) items.push(toItem(inTurn[i]));
      return items;
    },
  };
}
