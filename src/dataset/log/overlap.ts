import { mix } from '../../hash.ts';
import { noOrder } from '../../orders/cleaning/lines.ts';
import { dayMs } from '../../orders/times/calendar.ts';
import { customerOf, firstLine, type Log, orderOf, productOf, quantityIn, setQuantity, timeOf } from './log.ts';

/** What a record of a file is: customer and product number, quantity, order (see `orderNumber`), and time. */
type RecordKey = readonly [customer: number, product: number, quantity: number, order: number, time: number];

/** Counts equal records in files. */
export interface FileCounts {
  /** Counts a record of the current file; false if an earlier file has as many that equal it. */
  isNew(...key: RecordKey): boolean;
  /** Begins the next file. */
  nextFile(): void;
}

/** Of a slot: two words of the hash, the number of the file that had it last, its count there, and the most of any earlier file. */
const slotInts = 5;

/**
 * Counts equal records of several files by a 64-bit hash: the k-th one in a file is new if k is more than any earlier file
 * had. Times count by day, since one export may have dates where another one has times. A record without an order is
 * always new.
 *
 * Memory: 30 to 60 bytes for each different record.
 */
export function createFileCounts(): FileCounts {
  let slots = new Uint32Array(slotInts << 12);
  let size = 0;
  let file = 1;

  /** The index of the hash's slot, or of the free slot for it: the file of that is 0. */
  function find(low: number, high: number): number {
    const count = slots.length / slotInts;
    let slot = low % count;
    for (;;) {
      const at = slot * slotInts;
      if (slots[at + 2] === 0 || (slots[at] === low && slots[at + 1] === high)) return at;
      slot = slot + 1 === count ? 0 : slot + 1;
    }
  }

  function grow(): void {
    const old = slots;
    slots = new Uint32Array(old.length * 2);
    for (let from = 0; from < old.length; from += slotInts) {
      if (old[from + 2] !== 0) slots.set(old.subarray(from, from + slotInts), find(old[from], old[from + 1]));
    }
  }

  return {
    isNew(customer, product, quantity, order, time) {
      if (order === noOrder) return true;
      const day = Number.isNaN(time) ? -1 : Math.floor(time / dayMs);
      const parts = [customer, product, quantity, order, day];
      const low = parts.reduce((hash, part) => mix(hash ^ part), 0);
      const high = parts.reduce((hash, part) => mix(Math.imul(hash, 31) + part), 0x9747b28c);
      const at = find(low, high);
      if (slots[at + 2] !== file) {
        if (slots[at + 2] === 0) size++;
        slots[at] = low;
        slots[at + 1] = high;
        slots[at + 4] = Math.max(slots[at + 4], slots[at + 3]);
        slots[at + 3] = 0;
        slots[at + 2] = file;
      }
      const isNew = ++slots[at + 3] > slots[at + 4];
      if (size * slotInts * 3 > slots.length * 2) grow();
      return isNew;
    },
    nextFile() {
      file++;
    },
  };
}

/**
 * Drops the lines of the runs from `firstRun` on that an earlier file has.
 *
 * @returns the number of them, and which of the lines with a quantity below zero they are, counted from 0.
 */
export function dropOverlap(log: Log, firstRun: number, counts: FileCounts): { lines: number; negative: number[] } {
  const dropped = { lines: 0, negative: [] as number[] };
  let negative = 0;
  for (let run = firstRun; run < log.runCount; run++) {
    const end = firstLine(log, run + 1);
    const [customer, order, time] = [customerOf(log, run), orderOf(log, run), timeOf(log, run, false)];
    for (let line = firstLine(log, run); line < end; line++) {
      const quantity = quantityIn(log, line);
      if (quantity < 0) negative++;
      if (counts.isNew(customer, productOf(log, line), quantity, order, time)) continue;
      if (quantity < 0) dropped.negative.push(negative - 1);
      setQuantity(log, line, 0);
      dropped.lines++;
    }
  }
  return dropped;
}
