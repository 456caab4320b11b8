import type { Descriptions } from '../answer.ts';
import type { Copied } from '../copy.ts';
import { placeOf } from '../filters.ts';
import type { FoldIn } from '../fold-in.ts';
import type { LiveCategories } from '../lists/categories.ts';
import type { Listing } from '../lists/listing.ts';
import type { Mask } from './mask.ts';
import type { Masks } from './masks.ts';
import { forgetRow, type ServedControls } from './served.ts';
import type { LiveTrend } from './trend.ts';

/** What there is of a recommender that a running shop changes. */
interface Changed {
  copied: Copied;
  /** Products that lists may hold. */
  mask: Mask;
  masks: Pick<Masks, 'update'>;
  /** Customers who are not barred. */
  mayBeNamed: Mask;
  descriptions: Descriptions;
  categories: Pick<LiveCategories, 'put'>;
  listing: Pick<Listing, 'renamed'>;
  trend: Pick<LiveTrend, 'sell' | 'take'>;
  foldIn: Pick<FoldIn, 'isReady' | 'prepare'>;
}

export function createControls(changed: Changed): ServedControls {
  const { copied, mask, masks, mayBeNamed, descriptions, categories, listing, trend, foldIn } = changed;
  const { productInfo, unlisted } = copied.model;
  return {
    list(row, isListed) {
      mask.set(row, isListed && (!unlisted || placeOf(row, unlisted) < 0));
      masks.update(row);
    },
    nameOf: descriptions.nameOf,
    describe(row, { name, category }) {
      descriptions.describe(row, name, category);
      categories.put(row, category ?? productInfo[row].category);
      listing.renamed();
    },
    sell: trend.sell,
    takeTrend: trend.take,
    async warm(pace) {
      if (!foldIn.isReady()) await foldIn.prepare(pace);
    },
    bar(row) {
      mayBeNamed.set(row, false);
      forgetRow(copied, row);
    },
  };
}
