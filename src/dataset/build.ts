import { createHash } from 'node:crypto';
import type { Tally } from '../orders/account.ts';
import type { OrderLine } from '../orders/clean.ts';
import type { DateOrder } from '../orders/times.ts';
import { ownCopy } from '../orders/values.ts';
import type { Dataset, OrderLines, ProductInfo } from './dataset.ts';
import { createNumbering } from './numbering.ts';
import { createPairTable, withRoom } from './pairs.ts';
import { type SortedPairs, sortPairs } from './sort.ts';

export interface DatasetBuilder {
  /** Adds an order line; keeps nothing of the object itself. */
  add(line: OrderLine): void;
  /** Nets returns, drops what nothing is left of, sorts, and closes the account. The builder is used up. */
  finish(columns: Record<string, string>, dateOrder: DateOrder | undefined): Dataset;
}

/**
 * Sums order lines up by customer-product pair. Ids get provisional numbers in reading order and their final rows in
 * `finish`, by counting sort. Memory: the ids, and 60 to 110 bytes a pair.
 */
export function createBuilder(tally: Tally, keepLines: boolean): DatasetBuilder {
  const customers = createNumbering();
  const products = createNumbering();
  const names: string[] = [];
  const categories: string[] = [];
  let prices = new Float64Array(1 << 10);

  const bought = createPairTable();
  let quantities = new Float64Array(1 << 10);
  let orders = new Uint32Array(1 << 10);
  let lastOrder = new Uint32Array(1 << 10);
  let rows = new Uint32Array(1 << 10);
  let last = new Float64Array(1 << 10);
  /** `last` by `otherTime`; made when the two first differ. */
  let otherLast: Float64Array | undefined;
  const span = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
  const otherSpan = { ...span };

  const returned = createPairTable();
  let returnedQuantities = new Float64Array(1 << 10);
  let returnedRows = new Uint32Array(1 << 10);
  let firstReturn = new Float64Array(1 << 10);

  let linePairs = new Uint32Array(keepLines ? 1 << 12 : 0);
  let lineQuantities = new Float32Array(keepLines ? 1 << 12 : 0);
  let lines = 0;

  function addReturn(customer: number, product: number, quantity: number, line: number): void {
    const known = returned.size;
    const pair = returned.add(customer, product);
    if (pair === known) {
      returnedQuantities = withRoom(returnedQuantities, pair);
      returnedRows = withRoom(returnedRows, pair);
      firstReturn = withRoom(firstReturn, pair);
      firstReturn[pair] = line;
    }
    returnedQuantities[pair]! += quantity;
    returnedRows[pair]!++;
  }

  function addPurchase(customer: number, product: number, { quantity, order, time, otherTime }: OrderLine): void {
    const known = bought.size;
    const pair = bought.add(customer, product);
    if (pair === known) {
      quantities = withRoom(quantities, pair);
      orders = withRoom(orders, pair);
      lastOrder = withRoom(lastOrder, pair);
      rows = withRoom(rows, pair);
      last = withRoom(last, pair);
      last[pair] = Number.NaN;
      if (otherLast !== undefined) {
        otherLast = withRoom(otherLast, pair);
        otherLast[pair] = Number.NaN;
      }
    }
    quantities[pair]! += quantity;
    rows[pair]!++;
    if (orders[pair] === 0 || order === -1 || order !== lastOrder[pair]) orders[pair]!++;
    lastOrder[pair] = order;
    if (time !== otherTime && !Number.isNaN(time)) otherLast ??= last.slice();
    // Written so that NaN gives way to any time.
    if (!(last[pair]! >= time)) last[pair] = Number.isNaN(time) ? last[pair]! : time;
    if (otherLast !== undefined && !(otherLast[pair]! >= otherTime) && !Number.isNaN(otherTime))
      otherLast[pair] = otherTime;
    widen(span, time);
    widen(otherSpan, otherTime);
    if (keepLines) {
      linePairs = withRoom(linePairs, lines);
      lineQuantities = withRoom(lineQuantities, lines);
      linePairs[lines] = pair;
      lineQuantities[lines++] = quantity;
    }
  }

  function describe(product: number, { name, category, price }: OrderLine): void {
    if (name !== '' && names[product] !== name) names[product] = ownCopy(name);
    if (category !== '' && categories[product] !== category) categories[product] = ownCopy(category);
    prices = withRoom(prices, product);
    if (!Number.isNaN(price)) prices[product] = price;
  }

  return {
    add(line) {
      const customer = customers.number(line.customer);
      const product = products.number(line.product);
      if (line.returned) return addReturn(customer, product, line.quantity, line.line);
      addPurchase(customer, product, line);
      describe(product, line);
    },
    finish(columns, dateOrder) {
      const returns = settleReturns();
      let purchases = 0;
      for (let pair = 0; pair < bought.size; pair++) if (quantities[pair]! > 0) purchases += rows[pair]!;
      const dayFirst = dateOrder === 'dmy' && otherLast !== undefined;
      const { first, last: latest } = dateOrder === 'dmy' ? otherSpan : span;
      const account = tally.account({
        purchases,
        returns,
        columns,
        ...(latest >= first ? { firstPurchase: first, lastPurchase: latest } : {}),
      });
      const totals = { quantities, orders, last: dayFirst ? otherLast! : last };
      const sorted = sortPairs(bought, totals, customers, products);
      const info = (row: number): ProductInfo => {
        const product = products.find(sorted.products[row]!);
        return {
          ...(names[product] !== undefined && { name: names[product] }),
          ...(categories[product] !== undefined && { category: categories[product] }),
          ...(prices[product]! > 0 && { price: prices[product] }),
        };
      };
      return {
        customers: sorted.customers,
        products: sorted.products,
        productInfo: sorted.products.map((_, row) => info(row)),
        purchases: sorted.purchases,
        byProduct: sorted.byProduct,
        ...(keepLines && { lines: keptLines(sorted) }),
        account,
        fingerprint: fingerprint(sorted),
      };
    },
  };

  /** Takes returns off; a pair that nothing is left of gets quantity 0. Gives the number of return rows kept. */
  function settleReturns(): number {
    let kept = 0;
    for (let i = 0; i < returned.size; i++) {
      const customer = returned.customers[i]!;
      const product = returned.products[i]!;
      const pair = bought.find(customer, product);
      const left = pair === -1 ? 0 : quantities[pair]! - returnedQuantities[i]!;
      if (left > 0) {
        quantities[pair] = left;
        kept += returnedRows[i]!;
        continue;
      }
      const value = `product ${products.id(product)}, customer ${customers.id(customer)}`;
      if (pair === -1) {
        tally.drop('return without purchase', firstReturn[i]!, value, returnedRows[i]!);
      } else {
        quantities[pair] = 0;
        tally.drop('returned in full', firstReturn[i]!, value, rows[pair]! + returnedRows[i]!);
      }
    }
    return kept;
  }

  function keptLines({ customerRows, productRows }: SortedPairs): OrderLines {
    let kept = 0;
    for (let i = 0; i < lines; i++) if (quantities[linePairs[i]!]! > 0) kept++;
    const result = {
      customers: new Uint32Array(kept),
      products: new Uint32Array(kept),
      quantities: new Float32Array(kept),
    };
    let to = 0;
    for (let i = 0; i < lines; i++) {
      const pair = linePairs[i]!;
      if (quantities[pair] === 0) continue;
      result.customers[to] = customerRows[bought.customers[pair]!]!;
      result.products[to] = productRows[bought.products[pair]!]!;
      result.quantities[to++] = lineQuantities[i]!;
    }
    return result;
  }
}

function widen(span: { first: number; last: number }, time: number): void {
  if (time < span.first) span.first = time;
  if (time > span.last) span.last = time;
}

/** SHA-256 over everything that a model can depend on; ids as JSON, arrays as their little-endian bytes. */
function fingerprint({ customers, products, purchases }: SortedPairs): string {
  const hash = createHash('sha256');
  for (const ids of [customers, products]) {
    for (let i = 0; i < ids.length; i += 4096) hash.update(JSON.stringify(ids.slice(i, i + 4096)));
    hash.update(';');
  }
  for (const array of [
    purchases.offsets,
    purchases.products,
    purchases.quantities,
    purchases.orders,
    purchases.lastPurchase,
  ]) {
    hash.update(array);
  }
  return hash.digest('hex');
}
