import { noOrder } from '../orders/csv/lines.ts';

/**
 * Purchase rows in the order they were read. Rows of one order nearly always stand together: they are a run, which says
 * once whose they are. 8 bytes a row; 12 bytes a run, 8 more where it has a time, and 8 more again where day and month
 * of that may be the other way round. In blocks, so that nothing is copied while it grows.
 */
export interface Log {
  rows: number;
  runs: number;
  /** Product number and quantity of each row; quantity 0 where the row does not count. */
  readonly lines: Int32Array[];
  /** Customer number, order (see `orderNumber`) and first row of each run. */
  readonly heads: Int32Array[];
  /** The latest time of each run, NaN where none of its rows has one; no block where none of its runs has one. */
  readonly times: (Float64Array | undefined)[];
  /** The same of the other times; no block where they are the same. */
  readonly otherTimes: (Float64Array | undefined)[];
  lastCustomer: number;
  lastOrder: number;
}

/** Rows or runs in a block. */
const BITS = 16;
const BLOCK = 1 << BITS;
const LAST = BLOCK - 1;

export function createLog(): Log {
  return { rows: 0, runs: 0, lines: [], heads: [], times: [], otherTimes: [], lastCustomer: -1, lastOrder: noOrder };
}

/** Adds a purchase; `order`, `time` and `otherTime` as in `OrderLine`. */
export function addRow(
  log: Log,
  customer: number,
  product: number,
  quantity: number,
  order: number,
  time: number,
  otherTime: number,
): void {
  const row = log.rows++;
  if ((row & LAST) === 0) log.lines.push(new Int32Array(2 * BLOCK));
  const lines = log.lines[row >> BITS];
  lines[(row & LAST) * 2] = product;
  lines[(row & LAST) * 2 + 1] = quantity;
  if (customer !== log.lastCustomer || order !== log.lastOrder || order === noOrder) {
    const run = log.runs++;
    if ((run & LAST) === 0) {
      log.heads.push(new Int32Array(3 * BLOCK));
      log.times.push(undefined);
      log.otherTimes.push(undefined);
    }
    const heads = log.heads[run >> BITS];
    heads[(run & LAST) * 3] = log.lastCustomer = customer;
    heads[(run & LAST) * 3 + 1] = log.lastOrder = order;
    heads[(run & LAST) * 3 + 2] = row;
  }
  if (!Number.isNaN(time)) addTimes(log, time, otherTime);
}

/** Makes the times of the last run those of a row of it where they are later. */
function addTimes({ runs, times, otherTimes }: Log, time: number, otherTime: number): void {
  const block = (runs - 1) >> BITS;
  const at = (runs - 1) & LAST;
  times[block] ??= new Float64Array(BLOCK).fill(Number.NaN);
  if (time !== otherTime) otherTimes[block] ??= times[block].slice();
  const others = otherTimes[block];
  // Written so that NaN gives way to any time.
  if (!(times[block][at] >= time)) times[block][at] = time;
  if (others !== undefined && !(others[at] >= otherTime)) others[at] = otherTime;
}

export function productOf({ lines }: Log, row: number): number {
  return lines[row >> BITS][(row & LAST) * 2];
}

/** 0 where the row does not count. */
export function quantityIn({ lines }: Log, row: number): number {
  return lines[row >> BITS][(row & LAST) * 2 + 1];
}

/** Makes a row count no more. */
export function dropRow({ lines }: Log, row: number): void {
  lines[row >> BITS][(row & LAST) * 2 + 1] = 0;
}

export function customerOf({ heads }: Log, run: number): number {
  return heads[run >> BITS][(run & LAST) * 3];
}

export function orderOf({ heads }: Log, run: number): number {
  return heads[run >> BITS][(run & LAST) * 3 + 1];
}

/** The first row of a run; of the run past the last one, the end of the rows. */
export function firstRow({ heads, runs, rows }: Log, run: number): number {
  return run === runs ? rows : heads[run >> BITS][(run & LAST) * 3 + 2];
}

/** @param other whether day and month are the other way round. */
export function timeOf({ times, otherTimes }: Log, run: number, other: boolean): number {
  const block = (other ? otherTimes[run >> BITS] : undefined) ?? times[run >> BITS];
  return block === undefined ? Number.NaN : block[run & LAST];
}

/** Things by customer, in the order of their numbers: those of customer number `c` are `offsets[c] .. offsets[c + 1]`. */
export interface ByCustomer {
  offsets: Uint32Array;
  items: Uint32Array;
}

export function byCustomer(count: number, customerOf: (item: number) => number, customers: number): ByCustomer {
  // Shifted by one, so that after the last loop they are where they belong.
  const offsets = new Uint32Array(customers + 2);
  for (let item = 0; item < count; item++) offsets[customerOf(item) + 2]++;
  for (let c = 0; c < customers; c++) offsets[c + 2] += offsets[c + 1];
  const items = new Uint32Array(count);
  for (let item = 0; item < count; item++) items[offsets[customerOf(item) + 1]++] = item;
  return { offsets: offsets.subarray(0, customers + 1), items };
}
