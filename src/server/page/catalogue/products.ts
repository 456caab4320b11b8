/** What a shop calls its products right now, and which of them lists may hold. */

import { textAtOf } from '../../../dataset/texts/packed.ts';
import { servedBy } from '../../../live/swapping/answering.ts';
import { infoReaderOf } from '../../../model/texts.ts';
import { placeOf } from '../../../recommending/filters.ts';
import type { Answering } from '../page.ts';
import { firstCategory } from '../products/known.ts';
import { withheldBy } from './coverage.ts';

export interface ProductsNow {
  describe(row: number): ProductNow;
  /** The first one, as the shop says it or else the orders; undefined if nobody does. */
  categoryOf(row: number): string | undefined;
  /** Whether lists may hold it. */
  isOffered(row: number): boolean;
  /** Whether only the shop keeps it out of them, as what is sold out. */
  isWithheld(row: number): boolean;
}

interface ProductNow {
  readonly id: string;
  readonly name?: string;
  readonly category?: string;
  /** Whether it can be bought; undefined if the shop does not say. */
  readonly available?: boolean;
}

export function productsOf(answering: Answering): ProductsNow {
  const { products, productInfo, unlisted } = answering.model;
  const info = infoReaderOf(productInfo);
  const idOf = textAtOf(products);
  const withheld = withheldBy(answering);
  const catalogue = servedBy(answering)?.catalogue;
  const isWithheld = (row: number) => withheld?.has(row) ?? false;
  const saidOf = (row: number) => catalogue?.fieldsOf(idOf(row));
  const categoryIn = (said: ReturnType<typeof saidOf>, row: number) => {
    return firstCategory(said?.category ?? info.category(row)) || undefined;
  };
  return {
    describe(row) {
      const said = saidOf(row);
      const name = said?.name ?? info.name(row);
      return {
        id: idOf(row),
        name: name || undefined,
        category: categoryIn(said, row),
        available: said?.available,
      };
    },
    categoryOf: (row) => categoryIn(saidOf(row), row),
    isOffered: (row) => !isWithheld(row) && (!unlisted || placeOf(row, unlisted) < 0),
    isWithheld,
  };
}
