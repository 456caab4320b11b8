import type { Tally } from '../orders/account.ts';
import { type BlockLines, emptySpan, purchaseInts, returnNumbers, widen } from '../orders/csv/records/block-lines.ts';
import { type Described, type DescribedTexts, none, priceFloats, same } from '../orders/csv/records/descriptions.ts';
import type { OrderLine } from '../orders/lines.ts';
import type { DateOrder } from '../orders/times/times.ts';
import type { Dataset, OrderLines } from './dataset.ts';
import { fingerprint } from './fingerprint.ts';
import { historyOf } from './history.ts';
import { type RowRuns, rowsInUse, runsByRow, type Used } from './log/by-row.ts';
import { type Cancellations, createCancellations } from './log/cancellations.ts';
import { addLine, createLog, customerOf, endRun, firstLine, type Log, productOf, quantityIn } from './log/log.ts';
import { createFileCounts, dropOverlap, type FileCounts } from './log/overlap.ts';
import { createReturns, returnedOf, withReduced } from './log/returns.ts';
import { notesOf } from './notes/notes.ts';
import { sharedOrdersOf } from './notes/shared-orders.ts';
import { createNumbering } from './numbering.ts';
import { pairsOf } from './pairs.ts';
import { createProductDescriptions, type ProductDescriptions } from './product-descriptions.ts';
import type { IdRows } from './sort.ts';
import { type Listing, unlistedOf } from './unlisted/unlisted.ts';

export interface DatasetBuilder {
  /** Adds an order line; the caller may reuse the object. */
  add(line: OrderLine): void;
  /** Learns the new ids, names and categories of a block from the cleaner with this number. */
  learn(cleaner: number, lines: BlockLines): void;
  /** Adds the lines of a block, after `learn`; `line` is its first line in the file. */
  addBlock(cleaner: number, lines: BlockLines, line: number): void;
  /** Takes the end of a file if another one follows: what of it equals records of earlier files is dropped. */
  endFile(): void;
  /** Subtracts returns, sorts, closes the account, and notes what is odd. The builder cannot be used again. */
  finish(columns: Record<string, string>, dateOrder: DateOrder | undefined): Dataset;
}

/** By a cleaner's numbers: the builder's own numbers of customers and products, and each product's last description. */
interface CleanerMap {
  customers: number[];
  products: number[];
  names: string[];
  categories: string[];
}

export interface BuildOptions extends Listing {
  /** See `ReadOptions`. */
  lines?: boolean;
  /** The time of reading, milliseconds since 1970 UTC; dates after it are in the future. By default that of the clock. */
  now?: number;
}

/**
 * Logs order lines, and turns them into orders and customer-product pairs at the end. Ids get provisional numbers in
 * reading order, and their final rows in `finish`. Memory: the ids, the returns, and the log.
 */
