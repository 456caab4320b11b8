import { ownCopy } from '../orders/cleaning/cells.ts';
import { notePrice, priceFloats } from '../orders/csv/records/descriptions.ts';
import { withRoom } from './arrays.ts';
import type { ProductInfo } from './dataset.ts';
import type { Prices } from './unlisted/unlisted.ts';

/** What the order lines say about each product, by the builder's numbers. */
export interface ProductDescriptions {
  /** Takes a name, a category, '' for none, and a price, NaN for none, of a line that is reused. */
  note(product: number, name: string, category: string, price: number): void;
  /** Takes the last name and category of a block, which have memory of their own, and the `priceFloats` at an index. */
  noteBlock(product: number, name: string, category: string, ofBlock: Float64Array, at: number): void;
  infoOf(product: number): ProductInfo;
  pricesOf(product: number): Prices;
}

export function createProductDescriptions(): ProductDescriptions {
  const names: string[] = [];
  const categories: string[] = [];
  /** `priceFloats` for each product. */
  let prices = new Float64Array(priceFloats << 10).fill(Number.NaN);

  function makeRoom(product: number): void {
    const end = (product + 1) * priceFloats;
    if (end <= prices.length) return;
    const before = prices.length;
    prices = withRoom(prices, end - 1).fill(Number.NaN, before);
  }

  return {
    note(product, name, category, price) {
      if (name !== '') names[product] = owned(name, names[product]);
      if (category !== '') categories[product] = owned(category, categories[product]);
      makeRoom(product);
      notePrice(prices, product, price);
    },
    noteBlock(product, name, category, ofBlock, at) {
      if (name !== '') names[product] = name;
      if (category !== '') categories[product] = category;
      makeRoom(product);
      const to = product * priceFloats;
      const [last, lowestAboveZero, highest, lowest] = [ofBlock[at], ofBlock[at + 1], ofBlock[at + 2], ofBlock[at + 3]];
      if (last > 0) prices[to] = last;
      if (lowestAboveZero > 0 && !(prices[to + 1] <= lowestAboveZero)) prices[to + 1] = lowestAboveZero;
      if (!Number.isNaN(highest) && !(prices[to + 2] >= highest)) prices[to + 2] = highest;
      if (!Number.isNaN(lowest) && !(prices[to + 3] <= lowest)) prices[to + 3] = lowest;
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
