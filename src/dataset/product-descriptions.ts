import { ownCopy } from '../orders/cells.ts';
import { notePrice, priceFloats } from '../orders/csv/descriptions.ts';
import { withRoom } from './arrays.ts';
import type { ProductInfo } from './dataset.ts';
import type { Prices } from './unlisted.ts';

/** What the order lines say about each product, by the builder's numbers. */
export interface ProductDescriptions {
  /** Takes a name and a category, '' for none. */
  note(product: number, name: string, category: string): void;
  /** Takes a price, NaN for none. */
  notePrice(product: number, price: number): void;
  infoOf(product: number): ProductInfo;
  pricesOf(product: number): Prices;
}

export function createProductDescriptions(): ProductDescriptions {
  const names: string[] = [];
  const categories: string[] = [];
  /** `priceFloats` for each product. */
  let prices = new Float64Array(priceFloats << 10).fill(Number.NaN);

  return {
    note(product, name, category) {
      if (name !== '') names[product] = owned(name, names[product]);
      if (category !== '') categories[product] = owned(category, categories[product]);
    },
    notePrice(product, price) {
      const end = (product + 1) * priceFloats;
      if (end > prices.length) {
        const before = prices.length;
        prices = withRoom(prices, end - 1).fill(Number.NaN, before);
      }
      notePrice(prices, product, price);
    },
    infoOf(product) {
      const price = prices[product * priceFloats];
      return {
        ...(names[product] !== undefined && { name: names[product] }),
        ...(categories[product] !== undefined && { category: categories[product] }),
        ...(price > 0 && { price }),
      };
    },
    pricesOf(product) {
      const at = product * priceFloats;
      return { lowestAboveZero: prices[at + 1], highest: prices[at + 2], lowest: prices[at + 3] };
    },
  };
}

/** The text with memory of its own: that of `before` if the two are equal. */
function owned(text: string, before: string | undefined): string {
  return text === before ? before : ownCopy(text);
}