export function createBuilder(tally: Tally, options: BuildOptions = {}): DatasetBuilder {
  const customers = createNumbering();
  const products = createNumbering();
  const descriptions = createProductDescriptions();
  const cleaners: CleanerMap[] = [];
  let log = createLog();
  const returns = createReturns();
  const cancellations = createCancellations();
  const span = emptySpan();
  const otherSpan = emptySpan();
  /** Of the current file: its first run, and its returns, of `returnNumbers` each. */
  let firstRun = 0;
  let ownReturns: number[] = [];
  let fileCounts: FileCounts | undefined;
  let overlapping = 0;

  /** Takes the records of the current file that no earlier file has. */
  function settleFile(): void {
    let records = 0;
    if (fileCounts !== undefined) {
      const { lines, negative } = dropOverlap(log, firstRun, fileCounts);
      cancellations.endFile(negative);
      overlapping += lines;
      records = lines;
    }
    for (let i = 0; i < ownReturns.length; i += returnNumbers) {
      const customer = ownReturns[i];
      const product = ownReturns[i + 1];
      const quantity = ownReturns[i + 2];
      // Below zero, so that it equals no purchase.
      const isNew = fileCounts?.isNew(customer, product, -quantity, ownReturns[i + 3], ownReturns[i + 4]) ?? true;
      if (isNew) returns.add(customer, product, quantity, ownReturns[i + 5]);
      else records++;
    }
    if (records > 0) tally.add([{ reason: 'in an earlier file', records, examples: [] }], 0);
    ownReturns = [];
  }

  /** The log by row, in whose place it then is: orders and pairs need the memory. */
  function takeRuns(used: Used, swapped: boolean): RowRuns {
    const runs = runsByRow(log, used, swapped);
    log = createLog();
    return runs;
  }

  function mapOf(cleaner: number): CleanerMap {
    cleaners[cleaner] ??= { customers: [], products: [], names: [], categories: [] };
    return cleaners[cleaner];
  }

  return {
    add(line) {
      const customer = customers.number(line.customer);
      const product = products.number(line.product);
      const { order, time, otherTime, cancelled } = line;
      if (line.returned) {
        ownReturns.push(customer, product, line.quantity, order, time, line.line);
        return;
      }
      addLine(log, customer, product, cancelled === '' ? line.quantity : -line.quantity, order, time, otherTime);
      if (cancelled === '') {
        widen(span, time);
        widen(otherSpan, otherTime);
      } else cancellations.add(line.line, cancelled, time, otherTime);
      descriptions.note(product, line.name, line.category, line.price);
    },
    learn(cleaner, { described, ...ids }) {
      const map = mapOf(cleaner);
      for (const id of ids.customers) map.customers.push(customers.number(id));
      for (const id of ids.products) map.products.push(products.number(id));
      learnTexts(map.names, described.products, described.names);
      learnTexts(map.categories, described.products, described.categories);
    },
    addBlock(cleaner, lines, line) {
      const map = mapOf(cleaner);
      widen(span, lines.span.first, lines.span.last);
      widen(otherSpan, lines.otherSpan.first, lines.otherSpan.last);
      addPurchases(log, lines, map);
      if (lines.cancelled.length > 0) addCancelled(cancellations, lines, line);
      addReturns(ownReturns, lines.returns, map, line);
      noteDescribed(descriptions, lines.described, map);
    },
    endFile() {
      fileCounts ??= createFileCounts();
      settleFile();
      fileCounts.nextFile();
      firstRun = log.runCount;
      endRun(log);
    },
    finish(columns, dateOrder) {
      settleFile();
      const cancelled = cancellations.settle(log, returns);
      widen(span, cancelled.span.first, cancelled.span.last);
      widen(otherSpan, cancelled.otherSpan.first, cancelled.otherSpan.last);
      const settled = returns.settle(log, tally, customers, products);
      const lineCount = log.lineCount - overlapping - cancelled.lines - settled.droppedLines;
      const isSequenced = columns.time === undefined && columns.sequence !== undefined;
      const { first, last } = dateOrder === 'dmy' ? otherSpan : span;
      const account = tally.account({
        purchases: lineCount,
        returns: settled.returns,
        columns,
        ...(last >= first && !isSequenced ? { firstPurchase: first, lastPurchase: last } : {}),
      });
      const used = rowsInUse(log, customers, products);
      const lines = options.lines ? linesOf(log, used.customers, used.products, lineCount) : undefined;
      const { example, ...sharedOrders } = sharedOrdersOf(log);
      const { history: timed, facts } = historyOf(takeRuns(used, dateOrder === 'dmy'), used.products.ids.length);
      const { times: _, ...sequenced } = timed;
      const history = isSequenced ? sequenced : timed;
      const pairs = pairsOf(history, used.products.ids.length);
      const productInfo = Array.from(used.products.numbers, descriptions.infoOf);
      const orders = history.starts.length - 1;
      const rowPrices = (row: number) => descriptions.pricesOf(used.products.numbers[row]);
      const listing = unlistedOf(used.products.ids, productInfo, rowPrices, facts, orders, options);
      const { unlisted } = listing;
      const returned = returnedOf(settled.returned, used.customers, used.products);
      const data = {
        customers: used.customers.ids,
        products: used.products.ids,
        purchases: withReduced(pairs.purchases, settled.reduced, used.customers, used.products),
        ...(unlisted && { unlisted }),
        ...(returned && { returned }),
        history,
      };
      const findings = {
        now: options.now ?? Date.now(),
        facts,
        cancelled,
        sharedOrders: {
          ...sharedOrders,
          ...(example && { customers: [customers.id(example[0]), customers.id(example[1])] as const }),
        },
      };
      return {
        ...data,
        productInfo,
        byProduct: pairs.byProduct,
        ...(lines && { lines }),
        account,
        orders: orders - facts.apart,
        units: facts.units,
        notes: [...listing.notes, ...notesOf({ ...data, productInfo, account }, findings)],
        fingerprint: fingerprint(data),
      };
    },
  };
}

