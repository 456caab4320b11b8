import { rises } from '../dataset/check.ts';

/** Strings end to end as UTF-8; string `i` is `bytes[offsets[i]] .. bytes[offsets[i + 1]]`. */
export interface PackedStrings {
  bytes: Uint8Array;
  /** Strings + 1, from 0 up to the length of `bytes`. */
  offsets: Uint32Array;
}

/** Strings that are packed at a time, and the bytes that one may take: together they stay within one JavaScript string. */
const block = 1024;
const longest = 2 ** 18;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Packs strings of any UTF-16 code units: a surrogate without its twin, which UTF-8 proper lacks, takes the three bytes
 * that UTF-8 would give its number. Throws RangeError where one has more than 87,381 characters or all take 4 GiB.
 */
export function packStrings(strings: readonly string[]): PackedStrings {
  const encoder = new TextEncoder();
  const offsets = new Uint32Array(strings.length + 1);
  const parts: Uint8Array[] = [];
  let length = 0;
  const put = (bytes: Uint8Array) => {
    parts.push(bytes);
    length += bytes.length;
    if (length >= 2 ** 32) throw new RangeError('the ids or names take 4 GiB or more');
  };
  for (let from = 0; from < strings.length; from += block) {
    const some = strings.slice(from, from + block);
    const long = some.find((text) => text.length > longest / 3);
    if (long !== undefined)
      throw new RangeError(`an id or name has ${long.length} characters: ${long.slice(0, 40)}...`);
    const joined = some.join('');
    const bytes = encoder.encode(joined);
    const ascii = bytes.length === joined.length;
    let end = length;
    if (ascii) put(bytes);
    for (const [i, text] of some.entries()) {
      if (!ascii) put(loneSurrogate.test(text) ? encodeUnits(text) : encoder.encode(text));
      end = ascii ? end + text.length : length;
      offsets[from + i + 1] = end;
    }
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, offsets };
}

/** The strings again; undefined where the offsets do not rise from 0 to the end or the bytes are not UTF-8. */
export function unpackStrings({ bytes, offsets }: PackedStrings): string[] | undefined {
  const count = offsets.length - 1;
  if (!rises(offsets, bytes.length)) return undefined;
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (from: number, to: number): string | undefined => {
    if (to - from > longest) return undefined;
    try {
      return decoder.decode(bytes.subarray(from, to));
    } catch {
      return decodeUnits(bytes, from, to);
    }
  };
  const strings: string[] = [];
  for (let from = 0; from < count; from += block) {
    const to = Math.min(from + block, count);
    const start = offsets[from];
    const joined = decode(start, offsets[to]);
    const ascii = joined?.length === offsets[to] - start;
    for (let i = from; i < to; i++) {
      const text = ascii
        ? joined.slice(offsets[i] - start, offsets[i + 1] - start)
        : decode(offsets[i], offsets[i + 1]);
      if (text === undefined) return undefined;
      strings.push(text);
    }
  }
  return strings;
}

/** UTF-8 in which lone surrogates are numbers like all others. */
function encodeUnits(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const tail = (shift: number) => 0x80 | ((code >> shift) & 0x3f);
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(0));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(6), tail(0));
    else bytes.push(0xf0 | (code >> 18), tail(12), tail(6), tail(0));
  }
  return Uint8Array.from(bytes);
}

function decodeUnits(bytes: Uint8Array, from: number, to: number): string | undefined {
  const pieces: string[] = [];
  for (let at = from; at < to; ) {
    const lead = bytes[at];
    const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    let code = size === 1 ? lead : lead & (0x7f >> size);
    for (let i = 1; i < size; i++) code = (code << 6) | (bytes[at + i] & 0x3f);
    at += size;
    if (code > 0x10ffff) return undefined;
    pieces.push(String.fromCodePoint(code));
  }
  const text = pieces.join('');
  // What was decoded loosely must come out as the very same bytes: no overlong form, no stray or missing byte.
  const again = encodeUnits(text);
  return again.length === to - from && again.every((byte, i) => byte === bytes[from + i]) ? text : undefined;
}
