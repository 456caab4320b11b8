import { EndcapError } from '../errors.ts';
import { hashText, mix } from '../hash.ts';
import { withRoom } from './arrays.ts';
import { textIn } from './texts/strings.ts';

/** Numbers ids from 0 in the order they appear. */
export interface Numbering extends NumberedTexts {
  /**
   * The number of the id; if it has none it gets the next one.
   *
   * @throws `orders_unreadable` if there is no room for it.
   */
  number(id: string): number;
  /** The number of the id, or -1. */
  find(id: string): number;
  id(number: number): string;
  readonly size: number;
  /** Forgets all ids: whoever adds them up keeps what it needs, and has the memory for other things. */
  forget(): void;
}

/** Texts end to end as UTF-8: text `i` ends at `ends[i]`, where the next one begins. Both arrays may be longer. */
export interface NumberedTexts {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

/** Places in the bytes are 32-bit numbers. */
const maxBytes = 2 ** 32 - 1;
/** Of a table that is at most half full, slots are found by 31 bits of a hash. */
const maxIds = 2 ** 30;

/**
 * An open-addressing hash table in typed arrays, at most half full, over ids in one block of bytes: 16 to 24 bytes for each id
 * besides its own. Strings would take 40 bytes and more, and a Map has no more than 16.7 million entries.
 */
export function createNumbering(): Numbering {
  const table = emptyTable();
  /** The lines of an order follow each other, so the id is often the same as the last one. */
  let lastId = '';
  let lastNumber = -1;
  return {
    number(id) {
      if (id === lastId && lastNumber !== -1) return lastNumber;
      lastNumber = numberIn(table, id);
      lastId = id;
      return lastNumber;
    },
    find: (id) => table.slots[slotOf(table, id, mix(hashText(id)))] - 1,
    id: (number) => textIn(table.bytes, startOf(table, number), table.ends[number]),
    get size() {
      return table.size;
    },
    forget() {
      Object.assign(table, emptyTable());
      lastNumber = -1;
    },
    get bytes() {
      return table.bytes;
    },
    get ends() {
      return table.ends;
    },
  };
}

interface Table {
  size: number;
  bytes: Uint8Array;
  ends: Uint32Array;
  /** By number; may be longer. */
  hashes: Uint32Array;
  /** The number of an id plus one; 0 is free. */
  slots: Uint32Array;
}

function emptyTable(): Table {
  return {
    size: 0,
    bytes: new Uint8Array(1 << 12),
    ends: new Uint32Array(1 << 10),
    hashes: new Uint32Array(1 << 10),
    slots: new Uint32Array(1 << 11),
  };
}

// Not closures over the table: V8 compiles these once for all numberings.

function startOf({ ends }: NumberedTexts, number: number): number {
  return number === 0 ? 0 : ends[number - 1];
}

function numberIn(table: Table, id: string): number {
  const hash = mix(hashText(id));
  const slot = slotOf(table, id, hash);
  const known = table.slots[slot];
  if (known !== 0) return known - 1;
  const number = table.size;
  if (number >= maxIds) throw full(`${maxIds} distinct ids`);
  write(table, id);
  table.size++;
  table.hashes = withRoom(table.hashes, number);
  table.hashes[number] = hash;
  table.slots[slot] = number + 1;
  if (table.size * 2 > table.slots.length) grow(table);
  return number;
}

const encoder = new TextEncoder();

/** Writes the id behind the others. */
function write(table: Table, id: string): void {
  const start = startOf(table, table.size);
  const most = start + 3 * id.length;
  if (most > table.bytes.length) {
    if (most > maxBytes) throw full('4 GiB of ids');
    const larger = new Uint8Array(Math.min(maxBytes, Math.max(2 * table.bytes.length, most)));
    larger.set(table.bytes);
    table.bytes = larger;
  }
  const { bytes } = table;
  let end = start;
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i);
    if (code >= 0x80) {
      end = start + encoder.encodeInto(id, bytes.subarray(start, most)).written;
      break;
    }
    bytes[end++] = code;
  }
  table.ends = withRoom(table.ends, table.size);
  table.ends[table.size] = end;
}

/** The slot of the id, or the free slot for it. */
function slotOf(table: Table, id: string, hash: number): number {
  const { hashes, slots } = table;
  const mask = slots.length - 1;
  let slot = hash & mask;
  for (let entry = slots[slot]; entry !== 0; entry = slots[slot]) {
    if (hashes[entry - 1] === hash && isAt(table, entry - 1, id)) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

/** Whether a number is that of the id. */
function isAt(table: Table, number: number, id: string): boolean {
  const { bytes, ends } = table;
  const start = startOf(table, number);
  const end = ends[number];
  const { length } = id;
  if (end - start < length) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i];
    // Up to here all are ASCII, so that a character is a byte.
    if (byte >= 0x80) return textIn(bytes, start, end) === id;
    if (byte !== id.charCodeAt(i)) return false;
  }
  return end - start === length;
}

function grow(table: Table): void {
  const { size, hashes } = table;
  const slots = new Uint32Array(table.slots.length * 2);
  const mask = slots.length - 1;
  for (let number = 0; number < size; number++) {
    let slot = hashes[number] & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = number + 1;
  }
  table.slots = slots;
}

function full(what: string): EndcapError {
  return new EndcapError('orders_unreadable', `the orders have more than ${what}, the most that a dataset can hold`);
}
