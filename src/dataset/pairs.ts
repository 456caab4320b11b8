import { sharedRows } from './arrays.ts';
import type { Dataset, History, Purchases, TransposedPurchases } from './dataset.ts';
import { sortRange, transpose } from './sort.ts';

/** Lines between two yields. */
const pieceLines = 1 << 14;

/** The pairs of a history: what each customer bought of each product over all orders, by customer and by product. */
export function* pairsOf(
  history: History,
  products: number,
): Generator<undefined, { purchases: Purchases; byProduct: TransposedPurchases }> {
  const { offsets, starts, quantities, times } = history;
  const customers = offsets.length - 1;
  const pairOffsets = sharedRows(customers + 1);
  const productOffsets = sharedRows(products + 1);
  const lastOf = new Uint32Array(products).fill(customers);
  let pieceEnd = pieceLines;
  for (let c = 0; c < customers; c++) {
    pairOffsets[c + 1] = pairOffsets[c];
    for (let line = starts[offsets[c]]; line < starts[offsets[c + 1]]; line++) {
      const product = history.products[line];
      if (lastOf[product] === c) continue;
      lastOf[product] = c;
      pairOffsets[c + 1]++;
      productOffsets[product + 1]++;
    }
    if (starts[offsets[c + 1]] < pieceEnd) continue;
    pieceEnd = starts[offsets[c + 1]] + pieceLines;
    yield;
  }
  for (let p = 0; p < products; p++) productOffsets[p + 1] += productOffsets[p];
  const count = pairOffsets[customers];
  const rows = sharedRows(count);
  const bought = new Float32Array(count);
  const orders = new Uint32Array(count);
  const last = new Float64Array(count);
  // Of the current customer: the products, and by product the quantity, the number of orders, and the last time.
  const own = new Uint32Array(products);
  const sums = new Float64Array(products);
  const counts = new Uint32Array(products);
  const latest = new Float64Array(products);
  let pair = 0;
  pieceEnd = pieceLines;
  for (let c = 0; c < customers; c++) {
    let known = 0;
    for (let order = offsets[c]; order < offsets[c + 1]; order++) {
      const time = times === undefined ? Number.NaN : times[order];
      for (let line = starts[order]; line < starts[order + 1]; line++) {
        const product = history.products[line];
        if (counts[product]++ === 0) own[known++] = product;
        sums[product] += quantities === undefined ? 1 : quantities[line];
        // Orders are sorted by time, and those without one come first.
        latest[product] = time;
      }
    }
    sortRange(own, 0, known);
    for (let i = 0; i < known; i++, pair++) {
      const product = own[i];
      rows[pair] = product;
      bought[pair] = sums[product];
      orders[pair] = counts[product];
      last[pair] = latest[product];
      sums[product] = counts[product] = 0;
    }
    if (starts[offsets[c + 1]] < pieceEnd) continue;
    pieceEnd = starts[offsets[c + 1]] + pieceLines;
    yield;
  }
  const purchases: Purchases = {
    offsets: pairOffsets,
    products: rows,
    ...(bought.some((quantity) => quantity !== 1) && { quantities: bought }),
    ...(orders.some((number) => number !== 1) && { orders }),
    ...(!last.every(Number.isNaN) && { lastPurchase: last }),
  };
  yield;
  return { purchases, byProduct: transpose(purchases, productOffsets) };
}

/** A history of the lines that `keep` accepts; orders that become empty are left out. */
export function* linesWhere(
  history: History,
  keep: (line: number, order: number, customer: number) => boolean,
): Generator<undefined, History> {
  const { offsets, starts, products, quantities, times } = history;
  const kept = {
    offsets: new Uint32Array(offsets.length),
    starts: new Uint32Array(starts.length),
    products: new Uint32Array(products.length),
    quantities: quantities && new Float32Array(products.length),
    times: times && new Float64Array(times.length),
  };
  let lines = 0;
  let orders = 0;
  let pieceEnd = pieceLines;
  for (let c = 0; c + 1 < offsets.length; c++) {
    for (let order = offsets[c]; order < offsets[c + 1]; order++) {
      for (let line = starts[order]; line < starts[order + 1]; line++) {
        if (!keep(line, order, c)) continue;
        kept.products[lines] = products[line];
        if (kept.quantities) kept.quantities[lines] = quantities![line];
        lines++;
      }
      if (lines === kept.starts[orders]) continue;
      if (kept.times) kept.times[orders] = times![order];
      kept.starts[++orders] = lines;
    }
    kept.offsets[c + 1] = orders;
    if (starts[offsets[c + 1]] < pieceEnd) continue;
    pieceEnd = starts[offsets[c + 1]] + pieceLines;
    yield;
  }
  return {
    offsets: kept.offsets,
    starts: kept.starts.slice(0, orders + 1),
    products: kept.products.slice(0, lines),
    ...(kept.quantities && { quantities: kept.quantities.slice(0, lines) }),
    ...(kept.times && { times: kept.times.slice(0, orders) }),
  };
}

/**
 * The dataset that has only these orders. Customers and products keep their rows, even if they have no orders left. It does
 * not know what was returned in full: whoever predicts the other orders must not know either.
 */
export function* withHistory(dataset: Dataset, history: History): Generator<undefined, Dataset> {
  const { customers, products, productInfo, unlisted, account } = dataset;
  const { purchases, byProduct } = yield* pairsOf(history, products.length);
  const fingerprint = `${dataset.fingerprint}, ${history.starts.length - 1} orders of it`;
  return {
    customers,
    products,
    productInfo,
    ...(unlisted && { unlisted }),
    account,
    fingerprint,
    history,
    purchases,
    byProduct,
  };
}
