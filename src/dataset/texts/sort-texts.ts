/** Sorting texts that are UTF-8 by their UTF-16 code units, as `<` does, without making strings of them. */
import type { NumberedTexts } from '../numbering.ts';

/** Fewer texts than this are compared one by one. */
const few = 12;
/** Bytes of a key, by which texts are sorted at once. */
const keyBytes = 4;
/** Where a 64-bit number has its upper half. */
const upper = new Uint8Array(Uint32Array.of(1).buffer)[0];

/**
 * The order of bytes in which UTF-8 sorts as UTF-16 does: what is beyond U+FFFF begins with F0 to F4 there, and with
 * surrogates here, which come before U+E000 and what follows, EE and EF.
 */
const rankOf = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 0xee || byte === 0xef ? byte + 5 : byte >= 0xf0 && byte <= 0xf4 ? byte - 2 : byte,
);

/**
 * Sorts the numbers of texts that are distinct, without U+0000 and lone surrogates: by four bytes at a time, which are sorted
 * as numbers. Takes 8 bytes for each besides.
 */
export function sortTexts(numbers: Uint32Array, { bytes, ends }: NumberedTexts): void {
  const keys = new Uint32Array(2 * numbers.length);
  const wide = new BigUint64Array(keys.buffer);
  const startOf = (number: number) => (number === 0 ? 0 : ends[number - 1]);

  /** The next bytes of a text as a number; a text that ends has zeros. */
  function keyOf(number: number, depth: number): number {
    const end = ends[number];
    const at = startOf(number) + depth;
    let key = 0;
    for (let i = 0; i < keyBytes; i++) key = (key << 8) | (at + i < end ? rankOf[bytes[at + i]] : 0);
    return key >>> 0;
  }

  function isBefore(number: number, other: number, depth: number): boolean {
    for (let at = depth; ; at += keyBytes) {
      const [key, otherKey] = [keyOf(number, at), keyOf(other, at)];
      if (key !== otherKey) return key < otherKey;
      // No two are equal, so this is one and the same.
      if ((key & 0xff) === 0) return false;
    }
  }

  function sortFew(from: number, to: number, depth: number): void {
    for (let i = from + 1; i < to; i++) {
      const number = numbers[i];
      let at = i;
      for (; at > from && isBefore(number, numbers[at - 1], depth); at--) numbers[at] = numbers[at - 1];
      numbers[at] = number;
    }
  }

  /** Ranges of texts that are equal up to a depth. */
  const left = [0, numbers.length, 0];
  while (left.length > 0) {
    const [from, to, depth] = left.splice(-3);
    if (to - from < few) {
      sortFew(from, to, depth);
      continue;
    }
    for (let i = from; i < to; i++) {
      keys[2 * i + upper] = keyOf(numbers[i], depth);
      keys[2 * i + 1 - upper] = numbers[i];
    }
    wide.subarray(from, to).sort();
    for (let i = from; i < to; i++) numbers[i] = keys[2 * i + 1 - upper];
    for (let i = from, begin = from; i < to; i++) {
      const key = keys[2 * i + upper];
      if (i + 1 < to && keys[2 * (i + 1) + upper] === key) continue;
      if (i > begin && (key & 0xff) !== 0) left.push(begin, i + 1, depth + keyBytes);
      begin = i + 1;
    }
  }
}
