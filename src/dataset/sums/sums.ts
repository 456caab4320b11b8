import { customerOf, firstLine, type Log, orderOf, productOf, quantityIn, timeOf } from '../log/log.ts';
import { createScratch, emptyPart, mergeLines, type Part, type PartLines } from './part.ts';

/**
 * Customers of a part: so many that a column of one takes more than 32 MiB. What is smaller, glibc takes from one heap, which it
 * cannot give back as long as anything behind it is in use: a third of the memory of a large training would be such holes.
 */
const partBits = 21;

/** Customer-product pairs, summed up from the lines of logs. Takes 4 to 28 bytes for each, as columns are needed. */
export interface Sums {
  readonly parts: readonly Part[];
  /** Customers of a part: part `i` has those from `i * partCustomers` on. */
  readonly partCustomers: number;
  /** How many pairs there are. */
  size(): number;
  /** Adds the lines of a log. */
  fold(log: Log): void;
  /** The part of a pair, and its place there; undefined if nothing was bought of it. */
  find(customer: number, product: number): { part: Part; place: number } | undefined;
}

/** @param bits of the number of a customer within a part. */
export function createSums(bits = partBits): Sums {
  const parts: Part[] = [];
  const partCustomers = 2 ** bits;

  return {
    parts,
    partCustomers,
    size: () => parts.reduce((sum, { size }) => sum + size, 0),
    fold(log) {
      const ends = countLines(log, bits);
      if (ends.length === 0) return;
      while (parts.length < ends.length) parts.push(emptyPart(partCustomers));
      const counts = Array.from(ends);
      for (let i = 1; i < ends.length; i++) ends[i] += ends[i - 1];
      const lines = linesByPart(log, ends, counts, bits);
      const mostPairs = parts.reduce((most, { size }, i) => Math.max(most, size + (counts[i] ?? 0)), 0);
      const scratch = createScratch(partCustomers, Math.max(...counts), mostPairs);
      for (const [i, count] of counts.entries())
        if (count > 0) mergeLines(parts[i], i * partCustomers, lines, ends[i] - count, ends[i], scratch);
    },
    find(customer, product) {
      const part = parts[Math.floor(customer / partCustomers)];
      if (part === undefined) return undefined;
      const place = placeIn(part, customer % partCustomers, product);
      return place < 0 ? undefined : { part, place };
    },
  };
}

function placeIn({ starts, products }: Part, customer: number, product: number): number {
  let [from, to] = [starts[customer], starts[customer + 1]];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (products[middle] < product) from = middle + 1;
    else to = middle;
  }
  return from < starts[customer + 1] && products[from] === product ? from : -1;
}

/** How many lines each part has that are not dropped. */
function countLines(log: Log, bits: number): Uint32Array {
  let counts = new Uint32Array(1);
  let parts = 0;
  for (let run = 0; run < log.runCount; run++) {
    const part = customerOf(log, run) >>> bits;
    if (part >= counts.length) {
      const larger = new Uint32Array(2 * part);
      larger.set(counts);
      counts = larger;
    }
    const end = firstLine(log, run + 1);
    for (let line = firstLine(log, run); line < end; line++) if (quantityIn(log, line) !== 0) counts[part]++;
    if (part >= parts) parts = part + 1;
  }
  return counts.subarray(0, parts);
}

function linesByPart(log: Log, ends: Uint32Array, counts: readonly number[], bits: number): PartLines {
  const next = Uint32Array.from(ends, (end, i) => end - counts[i]);
  const count = ends[ends.length - 1];
  const times = new Float64Array(count);
  const hasOthers = log.otherTimes.some((block) => block !== undefined);
  const lines = {
    customers: new Uint32Array(count),
    products: new Uint32Array(count),
    quantities: new Int32Array(count),
    orders: new Int32Array(count),
    times,
    otherTimes: hasOthers ? new Float64Array(count) : times,
  };
  for (let run = 0; run < log.runCount; run++) {
    const customer = customerOf(log, run);
    const part = customer >>> bits;
    const order = orderOf(log, run);
    const time = timeOf(log, run, false);
    const otherTime = timeOf(log, run, true);
    const end = firstLine(log, run + 1);
    for (let line = firstLine(log, run); line < end; line++) {
      const quantity = quantityIn(log, line);
      if (quantity === 0) continue;
      const to = next[part]++;
      lines.customers[to] = customer;
      lines.products[to] = productOf(log, line);
      lines.quantities[to] = quantity;
      lines.orders[to] = order;
      if (hasOthers) lines.otherTimes[to] = otherTime;
      times[to] = time;
    }
  }
  return lines;
}
