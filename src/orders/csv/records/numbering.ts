import { type Memory, signed } from '../../../kernel/memory.ts';
import { numberingCount, recordInts } from '../../../kernel/operations/record-layout.ts';
import { decode, encode } from '../utf8.ts';

/** What makes a clean id of a cell, such as `cleanId`; what it has cleaned it leaves as it is. */
type Clean = (cell: string) => string | undefined;

/**
 * Numbers clean ids from 0 in the order they appear, straight from the UTF-8 of their cells. `cleanRecords` of the kernel
 * uses the same table: it adds ids that are clean as they are.
 */
export interface ByteNumbering {
  /** The number of the id in a cell, a new one if the id has none; -1 if the cell contains no id. */
  number(bytes: Uint8Array, start: number, end: number): number;
  /** The ids numbered since the last call, in the order of their numbers. */
  takeNewIds(): string[];
  /** How many ids have a number. */
  count(): number;
  /** The table for the kernel; replaced as it grows. */
  readonly table: Readonly<Pick<Table, 'slots' | 'store' | 'fresh'>>;
  /** Learns the ids that the kernel has numbered since the last call. */
  learnFresh(bytes: Uint8Array): void;
  /** Makes room for a further id of the kernel's, and a cell of it. */
  makeRoom(): void;
}

/** Of a slot: id + 2 (0 if the slot is free), length of the cell, and two that identify the cell. */
const slotInts = recordInts.slot;
/** A cell of at most this many bytes is kept in its slot; for a longer one, the slot has its hash and place in the store. */
const shortBytes = 8;
/** The longest cell that the kernel adds. */
const storedBytes = 4096;
/** New ids of the kernel in one call. */
const freshRoom = 1 << 10;

/**
 * An open-addressing hash table of cells, at most two thirds full. Each distinct cell is decoded and cleaned once, and has
 * the number of its clean id. Memory: 24 to 48 bytes per distinct cell, plus the bytes of those longer than 8.
 */
interface Table {
  readonly clean: Clean;
  readonly memory: Memory;
  slots: Uint32Array;
  /** The same with signs, as JavaScript computes with 32 bits. */
  ints: Int32Array;
  /** The cells longer than `shortBytes`, end to end. */
  store: Uint8Array;
  /** Where the new ids of the kernel start and end. */
  readonly fresh: Uint32Array;
  /** See `numberingCount`. */
  readonly counts: Uint32Array;
  newIds: string[];
}

/** @param counts what the kernel knows of the table: `numberingCount`, in its memory. */
export function createByteNumbering(clean: Clean, memory: Memory, counts: Uint32Array): ByteNumbering {
  const slots = memory.allocate(Uint32Array, slotInts << 8);
  const table: Table = {
    clean,
    memory,
    slots,
    ints: signed(slots),
    store: memory.allocate(Uint8Array, 1 << 14),
    fresh: memory.allocate(Uint32Array, 2 * freshRoom),
    counts,
    newIds: [],
  };
  counts[numberingCount.slots] = slots.length / slotInts;
  counts[numberingCount.storeRoom] = table.store.length;
  counts[numberingCount.freshRoom] = freshRoom;
  return {
    table,
    count: () => counts[numberingCount.ids],
    number: (bytes, start, end) => numberIn(table, bytes, start, end),
    takeNewIds() {
      const taken = table.newIds;
      // A slice keeps V8's element kind; with [], optimized code would be thrown away.
      table.newIds = taken.slice(0, 0);
      return taken;
    },
    learnFresh(bytes) {
      const { fresh, newIds } = table;
      const end = 2 * counts[numberingCount.fresh];
      for (let at = 0; at < end; at += 2) newIds.push(decode(bytes, fresh[at], fresh[at + 1]));
      counts[numberingCount.fresh] = 0;
    },
    makeRoom() {
      makeSlots(table);
      makeStore(table, storedBytes);
    },
  };
}

// Not closures over the table: V8 compiles these once for all numberings.

