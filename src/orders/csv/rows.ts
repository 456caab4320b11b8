import { createTally, type DropReason } from '../account.ts';
import { CULPRITS } from '../clean.ts';
import { ROLES, type Role } from '../columns.ts';
import { createRowSet } from '../duplicates.ts';
import { hashText } from '../hash.ts';
import { createTimeParser, type DateOrder, type RowTime } from '../times.ts';
import { hashIn, idIn, isCleanId, priceIn, quantityIn } from './cells.ts';
import { createDescriptions } from './descriptions.ts';
import { createByteNumbering } from './intern.ts';
import {
  CANCELLATION,
  emptySpan,
  type LineBlock,
  noOrder,
  orderNumber,
  recordInts,
  type Span,
  widen,
} from './lines.ts';
import { type Block, type Cells, type CsvFormat, createCells, decode, scanRecords } from './scan.ts';

/** What a reader of rows must know; can be sent to a thread. */
export interface RowPlan {
  format: CsvFormat;
  /** The column of every role of `ROLES`, or -1. */
  columns: readonly number[];
  everyRowIsOne: boolean;
  duplicates: 'keep' | 'drop';
}

export interface RowReader {
  /**
   * Reads a block that begins with a row.
   *
   * @param last whether nothing follows the block.
   * @param dateOrder what the dates before the block have shown.
   * @param records memory for the answer's records; by default that of the last answer, whose end this is.
   */
  read(block: Block, last: boolean, dateOrder: DateOrder | undefined, records?: Int32Array): LineBlock;
}

/** Shared memory for records. */
export function newRecords(length = 0): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}

const roleAt = Object.fromEntries(ROLES.map((role, index) => [role, index])) as Record<Role, number>;

