import type { OpenKernel } from '../../../kernel/kernel.ts';
import { copyIn, createBuffer } from '../../../kernel/memory.ts';
import {
  dateOrders,
  noColumn,
  recordFormat,
  recordInts,
  recordState,
  stopped,
} from '../../../kernel/operations/record-layout.ts';
import { type Role, roles } from '../../columns/roles.ts';
import type { DateOrder } from '../../times/times.ts';
import { type Block, blockPadding, type Place, partBytes } from '../scan.ts';
import type { CsvPlan } from './clean.ts';
import type { Descriptions } from './descriptions.ts';
import type { LineMemory } from './line-memory.ts';
import type { ByteNumbering } from './numbering.ts';
import type { ByteHeader } from './repeated-header.ts';

/** What the kernel and the cleaner of a block share. */
export interface SharedState {
  readonly kernel: OpenKernel;
  /** See `recordState`. */
  readonly state: Uint32Array;
  /** The first and last time of purchases, and the same with day and month swapped. */
  readonly spans: Float64Array;
  readonly lines: LineMemory;
  readonly customers: ByteNumbering;
  readonly products: ByteNumbering;
  readonly descriptions: Descriptions;
}

/** What is done with records that the kernel leaves alone. */
export interface OtherRecords {
  /** Takes the record at `at`, which is dropped. */
  drop(at: number, line: number): void;
  /** Takes the line of a purchase that may be a return, and where its order id starts and ends. */
  mayCancel(line: number, start: number, end: number): void;
  /** Scans the records that begin in the next `bytes` bytes from the place, and moves it on. */
  scan(place: Place, bytes: number): void;
  /** What the dates so far have shown. */
  dateOrder(): DateOrder | undefined;
}

/** Dropped records, and purchases that may be returns, in one call. */
const recordRoom = 1 << 10;
/** If the kernel gets no further than this, the records are of a kind that it does not know: more of them are scanned. */
const fewBytes = 1 << 10;

/** Whether the kernel reads records of this kind; it knows neither times in two columns nor numbers of orders instead of times. */
export function isForKernel({ format, columns, duplicates }: CsvPlan): boolean {
  const has = (role: Role) => columns[roles.indexOf(role)] !== -1;
  const isSequenced = has('sequence') && !has('time');
  return format.separator.length === 1 && format.width > 1 && duplicates === 'keep' && !has('clock') && !isSequenced;
}

/**
 * Cleans the records of a block with `cleanRecords` of the kernel, and those that are unusual with `others`.
 *
 * @param leftOut customers with a number below this are left out.
 */
export function createKernelRecords(
  { format, columns }: CsvPlan,
  header: ByteHeader['first'],
  leftOut: number,
  { kernel, state, spans, lines, customers, products, descriptions }: SharedState,
  others: OtherRecords,
): (block: Block, place: Place) => void {
  const { memory, operations } = kernel;
  const columnOf = (role: Role) => {
    const column = columns[roles.indexOf(role)];
    return column === -1 ? noColumn : column;
  };
  const layout = memory.allocate(Uint32Array, Object.keys(recordFormat).length);
  layout[recordFormat.separator] = format.separator[0];
  layout[recordFormat.lineBreak] = format.lineBreak;
  layout[recordFormat.width] = format.width;
  layout[recordFormat.leftOut] = leftOut;
  layout[recordFormat.headerLength] = header?.name.length ?? noColumn;
  layout[recordFormat.header] = header?.column ?? noColumn;
  for (const role of ['customer', 'product', 'quantity', 'order', 'time', 'price', 'name', 'category'] as const)
    layout[recordFormat[role]] = columnOf(role);
  const deferred = memory.allocate(Uint32Array, recordInts.deferred * recordRoom);
  const cancelled = memory.allocate(Uint32Array, recordInts.cancelled * recordRoom);
  state[recordState.deferredRoom] = state[recordState.cancelledRoom] = recordRoom;
  const fixed = {
    format: layout,
    header: copyIn(memory, Uint8Array, header?.name ?? []),
    state,
    spans,
    cells: memory.allocate(Uint32Array, 2 * format.width),
    newCustomers: customers.table.fresh,
    newProducts: products.table.fresh,
    cancelled,
    deferred,
  };
  const copy = createBuffer(memory, Uint8Array);

  /** The text in memory that the kernel can use. */
  function textOf({ bytes, length }: Block): Uint8Array {
    if (memory.shares(bytes)) return bytes;
    const text = copy(length + blockPadding);
    text.set(bytes.subarray(0, length + blockPadding));
    return text;
  }

  function call(text: Uint8Array, { bytes, length }: Block): number {
    const why = operations.cleanRecords({
      text,
      length,
      ...fixed,
      customerSlots: customers.table.slots,
      customerStore: customers.table.store,
      productSlots: products.table.slots,
      productStore: products.table.store,
      ...descriptions.memory,
      purchases: lines.purchases,
      returns: lines.returns,
    });
    customers.learnFresh(bytes);
    products.learnFresh(bytes);
    const cancelledEnd = recordInts.cancelled * state[recordState.cancelled];
    for (let i = 0; i < cancelledEnd; i += recordInts.cancelled)
      others.mayCancel(cancelled[i], cancelled[i + 1], cancelled[i + 2]);
    const deferredEnd = recordInts.deferred * state[recordState.deferred];
    for (let i = 0; i < deferredEnd; i += recordInts.deferred) others.drop(deferred[i], deferred[i + 1]);
    state[recordState.cancelled] = state[recordState.deferred] = 0;
    return why;
  }

  function makeRoom(): void {
    customers.makeRoom();
    products.makeRoom();
    lines.makeRoom();
    descriptions.makeRoom(products.count() + 1);
  }

  return (block, place) => {
    const text = textOf(block);
    let bytes = 1;
    while (!place.ended) {
      const from = place.at;
      state[recordState.at] = place.at;
      state[recordState.line] = place.line;
      state[recordState.dateOrder] = dateOrderNumber(others.dateOrder());
      let why: number = stopped.forRoom;
      while (why === stopped.forRoom) {
        makeRoom();
        why = call(text, block);
      }
      place.at = state[recordState.at];
      place.line = state[recordState.line];
      place.ended = why === stopped.atEnd;
      if (place.ended) return;
      bytes = place.at - from > fewBytes ? 1 : Math.min(2 * bytes, partBytes);
      others.scan(place, bytes);
    }
  };
}

function dateOrderNumber(order: DateOrder | undefined): number {
  if (order === undefined) return dateOrders.unknown;
  return order === 'mdy' ? dateOrders.monthFirst : dateOrders.dayFirst;
}