function numberIn(table: Table, bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > shortBytes) return numberOfLong(table, bytes, start, end);
  const { ints } = table;
  const low = wordAt(bytes, start, end);
  const high = wordAt(bytes, start + 4, end);
  const last = ints.length - slotInts;
  let slot = (spread(low, high) * slotInts) & last;
  for (; ints[slot] !== 0; slot = (slot + slotInts) & last) {
    if (ints[slot + 2] === low && ints[slot + 3] === high && ints[slot + 1] === length) return ints[slot] - 2;
  }
  return add(table, bytes, start, end, low, high);
}

/** Up to four bytes as one number: the first is the lowest. */
function wordAt(bytes: Uint8Array, start: number, end: number): number {
  let word = 0;
  for (let at = start, shift = 0; at < end && shift < 32; at++, shift += 8) word |= bytes[at] << shift;
  return word;
}

function numberOfLong(table: Table, bytes: Uint8Array, start: number, end: number): number {
  const { ints, store, counts } = table;
  const length = end - start;
  let hash = length;
  for (let at = start; at < end; at += 4) {
    hash = Math.imul(hash ^ wordAt(bytes, at, end), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  const last = ints.length - slotInts;
  let slot = (spread(hash, 0) * slotInts) & last;
  for (; ints[slot] !== 0; slot = (slot + slotInts) & last) {
    if (ints[slot + 2] !== hash || ints[slot + 1] !== length) continue;
    let from = ints[slot + 3];
    let at = start;
    while (at < end && store[from] === bytes[at]) {
      from++;
      at++;
    }
    if (at === end) return ints[slot] - 2;
  }
  const place = counts[numberingCount.stored];
  makeStore(table, length);
  table.store.set(bytes.subarray(start, end), place);
  counts[numberingCount.stored] += length;
  return add(table, bytes, start, end, hash, place);
}

/** Adds a cell that is not in the table, with the number of its clean id. */
function add(table: Table, bytes: Uint8Array, start: number, end: number, first: number, second: number): number {
  const { counts } = table;
  const raw = decode(bytes, start, end);
  // Decoded UTF-8 is never unreadable.
  const id = table.clean(raw)!;
  let result = -1;
  if (id === raw && id !== '') {
    result = counts[numberingCount.ids]++;
    table.newIds.push(id);
  } else if (id !== '') {
    const bytesOfId = encode(id);
    result = numberIn(table, bytesOfId, 0, bytesOfId.length);
  }
  makeSlots(table);
  counts[numberingCount.cells]++;
  put(table.ints, result + 2, end - start, first, second);
  return result;
}

/** Makes room for a further cell. */
function makeSlots(table: Table): void {
  const { ints, counts } = table;
  if ((counts[numberingCount.cells] + 1) * 3 * slotInts <= ints.length * 2) return;
  const slots = table.memory.allocate(Uint32Array, ints.length * 2);
  const larger = signed(slots);
  for (let slot = 0; slot < ints.length; slot += slotInts) {
    if (ints[slot] !== 0) put(larger, ints[slot], ints[slot + 1], ints[slot + 2], ints[slot + 3]);
  }
  table.memory.free(table.slots);
  table.slots = slots;
  table.ints = larger;
  counts[numberingCount.slots] = slots.length / slotInts;
}

/** Makes room for a cell of `length` bytes. */
function makeStore(table: Table, length: number): void {
  const { store, counts } = table;
  const needed = counts[numberingCount.stored] + length;
  if (needed <= store.length) return;
  table.store = table.memory.allocate(Uint8Array, Math.max(store.length * 2, needed));
  table.store.set(store);
  table.memory.free(store);
  counts[numberingCount.storeRoom] = table.store.length;
}

function put(ints: Int32Array, entry: number, length: number, first: number, second: number): void {
  const last = ints.length - slotInts;
  let slot = (spread(first, length > shortBytes ? 0 : second) * slotInts) & last;
  while (ints[slot] !== 0) slot = (slot + slotInts) & last;
  ints[slot] = entry;
  ints[slot + 1] = length;
  ints[slot + 2] = first;
  ints[slot + 3] = second;
}

/** A hash of two numbers. */
function spread(low: number, high: number): number {
  const hash = Math.imul(low ^ Math.imul(high ^ (high >>> 15), 0x85ebca6b), 0x9e3779b1);
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ (hash >>> 13);
}
