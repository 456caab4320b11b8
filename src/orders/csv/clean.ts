import { hashText } from '../../hash.ts';
import { createTally, type DropReason } from '../account.ts';
import { culpritRoles } from '../clean.ts';
import { type Role, roles } from '../columns/roles.ts';
import { createRecordSet } from '../duplicates.ts';
import { cleanCustomerId, cleanId } from '../ids.ts';
import { cancelledOrder, noOrder, orderNumber, timeNumber } from '../lines.ts';
import type { Plan } from '../plan.ts';
import { headerColumns } from '../records/repeated-header.ts';
import { hasTotals, labelRoles, mayLabelTotals } from '../records/totals.ts';
import { createSequenceReader, isSequenced } from '../sequence.ts';
import { createTimeParser, type DateOrder, type RecordTime } from '../times.ts';
import { type BlockLines, emptySpan, newPurchases, purchaseInts, returnNumbers, widen } from './block-lines.ts';
import { cleanOrderNumber, hashIn, idIn, priceIn, quantityIn } from './cells.ts';
import { createDescriptions } from './descriptions.ts';
import { createByteNumbering } from './numbering.ts';
import { type Block, type Cells, type CsvFormat, createCells, decode, malformedText, scanRecords } from './scan.ts';

/** What the cleaner of blocks must know; can be sent to a thread. */
export interface CsvPlan extends Plan {
  readonly format: CsvFormat;
}

export interface BlockCleaner {
  /**
   * Cleans a block that begins with a record.
   *
   * @param last whether this is the last block.
   * @param dateOrder what the dates before the block have shown.
   * @param memory for the purchases; by default that of the previous call, whose result is overwritten.
   */
  clean(block: Block, last: boolean, dateOrder: DateOrder | undefined, memory?: Int32Array): BlockLines;
}

const roleAt = Object.fromEntries(roles.map((role, index) => [role, index])) as Record<Role, number>;

