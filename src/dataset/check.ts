import { EndcapError } from '../errors.ts';
import { kindOf } from './arrays.ts';
import type { Dataset, History, OrderLines, ProductInfo, Purchases, Returned, TransposedPurchases } from './dataset.ts';
import { readingProblem } from './reading.ts';
import { packedTextsOf } from './texts/packed.ts';
import { areSurelySorted } from './texts/text-order.ts';

/** The arrays of each part of a dataset; those with a question mark may be absent. */
const parts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  purchases: {
    offsets: 'Uint32Array',
    products: 'Uint32Array',
    quantities: 'Float32Array?',
    orders: 'Uint32Array?',
    lastPurchase: 'Float64Array?',
  },
  byProduct: { offsets: 'Uint32Array', customers: 'Uint32Array' },
  history: {
    offsets: 'Uint32Array',
    starts: 'Uint32Array',
    products: 'Uint32Array',
    quantities: 'Float32Array?',
    times: 'Float64Array?',
  },
  lines: { customers: 'Uint32Array', products: 'Uint32Array', quantities: 'Float32Array' },
  returned: { offsets: 'Uint32Array', products: 'Uint32Array' },
};
const optionalParts = ['history', 'lines', 'returned'];

/** @throws `invalid_options` for what is not a dataset, or breaks a promise of its type: the kernels trust it. */
export function refuseBroken(dataset: Dataset): void {
  const problem = datasetProblem(dataset);
  if (problem !== undefined)
    throw new EndcapError('invalid_options', `the dataset cannot be used: ${problem}`, { problem });
}

/** What is wrong with a dataset, which may be made by hand, or anything else; undefined if it keeps every promise. */
export function datasetProblem(dataset: Dataset): string | undefined {
  const problem = typesProblem(dataset);
  if (problem !== undefined) return problem;
  const { customers, products, productInfo, purchases, byProduct, history, lines, unlisted, returned } = dataset;
  const [rows, columns] = [customers.length, products.length];
  return (
    idsProblem('customers', customers) ??
    idsProblem('products', products) ??
    infoProblem(productInfo, products) ??
    purchasesProblem(purchases, rows, columns) ??
    byProductProblem(byProduct, purchases, rows, columns) ??
    (history && historyProblem(history, purchases, rows, columns)) ??
    (lines && linesProblem(lines, rows, columns)) ??
    (unlisted && unlistedProblem(unlisted, columns)) ??
    (returned && returnedProblem(returned, purchases, rows, columns)) ??
    readingProblem(dataset)
  );
}

function typesProblem(dataset: unknown): string | undefined {
  if (kindOf(dataset) !== 'object') return `it is ${shown(dataset)}; expected what readOrders returns`;
  const fields = dataset as Record<string, unknown>;
  for (const [field, kind] of [
    ['customers', 'Array'],
    ['products', 'Array'],
    ['productInfo', 'Array'],
    ['account', 'object'],
    ['fingerprint', 'string'],
  ])
    if (kindOf(fields[field]) !== kind)
      return `${field} is ${shown(fields[field])}; expected ${kind === 'string' ? 'a string' : kind === 'Array' ? 'an array' : 'an object'}`;
  if (fields.unlisted !== undefined && kindOf(fields.unlisted) !== 'Uint32Array')
    return `unlisted is ${shown(fields.unlisted)}; expected a Uint32Array`;
  for (const [part, arrays] of Object.entries(parts)) {
    const holder = fields[part];
    if (holder === undefined && optionalParts.includes(part)) continue;
    if (kindOf(holder) !== 'object') return `${part} is ${shown(holder)}; expected an object`;
    for (const [field, type] of Object.entries(arrays)) {
      const value = (holder as Record<string, unknown>)[field];
      if (value === undefined && type.endsWith('?')) continue;
      if (kindOf(value) !== type.replace('?', ''))
        return `${part}.${field} is ${shown(value)}; expected a ${type.replace('?', '')}`;
    }
  }
  return undefined;
}

/** What is wrong with ids, or with those from one row up to another. */
export function idsProblem(what: string, ids: readonly string[], from = 0, to = ids.length): string | undefined {
  if (areSurelySorted(packedTextsOf(ids), from, to)) return undefined;
  for (let row = from; row < to; row++) {
    const id: unknown = ids[row];
    if (typeof id !== 'string' || id === '') return `${what}[${row}] is ${shown(id)}; expected an id`;
    if (row > 0 && ids[row - 1] >= id)
      return `${what}[${row}] is ${shown(id)}, after ${shown(ids[row - 1])}; expected ids that are distinct and sorted`;
  }
  return undefined;
}