// Each loop over many lines is a function of its own: V8 compiles the function of a loop while it runs, and again once what
// follows the loop runs for the first time.

function addPurchases(log: Log, { purchases, purchaseCount }: BlockLines, { customers, products }: CleanerMap): void {
  const times = new Float64Array(purchases.buffer);
  for (let i = 0; i < purchaseCount * purchaseInts; i += purchaseInts) {
    const customer = customers[purchases[i]];
    const product = products[purchases[i + 1]];
    const time = times[(i >> 1) + 2];
    addLine(log, customer, product, purchases[i + 2], purchases[i + 3], time, times[(i >> 1) + 3]);
  }
}

function addCancelled(cancellations: Cancellations, lines: BlockLines, line: number): void {
  const { purchases, purchaseCount, cancelled, cancelledId } = lines;
  const times = new Float64Array(purchases.buffer);
  let next = 0;
  for (let i = 0; i < purchaseCount * purchaseInts; i += purchaseInts) {
    if (purchases[i + 2] > 0) continue;
    cancellations.add(line + cancelled[next++], cancelledId, times[(i >> 1) + 2], times[(i >> 1) + 3]);
  }
}

function addReturns(all: number[], returns: BlockLines['returns'], map: CleanerMap, line: number): void {
  for (let i = 0; i < returns.length; i += returnNumbers) {
    const customer = map.customers[returns[i]];
    const product = map.products[returns[i + 1]];
    all.push(customer, product, returns[i + 2], returns[i + 3], returns[i + 4], line + returns[i + 5]);
  }
}

function noteDescribed(descriptions: ProductDescriptions, described: Described, map: CleanerMap): void {
  const { products, names, categories, prices } = described;
  for (let i = 0; i < products.length; i++) {
    const seen = products[i];
    const name = names.states[i] === none ? '' : map.names[seen];
    const category = categories.states[i] === none ? '' : map.categories[seen];
    descriptions.noteBlock(map.products[seen], name, category, prices, i * priceFloats);
  }
}

function learnTexts(known: string[], products: Int32Array, { states, texts }: DescribedTexts): void {
  let next = 0;
  for (let i = 0; i < products.length; i++)
    if (states[i] !== none && states[i] !== same) known[products[i]] = texts[next++];
}

/** The lines that are not dropped, in the order they were read. */
function linesOf(log: Log, customers: IdRows, products: IdRows, lineCount: number): OrderLines {
  const lines = {
    customers: new Uint32Array(lineCount),
    products: new Uint32Array(lineCount),
    quantities: new Float32Array(lineCount),
  };
  let to = 0;
  for (let run = 0; run < log.runCount; run++) {
    const end = firstLine(log, run + 1);
    for (let line = firstLine(log, run); line < end; line++) {
      if (quantityIn(log, line) === 0) continue;
      lines.customers[to] = customers.rows[customerOf(log, run)];
      lines.products[to] = products.rows[productOf(log, line)];
      lines.quantities[to++] = quantityIn(log, line);
    }
  }
  return lines;
}
