import { sharedRows, withRoom } from '../../dataset/arrays.ts';
import type { ProductInfo } from '../../dataset/dataset.ts';
import type { PackedTexts } from '../../dataset/texts/packed.ts';
import { mix } from '../../hash.ts';
import { sharedBuffer } from '../../kernel/memory.ts';
import { finish } from '../../turns.ts';

/** The words of the products' names by which a list of them may look like one product ten times. */
export interface SharedWords {
  /** products + 1: the words of product row `p` are at `offsets[p] .. offsets[p + 1]` in `words`. */
  readonly offsets: Uint32Array;
  /** Numbers from 0 to `count - 1`; no product has one twice. */
  readonly words: Uint32Array;
  readonly count: number;
}

/** What products are called, by row. */
export interface Names {
  readonly length: number;
  at(row: number): string | undefined;
  /** The same as bytes, if they are; names that are unknown are empty. */
  packed(): PackedTexts | undefined;
}

/** Shorter ones are sizes, units, and articles. */
const minLetters = 4;
/** A word of more names than this share of all is the brand or says what the shop sells. */
const maxShare = 0.2;
/** The shortest list that is looked at may have three names with a word; a word of fewer names cannot matter. */
const minNames = 4;

/** Undefined if no two lists could differ by their words: products have no names, or names no words in common. */
export function sharedWordsOf(productInfo: readonly Pick<ProductInfo, 'name'>[]): SharedWords | undefined {
  const names = productInfo.map(({ name }) => name);
  return finish(sharedWordsIn({ length: names.length, at: (row) => names[row], packed: () => undefined }));
}

/** The same a piece at a time, for those who have others waiting. @param names of the products, by row. */
export function* sharedWordsIn(names: Names): Generator<undefined, SharedWords | undefined> {
  const numberOf = createNumbering();
  /** By the number of a word: the names that have it, and one past the last product whose name has it. */
  let counts = sharedRows(1024);
  let last = sharedRows(1024);
  let numbered = 0;
  /** The words of the names, end to end, and where those of each product end. */
  let all = sharedRows(1024);
  let length = 0;
  const ends = sharedRows(names.length);
  const found: Found = (row, bytes, from, to) => {
    const number = numberOf(bytes, from, to);
    if (number === numbered) {
      counts = withRoom(counts, number);
      last = withRoom(last, number);
      numbered++;
    }
    if (last[number] > row) return;
    last[number] = row + 1;
    counts[number]++;
    all = withRoom(all, length);
    all[length++] = number;
    ends[row] = length;
  };
  let scratch = new Uint8Array(2 ** 16);
  const scratchEnds = new Uint32Array(blockNames);
  for (let first = 0; first < names.length; first += blockNames) {
    yield;
    const size = Math.min(blockNames, names.length - first);
    const packed = names.packed();
    if (packed) scratch = withRoom(scratch, packed.ends[first + size - 1] - packed.starts[first]);
    const isAscii = packed && lowerCase(packed, first, size, scratch, scratchEnds);
    const foundHere: Found = (row, bytes, from, to) => found(first + row, bytes, from, to);
    if (isAscii) eachAsciiWord(scratch, scratchEnds.subarray(0, size), foundHere);
    else
      eachWord(
        Array.from({ length: size }, (_, row) => (names.at(first + row) ?? '').toLowerCase()),
        foundHere,
      );
  }
  for (let row = 1; row < ends.length; row++) ends[row] = Math.max(ends[row], ends[row - 1]);
  yield;
  const numbers = new Int32Array(numbered).fill(-1);
  let count = 0;
  let shared = 0;
  for (let word = 0; word < numbered; word++) {
    if (counts[word] < minNames || counts[word] > maxShare * names.length) continue;
    numbers[word] = count++;
    shared += counts[word];
  }
  if (count === 0) return undefined;
  const offsets = sharedRows(names.length + 1);
  const words = sharedRows(shared);
  for (let row = 0, at = 0, end = 0; row < names.length; row++) {
    if (row % (16 * blockNames) === 0) yield;
    for (; at < ends[row]; at++) if (numbers[all[at]] >= 0) words[end++] = numbers[all[at]];
    offsets[row + 1] = end;
  }
  return { offsets, words, count };
}

/** Called with a word in UTF-8, `bytes[from] .. bytes[to]`. */
type Found = (row: number, bytes: Uint8Array, from: number, to: number) => void;

/** Names that are turned into bytes at once. */
const blockNames = 1024;
const encoder = new TextEncoder();
const [zero, nine, a, z, upperA, upperZ] = encoder.encode('09azAZ');

/** Finds the words with a letter, in names in lower case: numbers are sizes and codes. */
function eachWord(names: readonly string[], found: Found): void {
  const text = names.join('');
  const bytes = encoder.encode(text);
  if (bytes.length !== text.length) {
    for (const [row, name] of names.entries())
      for (const word of name.split(/[^\p{L}\p{N}]+/u)) {
        const own = encoder.encode(word);
        if (word.length >= minLetters && /\p{L}/u.test(word)) found(row, own, 0, own.length);
      }
    return;
  }
  let end = 0;
  eachAsciiWord(
    bytes,
    names.map(({ length }) => (end += length)),
    found,
  );
}

