import { cleanId } from '../values.ts';
import { decode } from './scan.ts';

/** Numbers clean ids from 0 in the order they come, straight from their UTF-8 as it stands in the cells. */
export interface ByteNumbering {
  /** The number of the id in a cell, a new one where it has none; -1 where the cell holds none. */
  number(bytes: Uint8Array, start: number, end: number): number;
  /** The ids that got their numbers since the last call. */
  fresh(): string[];
}

/** 32-bit integers of a slot: id + 2 (0 where the slot is free), length of the cell, and two that tell the cell. */
const SLOT = 4;
/** A cell of so few bytes stands in its slot; of a longer one there its hash and its place in the store. */
const SHORT = 8;

/**
 * An open-addressing table of cells, at most two thirds full. Every different cell is decoded and cleaned once, and has the
 * number of its clean id. Memory: 24 to 48 bytes for each different cell, and its own where it is longer than 8.
 */
export function createByteNumbering(): ByteNumbering {
  let slots = new Int32Array(SLOT << 8);
  let cells = 0;
  /** The cells that are longer than `SHORT`, end to end. */
  let store = new Uint8Array(1 << 14);
  let stored = 0;
  let size = 0;
  let fresh: string[] = [];

  function number(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > SHORT) return numberOfLong(bytes, start, end);
    let low = 0;
    let high = 0;
    const middle = length > 4 ? start + 4 : end;
    for (let at = start; at < middle; at++) low = (low << 8) | bytes[at];
    for (let at = middle; at < end; at++) high = (high << 8) | bytes[at];
    const last = slots.length - SLOT;
    let slot = (spread(low, high) * SLOT) & last;
    for (; slots[slot] !== 0; slot = (slot + SLOT) & last) {
      if (slots[slot + 2] === low && slots[slot + 3] === high && slots[slot + 1] === length) return slots[slot] - 2;
    }
    return add(bytes, start, end, low, high);
  }

  function numberOfLong(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
    const last = slots.length - SLOT;
    let slot = (spread(hash, 0) * SLOT) & last;
    for (; slots[slot] !== 0; slot = (slot + SLOT) & last) {
      if (slots[slot + 2] !== hash || slots[slot + 1] !== length) continue;
      let from = slots[slot + 3];
      let at = start;
      while (at < end && store[from] === bytes[at]) {
        from++;
        at++;
      }
      if (at === end) return slots[slot] - 2;
    }
    const place = stored;
    stored += length;
    if (stored > store.length) {
      const longer = new Uint8Array(Math.max(store.length * 2, stored));
      longer.set(store);
      store = longer;
    }
    store.set(bytes.subarray(start, end), place);
    return add(bytes, start, end, hash, place);
  }

  /** Gives a cell that is not in the table the number of its clean id. */
  function add(bytes: Uint8Array, start: number, end: number, first: number, second: number): number {
    const raw = decode(bytes, start, end);
    const id = cleanId(raw)!;
    let result = -1;
    if (id === raw && id !== '') {
      result = size++;
      fresh.push(id);
    } else if (id !== '') {
      const clean = Uint8Array.from(Buffer.from(id));
      result = number(clean, 0, clean.length);
    }
    if (++cells * 3 * SLOT > slots.length * 2) grow();
    put(slots, result + 2, end - start, first, second);
    return result;
  }

  function grow(): void {
    const before = slots;
    slots = new Int32Array(before.length * 2);
    for (let slot = 0; slot < before.length; slot += SLOT) {
      if (before[slot] !== 0) put(slots, before[slot], before[slot + 1], before[slot + 2], before[slot + 3]);
    }
  }

  return {
    number,
    fresh() {
      const list = fresh;
      // An empty array of the same kind inside, which compiled code need not be thrown away for.
      fresh = list.slice(0, 0);
      return list;
    },
  };
}

function put(slots: Int32Array, entry: number, length: number, first: number, second: number): void {
  const last = slots.length - SLOT;
  let slot = (spread(first, length > SHORT ? 0 : second) * SLOT) & last;
  while (slots[slot] !== 0) slot = (slot + SLOT) & last;
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
