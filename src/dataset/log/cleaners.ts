import type { BlockLines } from '../../orders/csv/records/block-lines.ts';
import type { Numbering } from '../numbering.ts';
import { type CleanerMap, learnTexts } from './blocks.ts';

/** What the cleaners of the open table call customers and products. */
export interface Cleaners {
  /** Learns the new ids, names and categories of a block from the cleaner with this number. */
  learn(cleaner: number, lines: BlockLines): void;
  of(cleaner: number): CleanerMap;
  /** Forgets all of them: a table has cleaners of its own. */
  forget(): void;
}

export function createCleaners(customers: Numbering, products: Numbering): Cleaners {
  let maps: CleanerMap[] = [];

  function of(cleaner: number): CleanerMap {
    maps[cleaner] ??= { customers: [], products: [], names: [], categories: [] };
    return maps[cleaner];
  }

  return {
    of,
    learn(cleaner, { described, ...ids }) {
      const map = of(cleaner);
      for (const id of ids.customers) map.customers.push(customers.number(id));
      for (const id of ids.products) map.products.push(products.number(id));
      learnTexts(map.names, described.products, described.names);
      learnTexts(map.categories, described.products, described.categories);
    },
    forget() {
      maps = [];
    },
  };
}
