import { hashText } from '../../../hash.ts';
import type { OpenKernel } from '../../../kernel/kernel.ts';
import { ownMemory } from '../../../kernel/memory.ts';
import { numberingCount, recordState, recordStates } from '../../../kernel/operations/record-layout.ts';
import { createTally, type DropReason } from '../../cleaning/account.ts';
import { culpritRoles } from '../../cleaning/clean.ts';
import { createRecordSet } from '../../cleaning/duplicates.ts';
import { cleanCustomerId, cleanId } from '../../cleaning/ids.ts';
import { cancelledOrder, noOrder, orderNumber, timeNumber } from '../../cleaning/lines.ts';
import { createSequenceReader, isSequenced } from '../../cleaning/sequence.ts';
import { type Role, roles } from '../../columns/roles.ts';
import type { Plan } from '../../plan.ts';
import { hasTotals, labelRoles, mayLabelTotals } from '../../records/totals.ts';
import { createTimeParser, type DateOrder, type RecordTime } from '../../times/times.ts';
import type { Block, Cells, CsvFormat, Place } from '../scan.ts';
import { createCells, endBlock, malformedText, partBytes, scanPart, scanRecord } from '../scan.ts';
import { decode, encode } from '../utf8.ts';
import { type BlockLines, emptySpan, newPurchases, purchaseInts, returnNumbers } from './block-lines.ts';
import { cleanOrderNumber, hashIn, idIn, priceIn, quantityIn } from './cells.ts';
import { createDescriptions } from './descriptions.ts';
import { createKernelRecords, isForKernel } from './kernel-records.ts';
import { createLineMemory } from './line-memory.ts';
import { createByteNumbering } from './numbering.ts';
import { createByteHeader } from './repeated-header.ts';
import { createUnquoted } from './unquoted.ts';

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

/** Two spans without a time: see `SharedState`. */
const noSpans = [emptySpan(), emptySpan()].flatMap(({ first, last }) => [first, last]);

const roleAt = Object.fromEntries(roles.map((role, index) => [role, index])) as Record<Role, number>;

/**
 * Cleans records of CSV straight from their bytes, exactly as `createCleaner` cleans cells of any source. Most are cleaned by
 * the kernel if there is one.
 */
export function createBlockCleaner(plan: CsvPlan, kernel?: OpenKernel): BlockCleaner {
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
  const header = createByteHeader(plan);
  const labelled = labelRoles.map((role) => columns[roleAt[role]]).filter((column) => column !== -1);
  const unquoted = createUnquoted([...new Set(columns.filter((column) => column !== -1))]);
  const memory = kernel?.memory ?? ownMemory;
  const state = memory.allocate(Uint32Array, recordStates);
  const spans = memory.allocate(Float64Array, 4);
  const counts = (from: number) => state.subarray(from, from + Object.keys(numberingCount).length);
  const customers = createByteNumbering(cleanCustomerId, memory, counts(recordState.customers));
  // These have the first numbers.
  const outNumbers = customersOut.map((id) => {
    const cell = encode(id);
    return customers.number(cell, 0, cell.length);
  });
  const outCount = Math.max(-1, ...outNumbers) + 1;
  const products = createByteNumbering(cleanId, memory, counts(recordState.products));
  const descriptions = createDescriptions(columns[roleAt.name], columns[roleAt.category], memory, state);
  const lines = createLineMemory(memory, state);
  const times = createTimeParser(conventions);
  const tally = createTally();
  const seen = duplicates === 'drop' ? createRecordSet() : undefined;

  // The state of the current block.
  let text: Uint8Array;
  let last = false;
  let current: Block;
  let purchases = newPurchases();
  let cancelled: number[] = [];
  let cancelledId = '';

  /** The bytes that the cells of the current record lie in: the text or a copy. */
  let bytes: Uint8Array;

  function record({ quoted }: Cells, line: number): void {
    state[recordState.records]++;
    bytes = quoted === 2 ? unquoted.copy(text, cells) : text;
    const reason = header.is(bytes, cells) ? 'repeated header' : clean(line);
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

    if (state[recordState.purchases] === state[recordState.purchaseRoom]) lines.makeRoom();
    const at = state[recordState.purchases]++ * purchaseInts;
    const { ints, times: purchaseTimes } = lines;
    ints[at] = customer;
    ints[at + 1] = product;
    ints[at + 2] = mayBeReturn ? -quantity : quantity;
    ints[at + 3] = order;
    purchaseTimes[(at >> 1) + 2] = time;
    purchaseTimes[(at >> 1) + 3] = otherTime;
    if (!mayBeReturn) widenSpans(time, otherTime);
    descriptions.note(bytes, bytes === unquoted.bytes, cells, product, price);
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
    if (state[recordState.returns] === state[recordState.returnRoom]) lines.makeRoom();
    const at = state[recordState.returns]++ * returnNumbers;
    const { returns } = lines;
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

  function widenSpans(time: number, otherTime: number): void {
    if (time < spans[0]) spans[0] = time;
    if (time > spans[1]) spans[1] = time;
    if (otherTime < spans[2]) spans[2] = otherTime;
    if (otherTime > spans[3]) spans[3] = otherTime;
  }

  const sink = {
    record,
    malformed(start: number, end: number, line: number, count: number) {
      state[recordState.records]++;
      tally.drop('malformed row', line, malformedText(text, start, end, count, format.width));
    },
  };
  const scan = (place: Place, bytes: number) => scanPart(current, last, format, cells, sink, place, bytes);
  const cleanInKernel =
    kernel !== undefined && isForKernel(plan)
      ? createKernelRecords(
          plan,
          header.first,
          outCount,
          { kernel, state, spans, lines, customers, products, descriptions },
          {
            scan,
            drop(at, line) {
              scanRecord(current, at, last, format, cells);
              record(cells, line);
            },
            mayCancel(line, start, end) {
              if (cancelled.length === 0) cancelledId = decode(text, start, end);
              cancelled.push(line);
            },
            dateOrder: times.order,
          },
        )
      : undefined;

  return {
    clean(block, isLast, dateOrder, given = purchases) {
      current = block;
      last = isLast;
      text = block.bytes;
      if (conventions.dateOrder === 'auto') times.restart(dateOrder);
      state[recordState.records] = 0;
      // Most records are longer than 64 bytes.
      const room = Math.max(16, block.length >> 6);
      lines.begin(given.length < room * purchaseInts ? newPurchases(room) : given);
      spans.set(noSpans);
      cancelled = [];
      cancelledId = '';
      unquoted.begin(text);
      endBlock(block, format.lineBreak);
      const place: Place = { at: 0, line: 0, ended: false };
      if (cleanInKernel !== undefined) cleanInKernel(block, place);
      else while (!place.ended) scan(place, partBytes);
      purchases = lines.takePurchases();
      return {
        used: place.at,
        textLines: place.line,
        records: state[recordState.records],
        customers: customers.takeNewIds(),
        products: products.takeNewIds(),
        purchaseCount: state[recordState.purchases],
        purchases,
        span: { first: spans[0], last: spans[1] },
        otherSpan: { first: spans[2], last: spans[3] },
        returns: lines.takeReturns(),
        described: descriptions.take(text, unquoted.bytes),
        dropped: tally.takeDrops(),
        cancelled,
        cancelledId,
        dateOrder: times.order(),
      };
    },
  };
}
