/** Strings end to end as UTF-8: string `i` has the bytes from `offsets[i]` up to `offsets[i + 1]`. */
export interface PackedStrings {
  bytes: Uint8Array;
  /** strings + 1 values, from 0 to the length of `bytes`. */
  offsets: Uint32Array;
}

/** Strings packed at once, and the maximum bytes of one: together they fit in one JavaScript string. */
const blockStrings = 1024;
const maxBytes = 2 ** 18;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Packs strings of any UTF-16 code units. A lone surrogate, which UTF-8 does not allow, is encoded as if it were any other
 * code point, in three bytes.
 *
 * @throws RangeError if a string has more than 87,381 characters, or if they take 4 GiB or more in total.
 */
export function packStrings(strings: readonly string[]): PackedStrings {
  const encoder = new TextEncoder();
  const offsets = new Uint32Array(strings.length + 1);
  const parts: Uint8Array[] = [];
  let length = 0;
  const put = (bytes: Uint8Array) => {
    parts.push(bytes);
    length += bytes.length;
    if (length >= 2 ** 32)
      throw new RangeError('its ids or names take 4 GiB or more, but less than 4 GiB is expected; shorten them');
  };
  for (let from = 0; from < strings.length; from += blockStrings) {
    const some = strings.slice(from, from + blockStrings);
    const long = some.find((text) => text.length > maxBytes / 3);
    if (long !== undefined)
      throw new RangeError(
        `an id or name has ${long.length} characters, but at most 87,381 are expected: ${long.slice(0, 40)}...`,
      );
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

/** With more texts than so many, looking for one takes longer than it saves. */
const maxKnown = 2 ** 14;

/** Bytes that are decoded in a piece of the work, unless a single string has more. */
const bytesOfPiece = 2 ** 16;

/**
 * Unpacks strings, a piece of the work at a time; undefined if the offsets do not rise from 0 to the end, or the bytes are not
 * UTF-8.
 *
 * @param isRepeated whether most are like others, such as categories, so that memory for one of each is enough.
 */
export function* unpackStrings(
  { bytes, offsets }: PackedStrings,
  isRepeated = false,
): Generator<undefined, string[] | undefined> {
  const count = offsets.length - 1;
  if (count < 0 || offsets[0] !== 0 || offsets[count] !== bytes.length) return undefined;
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (from: number, to: number): string | undefined => {
    if (to - from > maxBytes) return undefined;
    try {
      return decoder.decode(bytes.subarray(from, to));
    } catch {
      return decodeUnits(bytes, from, to);
    }
  };
  const strings: string[] = [];
  const known = new Map<string, string>();
  const kept = (text: string): string => {
    const same = known.get(text);
    if (same !== undefined) return same;
    if (known.size < maxKnown) known.set(text, text);
    return text;
  };
  for (let from = 0, to: number; from < count; from = to) {
    to = blockEnd(offsets, from, count);
    if (to < 0) return undefined;
    const start = offsets[from];
    yield;
    const joined = decode(start, offsets[to]);
    const ascii = joined?.length === offsets[to] - start;
    for (let i = from; i < to; i++) {
      const text = ascii
        ? joined.slice(offsets[i] - start, offsets[i + 1] - start)
        : decode(offsets[i], offsets[i + 1]);
      if (text === undefined) return undefined;
      strings.push(isRepeated ? kept(text) : text);
    }
  }
  return strings;
}

/** Longer texts are decoded in one call, which takes longer to begin. */
const maxByByte = 32;
const wholeDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of bytes that `packStrings` has made, or that `isText` has looked at. */
export function textIn(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= maxByByte) {
    let text = '';
    let at = from;
    for (; at < to && bytes[at] < 0x80; at++) text += String.fromCharCode(bytes[at]);
    if (at === to) return text;
  }
  try {
    // A copy: not every decoder takes shared memory.
    return wholeDecoder.decode(bytes.slice(from, to));
  } catch {
    return decodeUnits(bytes, from, to) ?? '';
  }
}

/**
 * Whether bytes and offsets are texts, a piece of the work at a time: offsets rise from 0 to the end, and each text is UTF-8 as
 * `packStrings` makes it.
 */
export function* areTexts({ bytes, offsets }: PackedStrings): Generator<undefined, boolean> {
  const count = offsets.length - 1;
  if (count < 0 || offsets[0] !== 0 || offsets[count] !== bytes.length) return false;
  for (let from = 0, to: number; from < count; from = to) {
    to = blockEnd(offsets, from, count);
    if (to < 0) return false;
    yield;
    if (areShort(offsets, from, to) && isAscii(bytes, offsets[from], offsets[to])) continue;
    for (let i = from; i < to; i++) if (!isText(bytes, offsets[i], offsets[i + 1])) return false;
  }
  return true;
}

/** Where the strings end that are a piece of the work; -1 if their offsets do not rise. */
function blockEnd(offsets: Uint32Array, from: number, count: number): number {
  let to = Math.min(from + blockStrings, count);
  if (!risesIn(offsets, from, to)) return -1;
  while (to > from + 1 && offsets[to] - offsets[from] > bytesOfPiece) to = (from + to) >>> 1;
  return to;
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  let all = 0;
  for (let at = from; at < to; at++) all |= bytes[at];
  return all < 0x80;
}

function areShort(offsets: Uint32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (offsets[i + 1] - offsets[i] > maxBytes) return false;
  return true;
}

function isText(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > maxBytes || to > bytes.length) return false;
  if (isAscii(bytes, from, to)) return true;
  try {
    wholeDecoder.decode(bytes.slice(from, to));
    return true;
  } catch {
    return decodeUnits(bytes, from, to) !== undefined;
  }
}

/** Whether the offsets from one place up to another never decrease. */
function risesIn(offsets: Uint32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (offsets[i + 1] < offsets[i]) return false;
  return true;
}

/** UTF-8 in which a lone surrogate is encoded like any other code point. */
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
  // Encoding must give the same bytes again: no overlong forms, and no stray or missing bytes.
  const again = encodeUnits(text);
  return again.length === to - from && again.every((byte, i) => byte === bytes[from + i]) ? text : undefined;
}