/** Cleans records of CSV straight from their bytes, exactly as `createCleaner` cleans cells of any source. */
export function createBlockCleaner(plan: CsvPlan): BlockCleaner {
  const { format, columns, everyRecordIsOne, conventions, duplicates, customersOut = [] } = plan;
  const customerAt = columns[roleAt.customer];
  const productAt = columns[roleAt.product];
  const quantityAt = columns[roleAt.quantity];
  const orderAt = columns[roleAt.order];
  const timeAt = columns[roleAt.time];
  const clockAt = columns[roleAt.clock];
  const sequenceAt = columns[roleAt.sequence];
  const sequenceOf = isSequenced(columns) ? createSequenceReader() : undefined;
  const priceAt = columns[roleAt.price];
  const cells = createCells(format.width);
  const { starts, ends } = cells;
  const header = headerColumns(plan.header ?? [], columns).map((column) => ({
    column,
    name: Buffer.from(plan.header![column]),
  }));
  // Nearly every record shows by the length of one cell that it is not the header again.
  const headerAt = header[0]?.column ?? 0;
  const headerLength = header[0]?.name.length ?? -1;
  const labelled = labelRoles.map((role) => columns[roleAt[role]]).filter((column) => column !== -1);
  const used = [...new Set(columns.filter((column) => column !== -1))];
  const customers = createByteNumbering(cleanCustomerId);
  // These have the first numbers.
  const outNumbers = customersOut.map((id) => {
    const cell = new TextEncoder().encode(id);
    return customers.number(cell, 0, cell.length);
  });
  const outCount = Math.max(-1, ...outNumbers) + 1;
  const products = createByteNumbering(cleanId);
  const descriptions = createDescriptions(columns[roleAt.name], columns[roleAt.category]);
  const times = createTimeParser(conventions);
  const tally = createTally();
  const seen = duplicates === 'drop' ? createRecordSet() : undefined;

  // The state of the current block.
  let text: Uint8Array;
  let records = 0;
  let purchases = newPurchases();
  let purchaseTimes: Float64Array;
  let purchaseCount = 0;
  let span = emptySpan();
  let otherSpan = emptySpan();
  let returns = new Float64Array(returnNumbers << 6);
  let returnCount = 0;
  let cancelled: number[] = [];
  let cancelledId = '';

  /** The bytes that the cells of the current record lie in: `text` or `unquoted`. */
  let bytes: Uint8Array;
  /** Copies of the cells of this block that contain doubled quotes, with the quotes made single. */
  let unquoted = new Uint8Array(0);
  let unquotedEnd = 0;

  function record({ quoted }: Cells, line: number): void {
    records++;
    bytes = quoted === 2 ? withoutDoubledQuotes() : text;
    const mayBeHeader = ends[headerAt] - starts[headerAt] === headerLength;
    const reason = mayBeHeader && isHeader() ? 'repeated header' : clean(line);
    if (reason !== undefined) drop(reason, line);
  }

  function drop(problem: DropReason, line: number): void {
    const cell = (role: Role) => {
      const column = columns[roleAt[role]];
      return column === -1 ? '' : decode(bytes, starts[column], ends[column]);
    };
    const reason = mayBeTotals(problem) && hasTotals(problem, cell) ? 'totals record' : problem;
    let shown = '';
    for (const role of culpritRoles[reason] ?? []) shown += ` ${cell(role)}`;
    tally.drop(reason, line, shown.trim());
  }

  /** Whether it is worth the time to look at the texts of the record. */
  function mayBeTotals(problem: DropReason): boolean {
    if (problem === 'missing customer' && starts[productAt] === ends[productAt]) return true;
    return labelled.some((column) => starts[column] < ends[column] && mayLabelTotals(bytes[starts[column]]));
  }

  function isHeader(): boolean {
    for (let i = 0; i < header.length; i++) {
      const { column, name } = header[i];
      const start = starts[column];
      if (ends[column] - start !== name.length || bytes[start] !== name[0]) return false;
      for (let at = 1; at < name.length; at++) if (bytes[start + at] !== name[at]) return false;
    }
    return true;
  }

  /** Adds the record to the purchases or returns, or gives the reason to drop it. */
  function clean(line: number): DropReason | undefined {
    const customer = customers.number(bytes, starts[customerAt], ends[customerAt]);
    if (customer < outCount) return customer === -1 ? 'missing customer' : 'left-out customer';
    const product = products.number(bytes, starts[productAt], ends[productAt]);
    if (product === -1) return 'missing product';
    const quantity = everyRecordIsOne
      ? 1
      : quantityIn(bytes, starts[quantityAt], ends[quantityAt], conventions.decimalMark);
    if (quantity === undefined || quantity === 0 || Number.isNaN(quantity)) return quantityProblem(quantity);
    const { time, otherTime, key, readable } = readTime();
    if (!readable) return 'unreadable date';
    const price = priceAt === -1 ? Number.NaN : priceIn(bytes, starts[priceAt], ends[priceAt], conventions.decimalMark);
    if (seen !== undefined && !seen.add([customer, product, quantity, orderId(), timeKey(key), price].join('\0')))
      return 'duplicate';

    let order = noOrder;
    let mayBeReturn = false;
    if (orderAt !== -1) {
      order = cleanOrderNumber(bytes, starts[orderAt], ends[orderAt]);
      mayBeReturn = order === noOrder || bytes[starts[orderAt]] === 67;
      if (mayBeReturn) {
        const id = orderId();
        mayBeReturn = quantity > 0 && cancelledOrder.test(id);
        if (id !== '') order = orderNumber(hashText(id));
        if (mayBeReturn) addCancelled(id, line);
      }
    }
    if (order === noOrder && !Number.isNaN(time)) order = timeNumber(timeKey(key));
    if (quantity < 0) {
      addReturn(customer, product, -quantity, order, time, line);
      return undefined;
    }

    const at = purchaseCount++ * purchaseInts;
    if (at === purchases.length) grow();
    purchases[at] = customer;
    purchases[at + 1] = product;
    purchases[at + 2] = mayBeReturn ? -quantity : quantity;
    purchases[at + 3] = order;
    purchaseTimes[(at >> 1) + 2] = time;
    purchaseTimes[(at >> 1) + 3] = otherTime;
    if (!mayBeReturn) {
      widen(span, time);
      widen(otherSpan, otherTime);
    }
    descriptions.note(bytes, bytes === unquoted, cells, product, price);
    return undefined;
  }

  // What few records need is not in `clean`, which V8 compiles once the first blocks have shown its types.

  function quantityProblem(quantity: number | undefined): DropReason {
    if (quantity === undefined) return 'missing quantity';
    return quantity === 0 ? 'zero quantity' : 'unreadable quantity';
  }

  function orderId(): string {
    return orderAt === -1 ? '' : idIn(bytes, starts[orderAt], ends[orderAt]);
  }

  function addCancelled(id: string, line: number): void {
    if (cancelled.length === 0) cancelledId = id;
    cancelled.push(line);
  }

  function addReturn(
    customer: number,
    product: number,
    quantity: number,
    order: number,
    time: number,
    line: number,
  ): void {
    const at = returnCount++ * returnNumbers;
    if (at === returns.length) {
      const longer = new Float64Array(2 * at);
      longer.set(returns);
      returns = longer;
    }
    returns[at] = customer;
    returns[at + 1] = product;
    returns[at + 2] = quantity;
    returns[at + 3] = order;
    returns[at + 4] = time;
    returns[at + 5] = line;
  }

  function readTime(): RecordTime {
    if (sequenceOf !== undefined) return sequenceOf(decode(bytes, starts[sequenceAt], ends[sequenceAt]));
    if (clockAt === -1 && timeAt !== -1) return times.parseBytes(bytes, starts[timeAt], ends[timeAt]);
    const cell = (column: number) => (column === -1 ? undefined : decode(bytes, starts[column], ends[column]));
    return times.parse(cell(timeAt), cell(clockAt));
  }

  /** Equal for times that are written the same; `parseBytes` leaves the parser's own key alone. */
  function timeKey(key: number): number {
    return clockAt === -1 && timeAt !== -1 ? hashIn(bytes, starts[timeAt], ends[timeAt]) : key;
  }

  function grow(): void {
    const longer = newPurchases(2 * purchaseCount);
    longer.set(purchases);
    purchases = longer;
    purchaseTimes = new Float64Array(purchases.buffer);
  }

  /** Copies the record's cells that have a role, with one quote for every two, and points `cells` to the copies. */
  function withoutDoubledQuotes(): Uint8Array {
    for (const column of used) {
      let at = starts[column];
      starts[column] = unquotedEnd;
      for (; at < ends[column]; at++) {
        unquoted[unquotedEnd++] = text[at];
        if (cells.quotes[column] === 2 && text[at] === 34) at++;
      }
      ends[column] = unquotedEnd;
    }
    return unquoted;
  }

  const sink = {
    record,
    malformed(start: number, end: number, line: number, count: number) {
      records++;
      tally.drop('malformed row', line, malformedText(text, start, end, count, format.width));
    },
  };

  return {
    clean(block, last, dateOrder, memory = purchases) {
      text = block.bytes;
      if (conventions.dateOrder === 'auto') times.restart(dateOrder);
      records = 0;
      // Most records are longer than 64 bytes.
      const room = Math.max(16, block.length >> 6);
      purchases = memory.length < room * purchaseInts ? newPurchases(room) : memory;
      purchaseTimes = new Float64Array(purchases.buffer);
      purchaseCount = 0;
      span = emptySpan();
      otherSpan = emptySpan();
      returnCount = 0;
      cancelled = [];
      cancelledId = '';
      if (unquoted.length < text.length) unquoted = new Uint8Array(text.length);
      unquotedEnd = 0;
      const scanned = scanRecords(block, last, format, cells, sink);
      return {
        ...scanned,
        records,
        customers: customers.takeNewIds(),
        products: products.takeNewIds(),
        purchaseCount,
        purchases,
        span,
        otherSpan,
        returns: returns.slice(0, returnCount * returnNumbers),
        described: descriptions.take(text, unquoted),
        dropped: tally.takeDrops(),
        cancelled,
        cancelledId,
        dateOrder: times.order(),
      };
    },
  };
}
