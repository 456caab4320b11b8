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
 * Reads as many values of the RLE and bit-packing hybrid as `values` has room for, of `width` bits each.
 *
 * @returns how many there are before the bytes end.
 * @throws Error if a run claims more.
 */
export function readHybrid(bytes: Uint8Array, start: number, end: number, width: number, values: Int32Array): number {
  let next = 0;
  for (const { packed, at, values: run } of runsIn(bytes, start, end, width, values.length)) {
    if (at + ((packed ? run * width + 7 : width + 7) >> 3) > end) break;
    if (!packed) values.fill(bitsAt(bytes, at, 0, width), next, next + run);
    else if (width <= 24) unpack(bytes, at, width, values, next, next + run);
    // 32-bit integers have no room for them besides a further byte.
    else for (let i = 0; i < run; i++) values[next + i] = bitsAt(bytes, at, i * width, width);
    next += run;
  }
  return next;
}

/** Reads packed values of 24 bits at most: in four bytes, whatever the bit they begin at. */
function unpack(bytes: Uint8Array, start: number, width: number, values: Int32Array, from: number, to: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const mask = (1 << width) - 1;
  const last = bytes.length - 4;
  for (let i = from, bit = 0; i < to; i++, bit += width) {
    const at = start + (bit >> 3);
    values[i] = at <= last ? (view.getInt32(at, true) >>> (bit & 7)) & mask : bitsAt(bytes, start, bit, width);
  }
}

/** The number in `width` bits, 32 at most, from a bit after `start` on; the first one is the lowest. */
function bitsAt(bytes: Uint8Array, start: number, bit: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i++) value |= ((bytes[start + ((bit + i) >> 3)] >> ((bit + i) & 7)) & 1) << i;
  return value;
}

/**
 * Reads definition or repetition levels, from 0 to `most`.
 *
 * @param most below 256.
 * @throws Error if there are too few, or one is higher.
 */
export function readLevels(bytes: Uint8Array, start: number, end: number, count: number, most: number): Uint8Array {
  const levels = new Int32Array(count);
  const width = 32 - Math.clz32(most);
  if (readHybrid(bytes, start, end, width, levels) < count) throw new Error('a page has too few levels');
  if (most < (1 << width) - 1 && levels.some((level) => level > most))
    throw new Error(`a page has levels above ${most}`);
  return new Uint8Array(levels);
}

/** Whether levels are one run of the highest one, as those of a page in which every slot has a value are. */
export function areAll(bytes: Uint8Array, start: number, end: number, count: number, most: number): boolean {
  const width = 32 - Math.clz32(most);
  const run = runsIn(bytes, start, end, width, count).next().value;
  return run !== undefined && !run.packed && run.values === count && run.at < end && bytes[run.at] === most;
}

/**
 * Checks the values of a page, without their levels, that hyparquet decodes. Those that are run-length encoded are single
 * bits, after their length in bytes.
 *
 * @param maxBytes the most bytes that values may take that share beginnings.
 * @throws Error
 */
export function checkValues(bytes: Uint8Array, encoding: Encoding, count: number, maxBytes: number): void {
  if (encoding === 'RLE') {
    const runs = runsIn(bytes, 4, bytes.length, 1, count);
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
