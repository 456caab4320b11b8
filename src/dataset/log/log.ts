import { EndcapError } from '../../errors.ts';
import { noOrder } from '../../orders/cleaning/lines.ts';
import { number } from '../../wording.ts';

/**
 * Purchase lines in the order they were read. Lines of one order nearly always follow each other: they form a run, which
 * has the customer, order and time of all its lines. Takes 8 bytes per line and 12 bytes per run, plus 8 if the run has a time,
 * plus 8 if day and month of that may be swapped. Stored in blocks, so that growing copies nothing.
 */
export interface Log {
  lineCount: number;
  runCount: number;
  /** Product number and quantity of each line; the quantity of a dropped line is 0, and below 0 while it may be a return. */
  readonly lines: Int32Array[];
  /** Customer number, order (see `OrderLine`) and first line of each run. */
  readonly runs: Int32Array[];
  /** The time of each run, NaN if it has none; no blocks before the first run that has one. */
  readonly times: (Float64Array | undefined)[];
  /** The same with day and month swapped; no block if that changes nothing. */
  readonly otherTimes: (Float64Array | undefined)[];
  lastCustomer: number;
  lastOrder: number;
  lastTime: number;
  lastOtherTime: number;
}

/**
 * Lines or runs per block: 2^12, of which `indexMask` takes the index within the block. In smaller blocks than V8 waits for
 * before it compiles `addLine`, which otherwise is compiled again at the end of the first one.
 */
const blockBits = 12;
const blockLength = 1 << blockBits;
const indexMask = blockLength - 1;
/** Line numbers are 32-bit integers with a sign. */
const maxLines = 2 ** 31;

export function createLog(): Log {
  return {
    lineCount: 0,
    runCount: 0,
    lines: [],
    runs: [],
    times: [],
    otherTimes: [],
    lastCustomer: -1,
    lastOrder: noOrder,
    lastTime: Number.NaN,
    lastOtherTime: Number.NaN,
  };
}

/**
 * Adds a purchase; `order`, `time` and `otherTime` as in `OrderLine`.
 *
 * @throws `orders_unreadable` if the log is full.
 */
export function addLine(
  log: Log,
  customer: number,
  product: number,
  quantity: number,
  order: number,
  time: number,
  otherTime: number,
): void {
  const line = log.lineCount++;
  if ((line & indexMask) === 0) addBlocks(log, line);
  const lines = log.lines[line >> blockBits];
  lines[(line & indexMask) * 2] = product;
  lines[(line & indexMask) * 2 + 1] = quantity;
  if (
    customer === log.lastCustomer &&
    order === log.lastOrder &&
    order !== noOrder &&
    isSame(time, log.lastTime) &&
    isSame(otherTime, log.lastOtherTime)
  )
    return;
  const run = log.runCount++;
  const runs = log.runs[run >> blockBits];
  runs[(run & indexMask) * 3] = log.lastCustomer = customer;
  runs[(run & indexMask) * 3 + 1] = log.lastOrder = order;
  runs[(run & indexMask) * 3 + 2] = line;
  log.lastTime = time;
  log.lastOtherTime = otherTime;
  if (!Number.isNaN(time)) setTimes(log, run, time, otherTime);
}

/** Whether two times are the same, or there is none of both. */
function isSame(time: number, other: number): boolean {
  return time === other || (Number.isNaN(time) && Number.isNaN(other));
}

/** Ends the last run: a line of the same order begins another one. */
export function endRun(log: Log): void {
  log.lastOrder = noOrder;
}

/** Makes room for a block of lines, each of which may begin a run. */
function addBlocks(log: Log, line: number): void {
  if (line >= maxLines) {
    throw new EndcapError(
      'orders_unreadable',
      `the orders have more than ${number(maxLines)} purchase lines, the most that a dataset can hold; ` +
        'leave out the oldest orders',
      { expected: maxLines },
    );
  }
  log.lines.push(new Int32Array(2 * blockLength));
  if (log.runCount + blockLength <= log.runs.length << blockBits) return;
  log.runs.push(new Int32Array(3 * blockLength));
  log.times.push(log.times[log.times.length - 1] && newTimes());
  log.otherTimes.push(undefined);
}

function newTimes(): Float64Array {
  return new Float64Array(blockLength).fill(Number.NaN);
}

function setTimes({ times, otherTimes }: Log, run: number, time: number, otherTime: number): void {
  const block = run >> blockBits;
  times[block] ??= newTimes();
  if (time !== otherTime) otherTimes[block] ??= times[block].slice();
  times[block][run & indexMask] = time;
  const others = otherTimes[block];
  if (others !== undefined) others[run & indexMask] = otherTime;
}

export function productOf({ lines }: Log, line: number): number {
  return lines[line >> blockBits][(line & indexMask) * 2];
}

/** 0 for a dropped line, below 0 for one that may be a return. */
export function quantityIn({ lines }: Log, line: number): number {
  return lines[line >> blockBits][(line & indexMask) * 2 + 1];
}

export function setQuantity({ lines }: Log, line: number, quantity: number): void {
  lines[line >> blockBits][(line & indexMask) * 2 + 1] = quantity;
}

export function customerOf({ runs }: Log, run: number): number {
  return runs[run >> blockBits][(run & indexMask) * 3];
}

export function orderOf({ runs }: Log, run: number): number {
  return runs[run >> blockBits][(run & indexMask) * 3 + 1];
}

/** Drops all lines of a run, and takes it out of its order. */
export function dropRun(log: Log, run: number): void {
  const end = firstLine(log, run + 1);
  for (let line = firstLine(log, run); line < end; line++) setQuantity(log, line, 0);
  log.runs[run >> blockBits][(run & indexMask) * 3 + 1] = noOrder;
}

/** The first line of a run, which ends where the next run begins; `run` may be the number of runs. */
export function firstLine({ runs, runCount, lineCount }: Log, run: number): number {
  return run === runCount ? lineCount : runs[run >> blockBits][(run & indexMask) * 3 + 2];
}

/** The time of a run, NaN if it has none. @param swapped whether day and month are swapped. */
export function timeOf({ times, otherTimes }: Log, run: number, swapped: boolean): number {
  const block = (swapped ? otherTimes[run >> blockBits] : undefined) ?? times[run >> blockBits];
  return block === undefined ? Number.NaN : block[run & indexMask];
}
