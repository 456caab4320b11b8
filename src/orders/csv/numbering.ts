import { decode } from './scan.ts';

/** What makes a clean id of a cell, such as `cleanId`; what it has cleaned it leaves as it is. */
type Clean = (cell: string) => string | undefined;

/** Numbers clean ids from 0 in the order they appear, straight from the UTF-8 of their cells. */
export interface ByteNumbering {
  /** The number of the id in a cell, a new one if the id has none; -1 if the cell contains no id. */
  number(bytes: Uint8Array, start: number, end: number): number;
  /** The ids numbered since the last call, in the order of their numbers. */
  takeNewIds(): string[];
}

/** 32-bit integers in a slot: id + 2 (0 if the slot is free), length of the cell, and two that identify the cell. */
const slotInts = 4;
/** A cell of at most this many bytes is kept in its slot; for a longer one, the slot has its hash and place in the store. */
const shortBytes = 8;

/**
 * An open-addressing hash table of cells, at most two thirds full. Each distinct cell is decoded and cleaned once, and has
 * the number of its clean id. Memory: 24 to 48 bytes per distinct cell, plus the bytes of those longer than 8.
 */
interface Table {
  readonly clean: Clean;
  slots: Int32Array;
  cells: number;
  /** The cells longer than `shortBytes`, end to end. */
  store: Uint8Array;
  stored: number;
  /** Ids that have a number. */
  size: number;
  newIds: string[];
}

export function createByteNumbering(clean: Clean): ByteNumbering {
  const table: Table = {
    clean,
    slots: new Int32Array(slotInts << 8),
    cells: 0,
    store: new Uint8Array(1 << 14),
    stored: 0,
    size: 0,
    newIds: [],
  };
  return {
    number: (bytes, start, end) => numberIn(table, bytes, start, end),
    takeNewIds() {
      const taken = table.newIds;
      // A slice keeps V8's element kind; with [], optimized code would be thrown away.
      table.newIds = taken.slice(0, 0);
      return taken;
    },
  };
}

// Not closures over the table: V8 compiles these once for all numberings.

function numberIn(table: Table, bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > shortBytes) return numberOfLong(table, bytes, start, end);
  const { slots } = table;
  let low = 0;
  let high = 0;
  const middle = length > 4 ? start + 4 : end;
  for (let at = start; at < middle; at++) low = (low << 8) | bytes[at];
  for (let at = middle; at < end; at++) high = (high << 8) | bytes[at];
  const last = slots.length - slotInts;
  let slot = (spread(low, high) * slotInts) & last;
  for (; slots[slot] !== 0; slot = (slot + slotInts) & last) {
    if (slots[slot + 2] === low && slots[slot + 3] === high && slots[slot + 1] === length) return slots[slot] - 2;
  }
  return add(table, bytes, start, end, low, high);
}

function numberOfLong(table: Table, bytes: Uint8Array, start: number, end: number): number {
  const { slots, store } = table;
  const length = end - start;
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  const last = slots.length - slotInts;
  let slot = (spread(hash, 0) * slotInts) & last;
  for (; slots[slot] !== 0; slot = (slot + slotInts) & last) {
    if (slots[slot + 2] !== hash || slots[slot + 1] !== length) continue;
    let from = slots[slot + 3];
    let at = start;
    while (at < end && store[from] === bytes[at]) {
      from++;
      at++;
    }
    if (at === end) return slots[slot] - 2;
  }
  const place = table.stored;
  table.stored += length;
  if (table.stored > store.length) {
    table.store = new Uint8Array(Math.max(store.length * 2, table.stored));
    table.store.set(store);
  }
  table.store.set(bytes.subarray(start, end), place);
  return add(table, bytes, start, end, hash, place);
}

/** Adds a cell that is not in the table, with the number of its clean id. */
function add(table: Table, bytes: Uint8Array, start: number, end: number, first: number, second: number): number {
  const raw = decode(bytes, start, end);
  // Decoded UTF-8 is never unreadable.
  const id = table.clean(raw)!;
  let result = -1;
  if (id === raw && id !== '') {
    result = table.size++;
    table.newIds.push(id);
  } else if (id !== '') {
    const bytesOfId = Uint8Array.from(Buffer.from(id));
    result = numberIn(table, bytesOfId, 0, bytesOfId.length);
  }
  if (++table.cells * 3 * slotInts > table.slots.length * 2) grow(table);
  put(table.slots, result + 2, end - start, first, second);
  return result;
}

function grow(table: Table): void {
  const before = table.slots;
  const slots = new Int32Array(before.length * 2);
  for (let slot = 0; slot < before.length; slot += slotInts) {
    if (before[slot] !== 0) put(slots, before[slot], before[slot + 1], before[slot + 2], before[slot + 3]);
  }
  table.slots = slots;
}

function put(slots: Int32Array, entry: number, length: number, first: number, second: number): void {
  const last = slots.length - slotInts;
  let slot = (spread(first, length > shortBytes ? 0 : second) * slotInts) & last;
  while (slots[slot] !== 0) slot = (slot + slotInts) & last;
  slots[slot] = entry;
  slots[slot + 1] = length;
  slots[slot + 2] = first;
  slots[slot + 3] = second;
}

/** A hash of two numbers. */
function spread(low: number, high: number): number {
  const hash = Math.imul(low ^ Math.imul(high ^ (high >>> 15), 0x85ebca6b), 0x9e3779b1);
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ (hash >>> 13);
}
