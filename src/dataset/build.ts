import { hashText } from '../hash.ts';
import type { Tally } from '../orders/cleaning/account.ts';
import { type OrderLine, orderNumber } from '../orders/cleaning/lines.ts';
import { type BlockLines, emptySpan, returnNumbers, widen } from '../orders/csv/records/block-lines.ts';
import type { LineSink } from '../orders/table.ts';
import type { DateOrder } from '../orders/times/times.ts';
import type { Dataset } from './dataset.ts';
import { historyOf } from './history.ts';
import { addCancelled, addPurchases, addReturns, noteDescribed } from './log/blocks.ts';
import { type RowRuns, rowsInUse, runsByRow, type Used } from './log/by-row.ts';
import { createCancellations } from './log/cancellations.ts';
import { createCleaners } from './log/cleaners.ts';
import { addLine, createLog, endRun } from './log/log.ts';
import { linesOf } from './log/order-lines.ts';
import { createFileCounts, dropOverlap, type FileCounts } from './log/overlap.ts';
import { createPairNumbering } from './log/pair-numbering.ts';
import { createReturnList } from './log/return-list.ts';
import { boughtIn, createReturns, returnedOf, withReduced } from './log/returns.ts';
import { lastTimeIn, spanIn } from './log/span.ts';
import {
  dropCustomers,
  dropKnown,
  numbersBelow,
  type SourceEnd,
  type StoredLines,
  sourceAccount,
  sum,
} from './log/stored.ts';
import { notesOf } from './notes/notes.ts';
import { sharedOrdersOf } from './notes/shared-orders.ts';
import { createNumbering } from './numbering.ts';
import { pairsOf } from './pairs.ts';
import { createProductDescriptions } from './product-descriptions.ts';
import { createSummingBuilder } from './sums/build.ts';
import { type Listing, unlistedOf } from './unlisted/unlisted.ts';

export interface DatasetBuilder extends Required<Pick<LineSink, 'lastTime'>> {
  /** Adds an order line; the caller may reuse the object. */
  add(line: OrderLine): void;
  /** Takes the beginning of a table, which has cleaners of its own. */
  beginTable(): void;
  /** Learns the new ids, names and categories of a block from the cleaner with this number. */
  learn(cleaner: number, lines: BlockLines): void;
  /** Adds the lines of a block, after `learn`; `line` is its first line in the file. */
  addBlock(cleaner: number, lines: BlockLines, line: number): void;
  /** Takes the end of a file if another one follows: what of it equals records of earlier files is dropped. */
  endFile(): void;
  /** Takes an order of a record that a filter left out; absent unless a store follows. */
  leave?(customer: string, order: number): void;
  /** Ends the source: what follows are purchases of a store. */
  endSource(): void;
  /** Adds a purchase of a store. */
  addStored(purchase: StoredLine): void;
  /**
   * Subtracts returns, sorts, closes the account, and notes what is odd, in pieces of some milliseconds. The builder cannot be
   * used again.
   */
  finish(
    columns: Record<string, string>,
    dateOrder: DateOrder | undefined,
    given?: FinishOptions,
  ): Generator<undefined, Finished>;
}

/** A line of an order that a store has, with clean ids. */
export interface StoredLine {
  readonly customer: string;
  readonly order: string;
  readonly product: string;
  /** Units, a whole number other than 0; a negative one is a return. */
  readonly quantity: number;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
}

interface FinishOptions {
  /** Whether a customer is left out, whoever has them. */
  isOut?: (customer: string) => boolean;
  /** Until when a source without times has what its customers bought, milliseconds since 1970 UTC; now by default. */
  sourceEnd?: number;
}

/** A dataset, but for its fingerprint, and what has no place in it. */
interface Finished {
  readonly dataset: Omit<Dataset, 'fingerprint'>;
  /** Customers of the source who were left out by `FinishOptions.isOut`. */
  readonly leftOut: number;
  /** By row, 1 for what the source has itself; absent if nothing else was added. */
  readonly inSource?: { readonly customers: Uint8Array; readonly products: Uint8Array };
}

export interface Built extends Finished {
  readonly dataset: Dataset;
}