/** What is wrong with what is known about products, or about those from one row up to another. */
export function infoProblem(
  productInfo: readonly ProductInfo[],
  products: readonly string[],
  from = 0,
  to = productInfo.length,
): string | undefined {
  if (productInfo.length !== products.length)
    return `productInfo has ${productInfo.length} entries; expected one for each of the ${products.length} products`;
  for (let row = from; row < to; row++) {
    const info: unknown = productInfo[row];
    if (kindOf(info) !== 'object') return `productInfo of product row ${row} is ${shown(info)}; expected an object`;
    const { name, category, price } = info as Record<string, unknown>;
    if (name !== undefined && typeof name !== 'string')
      return `the name of product row ${row} is ${shown(name)}; expected a string`;
    if (category !== undefined && typeof category !== 'string')
      return `the category of product row ${row} is ${shown(category)}; expected a string`;
    if (price !== undefined && !Number.isFinite(price))
      return `the price of product row ${row} is ${shown(price)}; expected a finite number`;
  }
  return undefined;
}

/** What is wrong with pairs by product, given that those by customer are right: they must be the same. */
function byProductProblem(
  { offsets, customers }: TransposedPurchases,
  purchases: Purchases,
  rows: number,
  columns: number,
): string | undefined {
  const pairs = purchases.products.length;
  if (offsets.length !== columns + 1 || !rises(offsets, pairs))
    return `the offsets of byProduct do not rise from 0 to ${pairs} over ${columns} products`;
  if (customers.length !== pairs) return `byProduct has ${customers.length} pairs, but purchases has ${pairs}`;
  const next = offsets.slice(0, -1);
  for (let row = 0; row < rows; row++) {
    for (let pair = purchases.offsets[row]; pair < purchases.offsets[row + 1]; pair++) {
      const product = purchases.products[pair];
      const place = next[product]++;
      if (place >= offsets[product + 1] || customers[place] !== row)
        return `byProduct lacks customer row ${row} among those of product row ${product}, in ascending order`;
    }
  }
  return undefined;
}

function linesProblem({ customers, products, quantities }: OrderLines, rows: number, columns: number) {
  if (products.length !== customers.length || quantities.length !== customers.length)
    return 'the arrays of the order lines differ in length';
  return (
    valueProblem(customers, 0, rows - 1, 'has customer row', 'order line') ??
    valueProblem(products, 0, columns - 1, 'has product row', 'order line') ??
    valueProblem(quantities, leastQuantity, Number.MAX_VALUE, 'has a quantity of', 'order line')
  );
}

function unlistedProblem(unlisted: Uint32Array, columns: number): string | undefined {
  for (let i = 0; i < unlisted.length; i++) {
    const least = i === 0 ? 0 : unlisted[i - 1] + 1;
    if (!(unlisted[i] >= least && unlisted[i] < columns))
      return `unlisted[${i}] is ${unlisted[i]}; expected a product row from ${least} to ${columns - 1}`;
  }
  return undefined;
}

function returnedProblem({ offsets, products }: Returned, purchases: Purchases, rows: number, columns: number) {
  if (offsets.length !== rows + 1 || !rises(offsets, products.length))
    return `the offsets of returned do not rise from 0 to ${products.length} over ${rows} customers`;
  for (let customer = 0; customer < rows; customer++) {
    const bought = purchases.products.subarray(purchases.offsets[customer], purchases.offsets[customer + 1]);
    for (let pair = offsets[customer], least = 0; pair < offsets[customer + 1]; pair++) {
      if (!(products[pair] >= least && products[pair] < columns))
        return `returned has product row ${products[pair]} of customer row ${customer}; expected one from ${least} to ${columns - 1}`;
      least = products[pair] + 1;
      if (bought.includes(products[pair]))
        return `product row ${products[pair]} is both in the purchases of customer row ${customer} and returned in full`;
    }
  }
  return undefined;
}

/** What is wrong with purchases; undefined if they keep every promise of their type. */
function purchasesProblem(purchases: Purchases, customers: number, products: number): string | undefined {
  const { offsets, quantities, orders, lastPurchase } = purchases;
  const pairs = purchases.products.length;
  if ([quantities, orders, lastPurchase].some((column) => column !== undefined && column.length !== pairs)) {
    return 'the arrays of the purchases differ in length';
  }
  if (offsets.length !== customers + 1 || !rises(offsets, pairs)) {
    return `the offsets of the purchases do not rise from 0 to ${pairs} over ${customers} customers`;
  }
  for (let customer = 0; customer < customers; customer++) {
    for (let i = offsets[customer]; i < offsets[customer + 1]; i++) {
      const product = purchases.products[i];
      if (product >= products)
        return `customer row ${customer} bought product row ${product}, but there are ${products} products`;
      if (i > offsets[customer] && purchases.products[i - 1] >= product) {
        return `the purchases of customer row ${customer} are not distinct and sorted`;
      }
    }
  }
  return (
    valueProblem(quantities, leastQuantity, Number.MAX_VALUE, 'has a quantity of') ??
    valueProblem(orders, 1, 0x7fffffff, 'has a number of orders of') ??
    timeProblem(lastPurchase, 'purchase')
  );
}

