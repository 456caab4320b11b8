/** Checks of encoded values: what they say about their own number is compared with the page before it is believed. */
import type { Encoding } from 'hyparquet';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';

/** Bit-packed values come in groups of eight, and some writers fill up the last run. */
const runPadding = 512;

/**
 * The runs of the RLE and bit-packing hybrid, until there are `count` values or the bytes end.
 *
 * @throws Error if a run goes beyond either, or there are values of more than 32 bits.
 */
function* runsIn(bytes: Uint8Array, start: number, end: number, width: number, count: number) {
  if (width > 32) throw new Error(`a page has values of ${width} bits`);
  let at = start;
  for (let seen = 0; seen < count && at < end; ) {
    let run = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end || shift > 28) throw new Error('a run goes beyond its page');
      const code = bytes[at++];
      run += (code & 127) * 2 ** shift;
      if (code < 128) break;
    }
    const packed = run % 2 === 1;
    const values = packed ? ((run - 1) / 2) * 8 : run / 2;
    // A longer run would make an array grow until V8 ends the process.
    if (values > count - seen + (packed ? runPadding : 0)) {
      throw new Error(`a run claims ${values} values where ${count - seen} are left`);
    }
    yield { packed, at, values: Math.min(values, count - seen) };
    at += packed ? (values / 8) * width : (width + 7) >> 3;
    seen += values;
  }
}

/**
 * Reads definition or repetition levels, from 0 to `most`.
 *
 * @param most below 256.
 * @throws Error if there are too few, or one is higher.
 */
export function readLevels(bytes: Uint8Array, start: number, end: number, count: number, most: number): Uint8Array {
  const levels = new Uint8Array(count);
  const width = 32 - Math.clz32(most);
  const mask = (1 << width) - 1;
  let next = 0;
  for (const { packed, at, values } of runsIn(bytes, start, end, width, count)) {
    if (at + (packed ? (values * width + 7) >> 3 : 1) > end) break;
    if (packed) {
      for (let i = 0, bit = 0; i < values; i++, bit += width) {
        const place = at + (bit >> 3);
        // Past the end there are no bits that count.
        levels[next + i] = ((bytes[place] | ((bytes[place + 1] ?? 0) << 8)) >> (bit & 7)) & mask;
      }
    } else levels.fill(bytes[at] & mask, next, next + values);
    next += values;
  }
  if (next < count) throw new Error('a page has too few levels');
  if (most < mask && levels.some((level) => level > most)) throw new Error(`a page has levels above ${most}`);
  return levels;
}

/**
 * Checks the values of a page, without their levels.
 *
 * @param bits whether run-length encoded values are single bits, after their length in bytes.
 * @param maxBytes the most bytes that values may take that share beginnings.
 * @throws Error
 */
export function checkValues(
  bytes: Uint8Array,
  encoding: Encoding,
  bits: boolean,
  count: number,
  maxBytes: number,
): void {
  if (encoding === 'RLE' || encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY') {
    const runs = runsIn(bytes, bits ? 4 : 1, bytes.length, bits ? 1 : (bytes[0] ?? 0), count);
    while (!runs.next().done);
  } else if (encoding?.startsWith('DELTA_')) {
    checkDeltaHeader(bytes, 0);
    if (encoding !== 'DELTA_BYTE_ARRAY') return;
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
    const shared = new Int32Array(count);
    deltaBinaryUnpack(reader, count, shared);
    checkDeltaHeader(bytes, reader.offset);
    const own = new Int32Array(count);
    deltaBinaryUnpack(reader, count, own);
    let total = 0;
    for (let i = 0; i < count; i++) total += Math.max(0, shared[i]) + Math.max(0, own[i]);
    if (total > maxBytes) throw new Error(`a page has ${total} bytes of values; at most ${maxBytes} fit in memory`);
  }
}

/** Checks the number of values and of miniblocks in a block: below zero, unpacking would go back and never end. */
function checkDeltaHeader(bytes: Uint8Array, start: number): void {
  let at = start;
  for (const what of ['values', 'miniblocks']) {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const code = bytes[at++];
      if (code === undefined || shift > 21) throw new Error(`a page has a block with too many ${what}`);
      number += (code & 127) * 2 ** shift;
      if (code < 128) break;
    }
    if (number === 0) throw new Error(`a page has a block without ${what}`);
  }
}
