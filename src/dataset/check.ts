import type { Dataset, History, Purchases } from './dataset.ts';

/** What is wrong with a dataset, which may be made by hand; undefined if it keeps every promise of its type. */
export function datasetProblem(dataset: Dataset): string | undefined {
  const { customers, products, purchases, byProduct, history, lines } = dataset;
  const pairs = purchases.products.length;
  const beyond = (rows: Uint32Array, count: number) => rows.some((row) => row >= count);
  const problem = purchasesProblem(purchases, customers.length, products.length);
  if (problem !== undefined) return problem;
  if (byProduct.offsets.length !== products.length + 1 || !rises(byProduct.offsets, pairs)) {
    return `the offsets of byProduct do not rise from 0 to ${pairs} over ${products.length} products`;
  }
  if (byProduct.customers.length !== pairs)
    return `byProduct has ${byProduct.customers.length} pairs, but purchases has ${pairs}`;
  if (beyond(byProduct.customers, customers.length)) return 'byProduct contains customer rows that do not exist';
  if (history !== undefined) {
    const wrong = historyProblem(history, purchases, customers.length, products.length);
    if (wrong !== undefined) return wrong;
  }
  if (lines === undefined) return undefined;
  if (lines.products.length !== lines.customers.length || lines.quantities.length !== lines.customers.length) {
    return 'the arrays of the order lines differ in length';
  }
  if (beyond(lines.customers, customers.length) || beyond(lines.products, products.length)) {
    return 'the order lines contain rows that do not exist';
  }
  return undefined;
}

/** What is wrong with purchases; undefined if they keep every promise of their type. */
export function purchasesProblem(purchases: Purchases, customers: number, products: number): string | undefined {
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
    valueProblem(quantities, (quantity) => quantity > 0 && quantity < Infinity, 'has a quantity of') ??
    valueProblem(orders, (count) => count >= 1 && count <= 0x7fffffff, 'has a number of orders of') ??
    valueProblem(lastPurchase, (time) => Math.abs(time) !== Infinity, 'has a time of')
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
    valueProblem(
      quantities,
      (quantity) => Number.isInteger(quantity) && quantity > 0,
      'has a quantity of',
      'order line',
    ) ?? valueProblem(times, (time) => Math.abs(time) !== Infinity, 'has a time of', 'order')
  );
}

function valueProblem(
  values: Float32Array | Uint32Array | Float64Array | undefined,
  good: (value: number) => boolean,
  words: string,
  what = 'purchase',
): string | undefined {
  if (values === undefined) return undefined;
  for (let i = 0; i < values.length; i++) if (!good(values[i])) return `${what} ${i} ${words} ${values[i]}`;
  return undefined;
}

/** Whether offsets start at 0, never decrease, and end at `end`. */
export function rises(offsets: Uint32Array, end: number): boolean {
  if (offsets.length === 0 || offsets[0] !== 0 || offsets[offsets.length - 1] !== end) return false;
  for (let i = 1; i < offsets.length; i++) if (offsets[i] < offsets[i - 1]) return false;
  return true;
}
