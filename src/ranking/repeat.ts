import type { Dataset } from '../dataset/dataset.ts';

/** Average orders that are added to those of each product, so that a rare product stays near 0. */
const smoothing = 5;

/**
 * How much more readily each product is bought again than the average product, by product row:
 * ln((repeats / average + 5) / (chances + 5)), where repeats are the orders that held it again, chances the customers'
 * orders after the one that held it first, and average the repeats per chance over all products. 0 for all products
 * without a history, or if nothing was ever bought again.
 */
export function repeatPropensityOf({ products, history }: Dataset): Float32Array {
  const propensity = new Float32Array(products.length);
  if (!history) return propensity;
  const { offsets, starts } = history;
  const repeats = new Float64Array(products.length);
  const chances = new Float64Array(products.length);
  /** One past the last customer who was seen to buy the product. */
  const buyer = new Uint32Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) {
    for (let order = offsets[c]; order < offsets[c + 1]; order++) {
      for (let line = starts[order]; line < starts[order + 1]; line++) {
        const product = history.products[line];
        if (buyer[product] === c + 1) repeats[product]++;
        else chances[product] += offsets[c + 1] - 1 - order;
        buyer[product] = c + 1;
      }
    }
  }
  const average = sum(repeats) / sum(chances);
  if (!(average > 0)) return propensity;
  return propensity.map((_, p) => Math.log((repeats[p] / average + smoothing) / (chances[p] + smoothing)));
}

/**
 * The share of products that the customer had bought before among the order lines of those who ordered before; 0 if nobody
 * did. Undefined without a history.
 */
export function reboughtOf({ products, history }: Pick<Dataset, 'products' | 'history'>): number | undefined {
  if (!history) return undefined;
  const { offsets, starts } = history;
  /** One past the last customer who was seen to buy the product. */
  const buyer = new Uint32Array(products.length);
  let [lines, again] = [0, 0];
  for (let c = 0; c + 1 < offsets.length; c++) {
    for (let order = offsets[c]; order < offsets[c + 1]; order++) {
      for (let line = starts[order]; line < starts[order + 1]; line++) {
        const product = history.products[line];
        if (order > offsets[c]) lines++;
        if (buyer[product] === c + 1) again++;
        buyer[product] = c + 1;
      }
    }
  }
  return lines === 0 ? 0 : again / lines;
}

/** Where fewer lines than this are repeats, customers come back for other products. */
const rareShare = 0.05;

/** Whether customers hardly ever buy a product again. @param rebought see `reboughtOf`. */
export function isRare(rebought: number | undefined): boolean {
  return rebought !== undefined && rebought < rareShare;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
