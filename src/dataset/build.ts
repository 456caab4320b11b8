import { createHash } from 'node:crypto';
import type { Tally } from '../orders/account.ts';
import type { OrderLine } from '../orders/clean.ts';
import { type DescribedTexts, none, same } from '../orders/csv/descriptions.ts';
import { emptySpan, type LineBlock, recordInts, widen } from '../orders/csv/lines.ts';
import type { DateOrder } from '../orders/times.ts';
import { ownCopy } from '../orders/values.ts';
import type { Dataset, OrderLines, ProductInfo } from './dataset.ts';
import { historyOf } from './history.ts';
import { addRow, byCustomer, createLog, customerOf, firstRow, type Log, productOf, quantityIn } from './log.ts';
import { createNumbering, type Numbering } from './numbering.ts';
import { withRoom } from './pair-numbering.ts';
import { pairsOf } from './pairs.ts';
import { createReturns, takeOff } from './returns.ts';
import { type IdRows, rowsOf } from './sort.ts';

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

/**
 * Logs order lines, and makes orders and customer-product pairs of them at the end. Ids get provisional numbers in
 * reading order and their final rows in `finish`. Memory: the ids, the returns, and what `Log` says.
 */
export function createBuilder(tally: Tally, keepLines: boolean): DatasetBuilder {
  const customers = createNumbering();
  const products = createNumbering();
  const names: string[] = [];
  const categories: string[] = [];
  let prices = new Float64Array(1 << 10);
  const readers: ReaderMap[] = [];
  let log = createLog();
  const returns = createReturns();
  const span = emptySpan();
  const otherSpan = emptySpan();

  function describe(product: number, name: string, category: string, price: number): void {
    if (name !== '') names[product] = name;
    if (category !== '') categories[product] = category;
    prices = withRoom(prices, product);
    if (!Number.isNaN(price)) prices[product] = price;
  }

  function infoOf(product: number): ProductInfo {
    return {
      ...(names[product] !== undefined && { name: names[product] }),
      ...(categories[product] !== undefined && { category: categories[product] }),
      ...(prices[product] > 0 && { price: prices[product] }),
    };
  }

  function mapOf(reader: number): ReaderMap {
    readers[reader] ??= { customers: [], products: [], names: [], categories: [] };
    return readers[reader];
  }

  return {
    add(line) {
      const customer = customers.number(line.customer);
      const product = products.number(line.product);
      if (line.returned) return returns.add(customer, product, line.quantity, line.line);
      addRow(log, customer, product, line.quantity, line.order, line.time, line.otherTime);
      widen(span, line.time);
      widen(otherSpan, line.otherTime);
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
      const { records, described } = block;
      const map = mapOf(reader);
      const times = new Float64Array(records.buffer);
      widen(span, block.span.first, block.span.last);
      widen(otherSpan, block.otherSpan.first, block.otherSpan.last);
      for (let i = 0; i < block.purchases * recordInts; i += recordInts) {
        const customer = map.customers[records[i]];
        const product = map.products[records[i + 1]];
        addRow(log, customer, product, records[i + 2], records[i + 3], times[(i >> 1) + 2], times[(i >> 1) + 3]);
      }
      for (let i = 0; i < block.returns.length; i += 4) {
        const [customer, product, quantity, at] = block.returns.slice(i, i + 4);
        returns.add(map.customers[customer], map.products[product], quantity, line + at);
      }
      const { products: seen, ...said } = described;
      for (let i = 0; i < seen.length; i++) {
        const name = said.names.states[i] === none ? '' : map.names[seen[i]];
        const category = said.categories.states[i] === none ? '' : map.categories[seen[i]];
        describe(map.products[seen[i]], name, category, said.prices[i]);
      }
    },
    finish(columns, dateOrder) {
      const settled = returns.settle(log, tally, customers, products);
      const rows = log.rows - settled.gone;
      const { first, last } = dateOrder === 'dmy' ? otherSpan : span;
      const account = tally.account({
        purchases: rows,
        returns: settled.returns,
        columns,
        ...(last >= first ? { firstPurchase: first, lastPurchase: last } : {}),
      });
      const used = rowsInUse(log, customers, products);
      const runs = byCustomer(log.runs, (run) => customerOf(log, run), customers.size);
      const history = historyOf(log, runs, used.customers, used.products, rows, dateOrder === 'dmy');
      const lines = keepLines ? linesOf(log, used.customers, used.products, rows) : undefined;
      // So that its memory is free while the pairs are summed up.
      log = createLog();
      const pairs = pairsOf(history, used.products.ids.length);
      const data = {
        customers: used.customers.ids,
        products: used.products.ids,
        purchases: takeOff(pairs.purchases, settled.left, used.customers, used.products),
        history,
      };
      return {
        ...data,
        productInfo: Array.from(used.products.numbers, infoOf),
        byProduct: pairs.byProduct,
        ...(lines && { lines }),
        account,
        fingerprint: fingerprint(data),
      };
    },
  };
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

/** Rows for the customers and products of the rows that count. */
function rowsInUse(log: Log, customers: Numbering, products: Numbering): { customers: IdRows; products: IdRows } {
  const customerUsed = new Uint8Array(customers.size);
  const productUsed = new Uint8Array(products.size);
  for (let run = 0; run < log.runs; run++) {
    const end = firstRow(log, run + 1);
    for (let row = firstRow(log, run); row < end; row++) {
      if (quantityIn(log, row) === 0) continue;
      customerUsed[customerOf(log, run)] = 1;
      productUsed[productOf(log, row)] = 1;
    }
  }
  return { customers: rowsOf(customers, customerUsed), products: rowsOf(products, productUsed) };
}

/** The rows that count, in the order they were read. */
function linesOf(log: Log, customers: IdRows, products: IdRows, rows: number): OrderLines {
  const lines = {
    customers: new Uint32Array(rows),
    products: new Uint32Array(rows),
    quantities: new Float32Array(rows),
  };
  let to = 0;
  for (let run = 0; run < log.runs; run++) {
    const end = firstRow(log, run + 1);
    for (let row = firstRow(log, run); row < end; row++) {
      if (quantityIn(log, row) === 0) continue;
      lines.customers[to] = customers.rows[customerOf(log, run)];
      lines.products[to] = products.rows[productOf(log, row)];
      lines.quantities[to++] = quantityIn(log, row);
    }
  }
  return lines;
}

/**
 * SHA-256 over everything that a model can depend on; ids as JSON, arrays as their little-endian bytes. The pairs follow
 * from the history but for their quantities, which returns are taken off.
 */
function fingerprint({
  customers,
  products,
  purchases,
  history,
}: Pick<Dataset, 'customers' | 'products' | 'purchases' | 'history'>): string {
  const hash = createHash('sha256');
  for (const ids of [customers, products]) {
    for (let i = 0; i < ids.length; i += 4096) hash.update(JSON.stringify(ids.slice(i, i + 4096)));
    hash.update(';');
  }
  for (const [name, array] of Object.entries({ left: purchases.quantities, ...history })) {
    if (array !== undefined) hash.update(`${name};`).update(array);
  }
  return hash.digest('hex');
}
