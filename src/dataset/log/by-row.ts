import type { Numbering } from '../numbering.ts';
import { type IdRows, rowsOf } from '../sort.ts';
import { customerOf, firstLine, type Log, orderOf, productOf, quantityIn, timeOf } from './log.ts';

/**
 * The runs of a log by customer row, in the order they were read, with the lines that are not dropped. The orders of a
 * customer are spread over the log; here they are found one after the other.
 */
export interface RowRuns {
  /** Runs of row `c`: `offsets[c]` up to `offsets[c + 1]`. */
  readonly offsets: Uint32Array;
  /** The order of each run: see `OrderLine`. */
  readonly orders: Int32Array;
  /** The time of each run, NaN if it has none; absent if no run has one. */
  readonly times?: Float64Array;
  /** Where the lines of each run start; one more than there are runs. */
  readonly starts: Uint32Array;
  /** Product row and quantity of each line, as the runs of a row have them one after the other. */
  readonly products: Uint32Array;
  readonly quantities: Int32Array;
}

/** Rows, and how many runs, and lines that are not dropped, each customer number has. */
export interface Used {
  readonly customers: IdRows;
  readonly products: IdRows;
  readonly runs: Uint32Array;
  readonly lines: Uint32Array;
}

/** Lines between two yields. */
const pieceLines = 1 << 15;

/** Assigns rows to the customers and products of the lines that are not dropped. */
export function* rowsInUse(log: Log, customers: Numbering, products: Numbering): Generator<undefined, Used> {
  const runs = new Uint32Array(customers.size);
  const lines = new Uint32Array(customers.size);
  const productUsed = new Uint8Array(products.size);
  let pieceEnd = pieceLines;
  for (let run = 0; run < log.runCount; run++) {
    const customer = customerOf(log, run);
    const end = firstLine(log, run + 1);
    let kept = 0;
    for (let line = firstLine(log, run); line < end; line++) {
      if (quantityIn(log, line) === 0) continue;
      kept++;
      productUsed[productOf(log, line)] = 1;
    }
    runs[customer]++;
    lines[customer] += kept;
    if (end < pieceEnd) continue;
    pieceEnd = end + pieceLines;
    yield;
  }
  const customerUsed = Uint8Array.from(lines, (count) => (count > 0 ? 1 : 0));
  return { customers: rowsOf(customers, customerUsed), products: rowsOf(products, productUsed), runs, lines };
}

/** @param swapped whether day and month are swapped. */
export function* runsByRow(
  log: Log,
  { customers, products, runs, lines }: Used,
  swapped: boolean,
): Generator<undefined, RowRuns> {
  const rows = customers.ids.length;
  const offsets = new Uint32Array(rows + 1);
  /** By customer number: where its next run, and its next line, goes. */
  const nextRun = new Uint32Array(runs.length);
  const nextLine = new Uint32Array(runs.length);
  let lineCount = 0;
  for (let row = 0; row < rows; row++) {
    const number = customers.numbers[row];
    nextRun[number] = offsets[row];
    nextLine[number] = lineCount;
    offsets[row + 1] = offsets[row] + runs[number];
    lineCount += lines[number];
  }
  const runCount = offsets[rows];
  const byRow = {
    offsets,
    orders: new Int32Array(runCount),
    ...(log.times.some((block) => block !== undefined) && { times: new Float64Array(runCount) }),
    starts: new Uint32Array(runCount + 1),
    products: new Uint32Array(lineCount),
    quantities: new Int32Array(lineCount),
  };
  let pieceEnd = pieceLines;
  for (let run = 0; run < log.runCount; run++) {
    const customer = customerOf(log, run);
    if (lines[customer] === 0) continue;
    const place = nextRun[customer]++;
    byRow.orders[place] = orderOf(log, run);
    if (byRow.times !== undefined) byRow.times[place] = timeOf(log, run, swapped);
    let to = nextLine[customer];
    byRow.starts[place] = to;
    const end = firstLine(log, run + 1);
    for (let line = firstLine(log, run); line < end; line++) {
      const quantity = quantityIn(log, line);
      if (quantity === 0) continue;
      byRow.products[to] = products.rows[productOf(log, line)];
      byRow.quantities[to++] = quantity;
    }
    nextLine[customer] = to;
    if (end < pieceEnd) continue;
    pieceEnd = end + pieceLines;
    yield;
  }
  byRow.starts[runCount] = lineCount;
  return byRow;
}
