import { createHash } from 'node:crypto';
import type { Tally } from '../orders/account.ts';
import type { OrderLine } from '../orders/clean.ts';
import { type DescribedTexts, none, same } from '../orders/descriptions.ts';
import { emptySpan, type LineBlock, recordInts, widen } from '../orders/lines.ts';
import type { DateOrder } from '../orders/times.ts';
import { ownCopy } from '../orders/values.ts';
import type { Dataset, OrderLines, ProductInfo } from './dataset.ts';
import { createNumbering } from './numbering.ts';
import { createPairTable, type PairTable, withRoom } from './pairs.ts';
import { type SortedPairs, sortPairs } from './sort.ts';
import { createSumming, type Totals } from './totals.ts';

export interface DatasetBuilder {
  /** Adds an order line; keeps nothing of the object itself. */
  add(line: OrderLine): void;
  /** Learns the ids of a block, and what the block's reader knows of products. */
  learn(reader: number, block: LineBlock): void;
  /** Adds the lines of a block whose first line is `line`, after it was learned. */
  addBlock(reader: number, block: LineBlock, line: number): void;
  /** Nets returns, drops what nothing is left of, sorts, and closes the account. The builder is used up. */
  finish(columns: Record<string, string>, dateOrder: DateOrder | undefined): Dataset;
}

/** What a reader's numbers of customers and products mean here, and what it last said of each product. */
interface ReaderMap {
  customers: number[];
  products: number[];
  names: string[];
  categories: string[];
}

/** Records that wait here before they are handed on together. */
const RECORDS = 1 << 10;

/**
 * Sums order lines up by customer-product pair. Ids get provisional numbers in reading order and their final rows in
 * `finish`. Memory: the ids, and what `createSumming` says.
 */
export function createBuilder(tally: Tally, keepLines: boolean): DatasetBuilder {
  const customers = createNumbering();
  const products = createNumbering();
  const names: string[] = [];
  const categories: string[] = [];
  let prices = new Float64Array(1 << 10);
  const readers: ReaderMap[] = [];

  const purchases = createSumming();
  const span = emptySpan();
  const otherSpan = emptySpan();

  const returned = createPairTable();
  let returnedQuantities = new Float64Array(1 << 10);
  let returnedRows = new Uint32Array(1 << 10);
  let firstReturn = new Float64Array(1 << 10);

  const lines = {
    customers: new Uint32Array(0),
    products: new Uint32Array(0),
    quantities: new Float32Array(0),
    count: 0,
  };
  const records = new Int32Array(RECORDS * recordInts);
  const recordTimes = new Float64Array(records.buffer);
  let waiting = 0;
  let ambiguous = false;

  function addReturn(customer: number, product: number, quantity: number, line: number): void {
    const known = returned.size;
    const pair = returned.add(customer, product);
    if (pair === known) {
      returnedQuantities = withRoom(returnedQuantities, pair);
      returnedRows = withRoom(returnedRows, pair);
      firstReturn = withRoom(firstReturn, pair);
      firstReturn[pair] = line;
    }
    returnedQuantities[pair] += quantity;
    returnedRows[pair]++;
  }

  function keep(customer: number, product: number, quantity: number): void {
    const { count } = lines;
    lines.customers = withRoom(lines.customers, count);
    lines.products = withRoom(lines.products, count);
    lines.quantities = withRoom(lines.quantities, count);
    lines.customers[count] = customer;
    lines.products[count] = product;
    lines.quantities[count] = quantity;
    lines.count++;
  }

  function flush(): void {
    purchases.add(records, waiting, ambiguous);
    waiting = 0;
  }

  function describe(product: number, name: string, category: string, price: number): void {
    if (name !== '') names[product] = name;
    if (category !== '') categories[product] = category;
    prices = withRoom(prices, product);
    if (!Number.isNaN(price)) prices[product] = price;
  }

  function mapOf(reader: number): ReaderMap {
    readers[reader] ??= { customers: [], products: [], names: [], categories: [] };
    return readers[reader];
  }

  return {
    add(line) {
      const customer = customers.number(line.customer);
      const product = products.number(line.product);
      if (line.returned) return addReturn(customer, product, line.quantity, line.line);
      const at = waiting++ * recordInts;
      records[at] = customer;
      records[at + 1] = product;
      records[at + 2] = line.quantity;
      records[at + 3] = line.order;
      recordTimes[(at >> 1) + 2] = line.time;
      recordTimes[(at >> 1) + 3] = line.otherTime;
      widen(span, line.time);
      widen(otherSpan, line.otherTime);
      if (line.time !== line.otherTime && !Number.isNaN(line.time)) ambiguous = true;
      if (waiting === RECORDS) flush();
      if (keepLines) keep(customer, product, line.quantity);
      describe(product, owned(line.name, names[product]), owned(line.category, categories[product]), line.price);
    },
    learn(reader, block) {
      const map = mapOf(reader);
      for (const id of block.customers) map.customers.push(customers.number(id));
      for (const id of block.products) map.products.push(products.number(id));
      learnTexts(map.names, block.described.products, block.described.names);
      learnTexts(map.categories, block.described.products, block.described.categories);
    },
    addBlock(reader, block, line) {
      const { records, returns, described } = block;
      const map = mapOf(reader);
      widen(span, block.span.first, block.span.last);
      widen(otherSpan, block.otherSpan.first, block.otherSpan.last);
      purchases.add(records, block.purchases, block.ambiguous, map);
      for (let i = 0; keepLines && i < block.purchases * recordInts; i += recordInts) {
        keep(map.customers[records[i]], map.products[records[i + 1]], records[i + 2]);
      }
      for (let i = 0; i < returns.length; i += 4) {
        addReturn(map.customers[returns[i]], map.products[returns[i + 1]], returns[i + 2], line + returns[i + 3]);
      }
      const { products: seen, ...said } = described;
      for (let i = 0; i < seen.length; i++) {
        const name = said.names.states[i] === none ? '' : map.names[seen[i]];
        const category = said.categories.states[i] === none ? '' : map.categories[seen[i]];
        describe(map.products[seen[i]], name, category, said.prices[i]);
      }
    },
    finish(columns, dateOrder) {
      flush();
      const totals = purchases.finish(customers.size, products.size);
      const { settled, gone } = settleReturns(totals);
      let rows = 0;
      for (let pair = 0; pair < totals.rows.length; pair++) if (totals.quantities[pair] > 0) rows += totals.rows[pair];
      const { first, last: latest } = dateOrder === 'dmy' ? otherSpan : span;
      const account = tally.account({
        purchases: rows,
        returns: settled,
        columns,
        ...(latest >= first ? { firstPurchase: first, lastPurchase: latest } : {}),
      });
      const last = dateOrder === 'dmy' ? (totals.otherLast ?? totals.last) : totals.last;
      const sorted = sortPairs({ ...totals, last }, customers, products);
      const info = (row: number): ProductInfo => {
        const product = products.find(sorted.products[row]);
        return {
          ...(names[product] !== undefined && { name: names[product] }),
          ...(categories[product] !== undefined && { category: categories[product] }),
          ...(prices[product] > 0 && { price: prices[product] }),
        };
      };
      return {
        customers: sorted.customers,
        products: sorted.products,
        productInfo: sorted.products.map((_, row) => info(row)),
        purchases: sorted.purchases,
        byProduct: sorted.byProduct,
        ...(keepLines && { lines: keptLines(sorted, gone) }),
        account,
        fingerprint: fingerprint(sorted),
      };
    },
  };

  /**
   * Takes returns off; a pair that nothing is left of gets quantity 0. Gives the number of return rows kept, and for
   * each returned pair whether nothing is left of it.
   */
  function settleReturns(totals: Totals): { settled: number; gone: Uint8Array } {
    const { quantities, rows } = totals;
    const pairs = findPairs(totals, returned, products.size);
    const gone = new Uint8Array(returned.size);
    let settled = 0;
    for (let i = 0; i < returned.size; i++) {
      const pair = pairs[i];
      const left = pair === -1 ? 0 : quantities[pair] - returnedQuantities[i];
      if (left > 0) {
        quantities[pair] = left;
        settled += returnedRows[i];
        continue;
      }
      gone[i] = 1;
      const value = `product ${products.id(returned.products[i])}, customer ${customers.id(returned.customers[i])}`;
      if (pair === -1) {
        tally.drop('return without purchase', firstReturn[i], value, returnedRows[i]);
      } else {
        quantities[pair] = 0;
        tally.drop('returned in full', firstReturn[i], value, rows[pair] + returnedRows[i]);
      }
    }
    return { settled, gone };
  }

  function keptLines({ customerRows, productRows }: SortedPairs, gone: Uint8Array): OrderLines {
    const stays = (i: number) => {
      const pair = returned.size === 0 ? -1 : returned.find(lines.customers[i], lines.products[i]);
      return pair === -1 || gone[pair] === 0;
    };
    let kept = 0;
    for (let i = 0; i < lines.count; i++) if (stays(i)) kept++;
    const result = {
      customers: new Uint32Array(kept),
      products: new Uint32Array(kept),
      quantities: new Float32Array(kept),
    };
    let to = 0;
    for (let i = 0; i < lines.count; i++) {
      if (!stays(i)) continue;
      result.customers[to] = customerRows[lines.customers[i]];
      result.products[to] = productRows[lines.products[i]];
      result.quantities[to++] = lines.quantities[i];
    }
    return result;
  }
}