/** What is wrong with the orders behind purchases that are correct. */
function historyProblem(history: History, purchases: Purchases, customers: number, products: number) {
  const { offsets, starts, quantities, times } = history;
  const orders = starts.length - 1;
  const lines = history.products.length;
  if (offsets.length !== customers + 1 || !rises(offsets, orders)) {
    return `the offsets of the orders do not rise from 0 to ${orders} over ${customers} customers`;
  }
  if (!rises(starts, lines)) return `the starts of the orders do not rise from 0 to ${lines}`;
  if (quantities !== undefined && quantities.length !== lines) {
    return `the orders have ${quantities.length} quantities, but ${lines} products`;
  }
  if (times !== undefined && times.length !== orders) return `there are ${times.length} times, but ${orders} orders`;
  /** By product: one past the last customer who has a pair with it, and one past the last who has an order with it. */
  const bought = new Uint32Array(products);
  const ordered = new Uint32Array(products);
  for (let c = 0; c < customers; c++) {
    for (let pair = purchases.offsets[c]; pair < purchases.offsets[c + 1]; pair++)
      bought[purchases.products[pair]] = c + 1;
    let found = 0;
    for (let order = offsets[c]; order < offsets[c + 1]; order++) {
      if (starts[order] === starts[order + 1]) return `order ${order} has no product`;
      for (let line = starts[order]; line < starts[order + 1]; line++) {
        const product = history.products[line];
        if (product >= products) return `order ${order} has product row ${product}, but there are ${products} products`;
        if (line > starts[order] && history.products[line - 1] >= product) {
          return `the products of order ${order} are not distinct and sorted`;
        }
        if (bought[product] !== c + 1)
          return `order ${order} has product row ${product}, which is not in the purchases of its customer`;
        if (ordered[product] !== c + 1) found++;
        ordered[product] = c + 1;
      }
      // Orders without a time come first.
      if (times && order > offsets[c] && !(times[order] >= times[order - 1]) && !Number.isNaN(times[order - 1])) {
        return `the orders of customer row ${c} are not sorted by time`;
      }
    }
    if (found !== purchases.offsets[c + 1] - purchases.offsets[c]) {
      return `customer row ${c} bought products that are in none of their orders`;
    }
  }
  return (
    valueProblem(quantities, leastQuantity, Number.MAX_VALUE, 'has a quantity of', 'order line') ??
    wholeProblem(quantities) ??
    timeProblem(times, 'order')
  );
}

/** Any quantity above zero. */
const leastQuantity = Number.MIN_VALUE;

// Each of these is one plain loop: with a function that judges a value, they took half of the time of all checks.

function valueProblem(
  values: Float32Array | Uint32Array | undefined,
  least: number,
  most: number,
  words: string,
  what = 'purchase',
): string | undefined {
  if (values === undefined) return undefined;
  for (let i = 0; i < values.length; i++)
    if (!(values[i] >= least && values[i] <= most)) return `${what} ${i} ${words} ${values[i]}`;
  return undefined;
}

function wholeProblem(quantities: Float32Array | undefined): string | undefined {
  if (quantities === undefined) return undefined;
  for (let i = 0; i < quantities.length; i++)
    if (Math.floor(quantities[i]) !== quantities[i]) return `order line ${i} has a quantity of ${quantities[i]}`;
  return undefined;
}

/** NaN stands for no time. */
function timeProblem(times: Float64Array | undefined, what: string): string | undefined {
  if (times === undefined) return undefined;
  for (let i = 0; i < times.length; i++)
    if (times[i] === Infinity || times[i] === -Infinity) return `${what} ${i} has a time of ${times[i]}`;
  return undefined;
}

/** A value in a message; what it is if it would be long or strange. */
export function shown(value: unknown): string {
  const kind = kindOf(value);
  if (kind === 'string') return `'${(value as string).slice(0, 40)}'`;
  if (kind === 'number' || kind === 'boolean' || kind === 'undefined' || kind === 'null') return String(value);
  return `${/^[aoA]/.test(kind) ? 'an' : 'a'} ${kind === 'Array' ? 'array' : kind}`;
}

/** Whether offsets start at 0, never decrease, and end at `end`. */
function rises(offsets: Uint32Array, end: number): boolean {
  if (offsets.length === 0 || offsets[0] !== 0 || offsets[offsets.length - 1] !== end) return false;
  for (let i = 1; i < offsets.length; i++) if (offsets[i] < offsets[i - 1]) return false;
  return true;
}
