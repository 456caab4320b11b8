import { noOrder, recordInts } from '../orders/lines.ts';

/** Purchases summed up by pair: those of customer number `c` are `offsets[c] .. offsets[c + 1]`, in reading order. */
export interface Totals {
  offsets: Int32Array;
  /** Product number of each pair. */
  products: Int32Array;
  quantities: Float64Array;
  /** Orders, and the last of them as a number. */
  orders: Uint32Array;
  lastOrders: Int32Array;
  rows: Uint32Array;
  /** The last time, NaN where there was none. */
  last: Float64Array;
  /** `last` with day and month the other way round, where any time differs so. */
  otherLast?: Float64Array;
}

export interface Numbers {
  customers: readonly number[];
  products: readonly number[];
}

export interface Summing {
  /**
   * Adds `count` purchases; see `recordInts`.
   *
   * @param ambiguous whether the two times of any of them differ.
   * @param numbers what their customers and products are to be called; by default what they are.
   */
  add(records: Int32Array, count: number, ambiguous: boolean, numbers?: Numbers): void;
  /** Sums up what was added; this is then used up. */
  finish(customers: number, products: number): Totals;
}

/** So many records at least wait to be summed up together; few enough to be done while threads read more. */
const LEAST_BATCH = 1 << 18;

/**
 * Sums purchases up in batches that are sorted by customer, so that memory is read in its order: with millions of pairs
 * a hash table would wait for memory at every line. Memory: 32 to 64 bytes for each record that waits, of which there
 * are at most about as many as pairs or a quarter of a million, and 36 to 44 bytes a pair, twice while summing.
 */
export function createSumming(): Summing {
  let batch = new Int32Array(recordInts << 11);
  let waiting = 0;
  let anyAmbiguous = false;
  let customers = 0;
  let products = 0;
  let totals = emptyTotals(0, 0, false);

  function sumUp(): void {
    totals = sum(totals, batch, waiting, anyAmbiguous, customers, products);
    waiting = 0;
  }

  return {
    add(records, count, ambiguous, numbers) {
      const end = (waiting + count) * recordInts;
      if (end > batch.length) {
        const longer = new Int32Array(Math.max(batch.length * 8, end));
        longer.set(batch.subarray(0, waiting * recordInts));
        batch = longer;
      }
      const begin = waiting * recordInts;
      batch.set(records.subarray(0, count * recordInts), begin);
      for (let i = begin; i < end; i += recordInts) {
        if (numbers !== undefined) {
          batch[i] = numbers.customers[batch[i]];
          batch[i + 1] = numbers.products[batch[i + 1]];
        }
        if (batch[i] >= customers) customers = batch[i] + 1;
        if (batch[i + 1] >= products) products = batch[i + 1] + 1;
      }
      if (ambiguous) anyAmbiguous = true;
      waiting += count;
      if (waiting >= Math.max(LEAST_BATCH, totals.products.length)) sumUp();
    },
    finish(customerCount, productCount) {
      customers = customerCount;
      products = productCount;
      sumUp();
      return totals;
    },
  };
}

/** Adds a batch to what was summed up before it. */
function sum(
  old: Totals,
  batch: Int32Array,
  count: number,
  ambiguous: boolean,
  customers: number,
  products: number,
): Totals {
  const times = new Float64Array(batch.buffer);
  const begins = new Int32Array(customers + 1);
  for (let i = 0; i < count; i++) begins[batch[i * recordInts] + 1]++;
  for (let customer = 0; customer < customers; customer++) begins[customer + 1] += begins[customer];
  // Afterwards the records of customer c are byCustomer[begins[c - 1]] .. byCustomer[begins[c]].
  const byCustomer = new Int32Array(count);
  for (let i = 0; i < count; i++) byCustomer[begins[batch[i * recordInts]]++] = i;

  const result = emptyTotals(customers, old.products.length + count, ambiguous);
  const { offsets, quantities, orders, lastOrders, rows, last, otherLast } = result;
  /** By product one past its pair, where that is one of the customer at hand. */
  const places = new Int32Array(products);
  let pairs = 0;
  let next = 0;
  for (let customer = 0; customer < customers; customer++) {
    const first = pairs;
    if (customer + 1 < old.offsets.length) {
      for (let pair = old.offsets[customer]; pair < old.offsets[customer + 1]; pair++) {
        result.products[pairs] = old.products[pair];
        quantities[pairs] = old.quantities[pair];
        orders[pairs] = old.orders[pair];
        lastOrders[pairs] = old.lastOrders[pair];
        rows[pairs] = old.rows[pair];
        last[pairs] = old.last[pair];
        if (otherLast !== undefined) otherLast[pairs] = (old.otherLast ?? old.last)[pair];
        places[old.products[pair]] = ++pairs;
      }
    }
    for (; next < begins[customer]; next++) {
      const from = byCustomer[next] * recordInts;
      const product = batch[from + 1];
      const order = batch[from + 3];
      const time = times[(from >> 1) + 2];
      let pair = places[product] - 1;
      if (pair < first) {
        pair = pairs++;
        places[product] = pairs;
        result.products[pair] = product;
        last[pair] = Number.NaN;
        if (otherLast !== undefined) otherLast[pair] = Number.NaN;
      }
      quantities[pair] += batch[from + 2];
      rows[pair]++;
      if (orders[pair] === 0 || order === noOrder || order !== lastOrders[pair]) orders[pair]++;
      lastOrders[pair] = order;
      // Written so that NaN gives way to any time.
      if (!(last[pair] >= time) && !Number.isNaN(time)) last[pair] = time;
      if (otherLast === undefined) continue;
      const otherTime = times[(from >> 1) + 3];
      if (!(otherLast[pair] >= otherTime) && !Number.isNaN(otherTime)) otherLast[pair] = otherTime;
    }
    offsets[customer + 1] = pairs;
  }
  return {
    offsets,
    products: result.products.subarray(0, pairs),
    quantities: quantities.subarray(0, pairs),
    orders: orders.subarray(0, pairs),
    lastOrders: lastOrders.subarray(0, pairs),
    rows: rows.subarray(0, pairs),
    last: last.subarray(0, pairs),
    otherLast: otherLast?.subarray(0, pairs),
  };
}

function emptyTotals(customers: number, pairs: number, ambiguous: boolean): Totals {
  return {
    offsets: new Int32Array(customers + 1),
    products: new Int32Array(pairs),
    quantities: new Float64Array(pairs),
    orders: new Uint32Array(pairs),
    lastOrders: new Int32Array(pairs),
    rows: new Uint32Array(pairs),
    last: new Float64Array(pairs),
    otherLast: ambiguous ? new Float64Array(pairs) : undefined,
  };
}