/** The text with memory of its own, which is that of `before` where that is the same. */
function owned(text: string, before: string | undefined): string {
  return text === before ? before : ownCopy(text);
}

function learnTexts(known: string[], products: Int32Array, { states, texts }: DescribedTexts): void {
  let next = 0;
  for (let i = 0; i < products.length; i++)
    if (states[i] !== none && states[i] !== same) known[products[i]] = texts[next++];
}

/** Where each pair of the table is in the totals; -1 where it is not. */
function findPairs({ offsets, products }: Totals, table: PairTable, productCount: number): Int32Array {
  const { size } = table;
  const found = new Int32Array(size).fill(-1);
  const byCustomer = Float64Array.from({ length: size }, (_, i) => table.customers[i] * size + i).sort();
  const places = new Int32Array(productCount);
  let marked = -1;
  for (const key of byCustomer) {
    const i = key % size;
    const customer = table.customers[i];
    if (customer !== marked) {
      marked = customer;
      for (let pair = offsets[customer]; pair < offsets[customer + 1]; pair++) places[products[pair]] = pair + 1;
    }
    const pair = places[table.products[i]] - 1;
    if (pair >= offsets[customer]) found[i] = pair;
  }
  return found;
}

/** SHA-256 over everything that a model can depend on; ids as JSON, arrays as their little-endian bytes. */
function fingerprint({ customers, products, purchases }: SortedPairs): string {
  const hash = createHash('sha256');
  for (const ids of [customers, products]) {
    for (let i = 0; i < ids.length; i += 4096) hash.update(JSON.stringify(ids.slice(i, i + 4096)));
    hash.update(';');
  }
  const { offsets, products: rows, quantities, orders, lastPurchase } = purchases;
  for (const [name, array] of Object.entries({ offsets, rows, quantities, orders, lastPurchase })) {
    if (array !== undefined) hash.update(`${name};`).update(array);
  }
  return hash.digest('hex');
}