/** The same for ASCII in a tenth of the time. @param ends of the names, which follow each other. */
function eachAsciiWord(bytes: Uint8Array, ends: ArrayLike<number>, found: Found): void {
  for (let row = 0, end = 0; row < ends.length; row++) {
    let from = end;
    end = ends[row];
    let hasLetter = false;
    for (let at = from; at <= end; at++) {
      const byte = at < end ? bytes[at] : 0;
      if (byte >= a && byte <= z) hasLetter = true;
      else if (!(byte >= zero && byte <= nine)) {
        if (hasLetter && at - from >= minLetters) found(row, bytes, from, at);
        hasLetter = false;
        from = at + 1;
      }
    }
  }
}

/** Writes some names end to end, in lower case; false if not all are ASCII. @param bytes has room for them, as `ends` has. */
function lowerCase(
  { bytes: from, starts, ends: all }: PackedTexts,
  first: number,
  size: number,
  bytes: Uint8Array,
  ends: Uint32Array,
): boolean {
  const begin = starts[first];
  const length = all[first + size - 1] - begin;
  for (let at = 0; at < length; at++) {
    const byte = from[begin + at];
    if (byte >= 0x80) return false;
    bytes[at] = byte >= upperA && byte <= upperZ ? byte + a - upperA : byte;
  }
  for (let row = 0; row < size; row++) ends[row] = all[first + row] - begin;
  return true;
}

/**
 * Numbers words from 0, in the order in which they are first seen. It keeps them end to end: a string or an array of each would
 * be a million objects.
 */
function createNumbering(): (bytes: Uint8Array, from: number, to: number) => number {
  let letters = new Uint8Array(sharedBuffer(2 ** 14));
  /** Where each word ends in `letters`, by its number and 1: it begins where the one before ends. */
  let ends = sharedRows(1024);
  let hashes = sharedRows(1024);
  let count = 0;
  /** One more than the number of the word in each slot; 0 if it is free. */
  let slots = sharedRows(1024);

  function place(number: number): void {
    let slot = hashes[number] & (slots.length - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = number + 1;
  }

  function isAt(number: number, bytes: Uint8Array, from: number, to: number): boolean {
    const begin = ends[number];
    if (ends[number + 1] - begin !== to - from) return false;
    for (let i = from; i < to; i++) if (letters[begin + i - from] !== bytes[i]) return false;
    return true;
  }

  function keep(bytes: Uint8Array, from: number, to: number): void {
    const begin = ends[count];
    const end = begin + to - from;
    letters = withRoom(letters, end);
    for (let i = from; i < to; i++) letters[begin + i - from] = bytes[i];
    ends = withRoom(ends, count + 1);
    ends[count + 1] = end;
  }

  return (bytes, from, to) => {
    const mask = slots.length - 1;
    const hash = hashOf(bytes, from, to);
    for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const number = slots[slot] - 1;
      if (hashes[number] === hash && isAt(number, bytes, from, to)) return number;
    }
    keep(bytes, from, to);
    hashes = withRoom(hashes, count);
    hashes[count] = hash;
    count++;
    if (2 * count > slots.length) {
      slots = sharedRows(2 * slots.length);
      for (let each = 0; each < count - 1; each++) place(each);
    }
    place(count - 1);
    return count - 1;
  };
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  return mix(hash);
}

/** The shortest and the longest list that people look at as a whole. */
const shortest = 5;
const longest = 50;

/** How many products of a list of `n` may share a word: six of ten. Infinity for lists that nobody looks at as a whole. */
export function maxSharing(n: number): number {
  return n >= shortest && n <= longest ? Math.ceil(0.6 * n) : Infinity;
}

/** Counts the words of a list; kept from list to list. */
export interface WordCounter {
  /** Begins a list. */
  begin(): void;
  /** Adds a product, unless more than `limit` would share one of its words; returns whether it was added. */
  addWithin(row: number, limit: number): boolean;
  /** Adds a product whatever its words. */
  add(row: number): void;
}

/** Above every limit. */
const room = 2 ** 16;

export function createWordCounter({ offsets, words, count }: SharedWords): WordCounter {
  /** `list * room` plus how many products of the list have the word; of an earlier list if less. */
  const counts = new Float64Array(count);
  let base = 0;
  function add(row: number): void {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) counts[words[at]] = Math.max(counts[words[at]], base) + 1;
  }
  return {
    begin() {
      base += room;
    },
    addWithin(row, limit) {
      for (let at = offsets[row]; at < offsets[row + 1]; at++) if (counts[words[at]] >= base + limit) return false;
      add(row);
      return true;
    },
    add,
  };
}
