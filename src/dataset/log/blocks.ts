/** What a block of clean lines adds to a log, by the builder's own numbers. */
import { type BlockLines, purchaseInts, returnNumbers } from '../../orders/csv/records/block-lines.ts';
import { type Described, type DescribedTexts, none, priceFloats, same } from '../../orders/csv/records/descriptions.ts';
import type { ProductDescriptions } from '../product-descriptions.ts';
import type { Cancellations } from './cancellations.ts';
import { addLine, type Log } from './log.ts';
import type { ReturnList } from './return-list.ts';

/** By a cleaner's numbers: the builder's own numbers of customers and products, and each product's last description. */
export interface CleanerMap {
  customers: number[];
  products: number[];
  names: string[];
  categories: string[];
}

// Each loop over many lines is a function of its own: V8 compiles the function of a loop while it runs, and again once what
// follows the loop runs for the first time.

export function addPurchases(
  log: Log,
  { purchases, purchaseCount }: BlockLines,
  { customers, products }: CleanerMap,
): void {
  const times = new Float64Array(purchases.buffer);
  for (let i = 0; i < purchaseCount * purchaseInts; i += purchaseInts) {
    const customer = customers[purchases[i]];
    const product = products[purchases[i + 1]];
    const time = times[(i >> 1) + 2];
    addLine(log, customer, product, purchases[i + 2], purchases[i + 3], time, times[(i >> 1) + 3]);
  }
}

export function addCancelled(cancellations: Cancellations, lines: BlockLines, line: number): void {
  const { purchases, purchaseCount, cancelled, cancelledId } = lines;
  const times = new Float64Array(purchases.buffer);
  let next = 0;
  for (let i = 0; i < purchaseCount * purchaseInts; i += purchaseInts) {
    if (purchases[i + 2] > 0) continue;
    cancellations.add(line + cancelled[next++], cancelledId, times[(i >> 1) + 2], times[(i >> 1) + 3]);
  }
}

export function addReturns(all: ReturnList, returns: BlockLines['returns'], map: CleanerMap, line: number): void {
  for (let i = 0; i < returns.length; i += returnNumbers) {
    const customer = map.customers[returns[i]];
    const product = map.products[returns[i + 1]];
    all.add(customer, product, returns[i + 2], returns[i + 3], returns[i + 4], line + returns[i + 5]);
  }
}

export function noteDescribed(descriptions: ProductDescriptions, described: Described, map: CleanerMap): void {
  const { products, names, categories, prices } = described;
  for (let i = 0; i < products.length; i++) {
    const seen = products[i];
    const name = names.states[i] === none ? '' : map.names[seen];
    const category = categories.states[i] === none ? '' : map.categories[seen];
    descriptions.noteBlock(map.products[seen], name, category, prices, i * priceFloats);
  }
}

export function learnTexts(known: string[], products: Int32Array, { states, texts }: DescribedTexts): void {
  let next = 0;
  for (let i = 0; i < products.length; i++)
    if (states[i] !== none && states[i] !== same) known[products[i]] = texts[next++];
}