/** Cleans rows of CSV straight from their bytes, as `createCleaner` cleans cells of any source. */
export function createRowReader({ format, columns, everyRowIsOne, duplicates }: RowPlan): RowReader {
  const customerAt = columns[roleAt.customer];
  const productAt = columns[roleAt.product];
  const quantityAt = columns[roleAt.quantity];
  const orderAt = columns[roleAt.order];
  const timeAt = columns[roleAt.time];
  const clockAt = columns[roleAt.clock];
  const priceAt = columns[roleAt.price];
  const cells = createCells(format.width);
  const { starts, ends } = cells;
  const used = [...new Set(columns.filter((column) => column !== -1))];
  const customers = createByteNumbering();
  const products = createByteNumbering();
  const descriptions = createDescriptions(columns[roleAt.name], columns[roleAt.category]);
  const times = createTimeParser('auto');
  const tally = createTally();
  const seen = duplicates === 'drop' ? createRowSet() : undefined;

  /** Of the block that is being read. */
  let block: Uint8Array;
  let rows = 0;
  let records = newRecords();
  let recordTimes: Float64Array;
  let ambiguous = false;
  let purchases = 0;
  let returns: number[] = [];
  let cancellations = 0;

  /** Where the cells of the row are. */
  let bytes: Uint8Array;
  /** Cells of the block in which quotes were doubled. */
  let unquoted = new Uint8Array(0);
  let unquotedEnd = 0;

  function record(given: Cells, line: number): void {
    rows++;
    bytes = given.quoted === 2 ? withoutDoubledQuotes() : block;
    const reason = clean(line);
    if (reason !== undefined) drop(reason, line);
  }

  function drop(reason: DropReason, line: number): void {
    let shown = '';
    for (const role of CULPRITS[reason] ?? []) {
      const column = columns[roleAt[role]];
      shown += column === -1 ? ' ' : ` ${decode(bytes, starts[column], ends[column])}`;
    }
    tally.drop(reason, line, shown.trim());
  }

  /** Adds the row to the purchases or returns, or says why it is dropped. */
  function clean(line: number): DropReason | undefined {
    const customer = customers.number(bytes, starts[customerAt], ends[customerAt]);
    if (customer === -1) return 'missing customer';
    const product = products.number(bytes, starts[productAt], ends[productAt]);
    if (product === -1) return 'missing product';
    const quantity = everyRowIsOne ? 1 : quantityIn(bytes, starts[quantityAt], ends[quantityAt]);
    if (quantity === undefined) return 'missing quantity';
    if (Number.isNaN(quantity)) return 'unreadable quantity';
    if (quantity === 0) return 'zero quantity';
    const { time, otherTime, key, readable } = timeOf();
    if (!readable) return 'unreadable date';
    const price = priceAt === -1 ? Number.NaN : priceIn(bytes, starts[priceAt], ends[priceAt]);
    if (seen !== undefined) {
      const order = orderAt === -1 ? '' : idIn(bytes, starts[orderAt], ends[orderAt]);
      if (!seen.add([customer, product, quantity, order, timeKey(key), price].join('\0'))) return 'duplicate';
    }

    let order = noOrder;
    let cancelled = false;
    if (orderAt !== -1) {
      const start = starts[orderAt];
      const end = ends[orderAt];
      if (isCleanId(bytes, start, end)) {
        order = orderNumber(hashIn(bytes, start, end));
        cancelled = bytes[start] === 67 && CANCELLATION.test(decode(bytes, start, end));
      } else {
        const id = idIn(bytes, start, end);
        if (id !== '') order = orderNumber(hashText(id));
        cancelled = CANCELLATION.test(id);
      }
    }
    if (cancelled && quantity > 0) cancellations++;
    if (cancelled || quantity < 0) {
      returns.push(customer, product, Math.abs(quantity), line);
      return undefined;
    }
    if (order === noOrder && !Number.isNaN(time)) order = orderNumber(timeKey(key));

    const at = purchases++ * recordInts;
    if (at === records.length) grow();
    records[at] = customer;
    records[at + 1] = product;
    records[at + 2] = quantity;
    records[at + 3] = order;
    recordTimes[(at >> 1) + 2] = time;
    recordTimes[(at >> 1) + 3] = otherTime;
    if (time !== otherTime && !Number.isNaN(time)) ambiguous = true;
    descriptions.note(bytes, bytes === unquoted, cells, product, price);
    return undefined;
  }

  function timeOf(): RowTime {
    if (clockAt === -1 && timeAt !== -1) return times.parseBytes(bytes, starts[timeAt], ends[timeAt]);
    const cell = (column: number) => (column === -1 ? undefined : decode(bytes, starts[column], ends[column]));
    return times.parse(cell(timeAt), cell(clockAt));
  }

  /** Equal for equal times as they are written. */
  function timeKey(key: number): number {
    return clockAt === -1 && timeAt !== -1 ? hashIn(bytes, starts[timeAt], ends[timeAt]) : key;
  }

  /** Of the times that stand `at` so many 64-bit floats into the records. */
  function spanOf(at: number): Span {
    const span = emptySpan();
    for (let i = 0; i < purchases; i++) widen(span, recordTimes[(i * recordInts) / 2 + at]);
    return span;
  }

  function grow(): void {
    const longer = newRecords(records.length * 2);
    longer.set(records);
    records = longer;
    recordTimes = new Float64Array(records.buffer);
  }

  /** Copies the row's cells that have a role, one quote for every two, and makes them point into the copy. */
  function withoutDoubledQuotes(): Uint8Array {
    for (const column of used) {
      let at = starts[column];
      starts[column] = unquotedEnd;
      for (; at < ends[column]; at++) {
        unquoted[unquotedEnd++] = block[at];
        if (cells.quotes[column] === 2 && block[at] === 34) at++;
      }
      ends[column] = unquotedEnd;
    }
    return unquoted;
  }

  const sink = {
    record,
    malformed(start: number, end: number, line: number) {
      rows++;
      tally.drop('malformed row', line, decode(block, start, end).trim());
    },
  };

  return {
    read(given, last, dateOrder, memory = records) {
      block = given.bytes;
      times.restart(dateOrder);
      rows = 0;
      // A row is longer than 64 bytes as a rule.
      const room = recordInts * Math.max(16, given.length >> 6);
      records = memory.length < room ? newRecords(room) : memory;
      recordTimes = new Float64Array(records.buffer);
      ambiguous = false;
      purchases = 0;
      returns = [];
      cancellations = 0;
      if (unquoted.length < block.length) unquoted = new Uint8Array(block.length);
      unquotedEnd = 0;
      const scanned = scanRecords(given, last, format, cells, sink);
      const span = spanOf(2);
      return {
        ...scanned,
        rows,
        customers: customers.fresh(),
        products: products.fresh(),
        purchases,
        records,
        span,
        otherSpan: ambiguous ? spanOf(3) : span,
        ambiguous,
        returns,
        described: descriptions.take(block, unquoted),
        dropped: tally.takeDrops(),
        cancellations,
        dateOrder: times.order(),
      };
    },
  };
}