export interface BuildOptions extends Listing {
  /** See `ReadOptions`. */
  lines?: boolean;
  history?: boolean;
  /** The time of reading, milliseconds since 1970 UTC; dates after it are in the future. By default that of the clock. */
  now?: number;
  /** Whether `endSource` follows; false by default. */
  hasStore?: boolean;
}

/**
 * Logs order lines, and turns them into orders and customer-product pairs at the end. Ids get provisional numbers in
 * reading order, and their final rows in `finish`. Memory: the ids, the returns, and the log.
 */
export function createBuilder(tally: Tally, options: BuildOptions = {}): DatasetBuilder {
  if (options.history === false) return createSummingBuilder(tally, options);
  const customers = createNumbering();
  const products = createNumbering();
  const descriptions = createProductDescriptions();
  const cleaners = createCleaners(customers, products);
  let log = createLog();
  const returns = createReturns();
  const cancellations = createCancellations();
  const span = emptySpan();
  const otherSpan = emptySpan();
  /** Of the current file: its first run, and its returns, of `returnNumbers` each. */
  let firstRun = 0;
  let ownReturns = createReturnList();
  let fileCounts: FileCounts | undefined;
  let overlapping = 0;
  let source: SourceEnd | undefined;
  const returnOrders: number[] = [];
  const leftOrders = createPairNumbering();

  /** Takes the records of the current file that no earlier file has. */
  function settleFile(): void {
    let records = 0;
    if (fileCounts !== undefined) {
      const { lines, negative } = dropOverlap(log, firstRun, fileCounts);
      cancellations.endFile(negative);
      overlapping += lines;
      records = lines;
    }
    const own = ownReturns.values();
    for (let i = 0; i < own.length; i += returnNumbers) {
      const [customer, product, quantity] = [own[i], own[i + 1], own[i + 2]];
      // Below zero, so that it equals no purchase.
      const isNew = fileCounts?.isNew(customer, product, -quantity, own[i + 3], own[i + 4]) ?? true;
      if (options.hasStore && !source) returnOrders.push(customer, own[i + 3]);
      if (isNew) returns.add(customer, product, quantity, own[i + 5]);
      else records++;
    }
    if (records > 0) tally.add([{ reason: 'in an earlier file', records, examples: [] }], 0);
    ownReturns = createReturnList();
  }

  /** Takes what a store has, and the source has not. */
  function settleStored(source: SourceEnd, isSwapped: boolean, latest: number, sourceEnd: number): StoredLines {
    const { last } = spanIn(log, isSwapped, source.runs, latest);
    const stored = dropKnown(log, source, ownReturns.values(), last === -Infinity ? sourceEnd : last);
    ownReturns = stored.returns;
    const { inOrders, before } = stored;
    // Whoever has an order is in no example.
    if (inOrders > 0) tally.add([{ reason: 'in the orders', records: inOrders, examples: [] }], 0);
    if (before > 0) tally.add([{ reason: 'before the last order', records: before, examples: [] }], 0);
    return stored;
  }

  /** The log by row, in whose place it then is: orders and pairs need the memory. */
  function* takeRuns(used: Used, swapped: boolean): Generator<undefined, RowRuns> {
    const runs = yield* runsByRow(log, used, swapped);
    log = createLog();
    return runs;
  }

  return {
    add(line) {
      const customer = customers.number(line.customer);
      const product = products.number(line.product);
      const { order, time, otherTime, cancelled } = line;
      if (line.returned) {
        ownReturns.add(customer, product, line.quantity, order, time, line.line);
        return;
      }
      addLine(log, customer, product, cancelled === '' ? line.quantity : -line.quantity, order, time, otherTime);
      if (cancelled === '') {
        widen(span, time);
        widen(otherSpan, otherTime);
      } else cancellations.add(line.line, cancelled, time, otherTime);
      descriptions.note(product, line.name, line.category, line.price);
    },
    beginTable: cleaners.forget,
    learn: cleaners.learn,
    addBlock(cleaner, lines, line) {
      const map = cleaners.of(cleaner);
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
    lastTime: (swapped) => lastTimeIn(log, swapped, options.now ?? Date.now()),
    ...(options.hasStore && {
      leave(customer: string, order: number) {
        leftOrders.number(customers.number(customer), order >>> 0);
      },
    }),
    endSource() {
      settleFile();
      fileCounts = undefined;
      endRun(log);
      const { runCount: runs, lineCount: lines } = log;
      const [read, seen] = [tally.read, { customers: customers.size, products: products.size }];
      source = { read, runs, lines, ...seen, returns: returnOrders, left: leftOrders };
    },
    addStored({ customer: customerId, order, product: productId, quantity, time }) {
      const line = ++tally.read;
      const [customer, product] = [customers.number(customerId), products.number(productId)];
      const number = orderNumber(hashText(order));
      descriptions.note(product, '', '', Number.NaN);
      if (quantity < 0) ownReturns.add(customer, product, -quantity, number, time, line);
      else addLine(log, customer, product, quantity, number, time, time);
    },
    *finish(columns, dateOrder, { isOut, sourceEnd } = {}) {
      const now = options.now ?? Date.now();
      const isSwapped = dateOrder === 'dmy';
      const isSequenced = columns.time === undefined && columns.sequence !== undefined;
      const stored = source && settleStored(source, isSwapped, isSequenced ? -Infinity : now, sourceEnd ?? now);
      settleFile();
      const cancelled = cancellations.settle(log, returns);
      widen(span, cancelled.span.first, cancelled.span.last);
      widen(otherSpan, cancelled.otherSpan.first, cancelled.otherSpan.last);
      const out = isOut && Uint8Array.from({ length: customers.size }, (_, number) => +isOut(customers.id(number)));
      const outLines = out ? dropCustomers(log, out) : 0;
      if (outLines > 0) tally.add([{ reason: 'left-out customer', records: outLines, examples: [] }], 0);
      yield;
      const { first, last } = out || source ? spanIn(log, isSwapped) : isSwapped ? otherSpan : span;
      const settled = returns.settle((pairs) => boughtIn(log, pairs, customers.size), tally, customers, products, out);
      yield;
      const lineCount =
        log.lineCount - overlapping - cancelled.lines - settled.droppedLines - outLines - (stored?.lines ?? 0);
      const used = yield* rowsInUse(log, customers, products);
      const inSource = source && {
        customers: numbersBelow(source.customers, used.customers),
        products: numbersBelow(source.products, used.products),
      };
      const hasTimes = !isSequenced && last >= first;
      const account = tally.account({
        purchases: lineCount,
        returns: settled.returns,
        columns,
        ...(hasTimes && { firstPurchase: first, lastPurchase: last }),
        ...(source &&
          inSource && { source: sourceAccount(log, source, inSource, isSequenced ? undefined : isSwapped) }),
      });
      const lines = options.lines ? linesOf(log, used.customers, used.products, lineCount) : undefined;
      const { example, ...sharedOrders } = sharedOrdersOf(log, out);
      const shared = example && { customers: [customers.id(example[0]), customers.id(example[1])] as const };
      customers.forget();
      products.forget();
      const { history: timed, facts } = yield* historyOf(yield* takeRuns(used, isSwapped), used.products.ids.length);
      const { times: _, ...sequenced } = timed;
      const history = isSequenced ? sequenced : timed;
      const pairs = yield* pairsOf(history, used.products.ids.length);
      const productInfo = Array.from(used.products.numbers, descriptions.infoOf);
      const orders = history.starts.length - 1;
      const rowPrices = (row: number) => descriptions.pricesOf(used.products.numbers[row]);
      yield;
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
      yield;
      const findings = { now, facts, orders, cancelled, stored, sharedOrders: { ...sharedOrders, ...shared } };
      const dataset = {
        ...data,
        productInfo,
        byProduct: pairs.byProduct,
        ...(lines && { lines }),
        account,
        orders: orders - facts.apart,
        units: facts.units,
        notes: [...listing.notes, ...notesOf({ ...data, productInfo, account }, findings)],
      };
      return { dataset, leftOut: sum(out?.subarray(0, source?.customers)), ...(inSource && { inSource }) };
    },
  };
}
