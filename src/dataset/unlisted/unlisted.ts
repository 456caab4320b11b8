import { firstOf } from '../../options.ts';
import type { Note } from '../../orders/look.ts';
import type { ProductInfo } from '../dataset.ts';
import type { OrderFacts } from '../history.ts';
import { whyNotProduct } from './not-products.ts';
import { createPatterns } from './patterns.ts';

/** Which products the caller wants out of lists, or in lists. */
export interface Listing {
  productsOut?: readonly string[];
  productsIn?: readonly string[];
  /** Of products of which a table says it, by id, whether lists may hold them. */
  listed?: ReadonlyMap<string, boolean>;
}

/** The prices of a product over all of its purchases; NaN if there is none. */
export interface Prices {
  lowestAboveZero: number;
  highest: number;
  lowest: number;
}

/** If more of the products than this are called like postage or vouchers, these are what the shop sells. */
const maxShare = 1 / 3;
const maxNamed = 8;

/**
 * The products that no list holds: those that the caller or a table names, and those that are plainly no products.
 *
 * @param pricesOf by product row.
 * @returns their rows, ascending; undefined if there are none.
 */
export function unlistedOf(
  products: readonly string[],
  productInfo: readonly ProductInfo[],
  pricesOf: (row: number) => Prices,
  { holding, single }: Pick<OrderFacts, 'holding' | 'single'>,
  orderCount: number,
  { productsOut = [], productsIn = [], listed }: Listing,
): { unlisted: Uint32Array | undefined; notes: Note[] } {
  const isOut = createPatterns(productsOut);
  const isIn = createPatterns(productsIn);
  const out: number[] = [];
  const recognized: { row: number; why: string }[] = [];
  for (let row = 0; row < products.length; row++) {
    const [id, { name }] = [products[row], productInfo[row]];
    const [named, wanted] = [isOut.match(id), isIn.match(id)];
    const told = named || wanted ? wanted : listed?.get(id);
    if (told === false) out.push(row);
    if (told !== undefined) continue;
    const share = holding[row] / orderCount;
    const why = whyNotProduct({ id, name, ...pricesOf(row), share, single: single[row] === 1 });
    if (why !== undefined) recognized.push({ row, why });
  }
  const kept = recognized.length > Math.max(2, products.length * maxShare) ? [] : recognized;
  const rows = [...out, ...kept.map(({ row }) => row)];
  const notes: Note[] = [];
  if (kept.length > 0) {
    const shown = kept.map(({ row, why }) => `${labelOf(products[row], productInfo[row])}, since ${why}`);
    notes.push({
      code: 'not-products',
      text:
        `Kept out of lists, because they are no products: ${firstOf(shown, maxNamed, '; ')}. Their records count as purchases all the same. ` +
        'To list them: --products-in, or productsIn. To keep others out of lists: --products-out, or productsOut.',
    });
  }
  for (const [flag, option, unmatched] of [
    ['--products-out', 'productsOut', isOut.unmatched()],
    ['--products-in', 'productsIn', isIn.unmatched()],
  ] as const) {
    if (unmatched.length === 0) continue;
    notes.push({
      code: 'unknown-products',
      text: `No product has an id as in ${flag} (${option}): ${listText(unmatched)}.`,
    });
  }
  return { unlisted: rows.length === 0 ? undefined : Uint32Array.from(rows).sort(), notes };
}

function labelOf(id: string, { name }: ProductInfo): string {
  return name === undefined || name === id ? id : `${id} (${name})`;
}

/** The first few of a list. */
export function listText(items: readonly string[]): string {
  return firstOf(items, maxNamed);
}
