/**
 * Values as the pages of Parquet have them. The hybrid encoding is runs of the same value, or of values one after the other,
 * in so many bits each: https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 */

/** Collects texts: the number of bytes, in 32 bits, then the bytes as UTF-8. */
export function createTexts() {
  let buffer = Buffer.allocUnsafe(1 << 12);
  let size = 0;
  return {
    add(text: string): void {
      if (size + 4 + 3 * text.length > buffer.length) {
        const larger = Buffer.allocUnsafe(2 * buffer.length + 3 * text.length);
        buffer.copy(larger, 0, 0, size);
        buffer = larger;
      }
      const length = buffer.write(text, size + 4);
      buffer.writeUInt32LE(length, size);
      size += 4 + length;
    },
    /** Valid until the next text. */
    bytes: (): Buffer => buffer.subarray(0, size),
    clear(): void {
      size = 0;
    },
  };
}

/** The first and last value in the order of their bytes. */
export interface Bounds {
  min_value: Uint8Array;
  max_value: Uint8Array;
}

/** The least and the greatest of texts in the order of their bytes, which is not that of JavaScript beyond U+FFFF. */
export function boundsOf(texts: Buffer): Bounds {
  let [least, leastEnd] = [4, 4 + texts.readUInt32LE(0)];
  let [greatest, greatestEnd] = [least, leastEnd];
  for (let start = leastEnd + 4, end = 0; start < texts.length; start = end + 4) {
    end = start + texts.readUInt32LE(start - 4);
    if (texts.compare(texts, greatest, greatestEnd, start, end) > 0) [greatest, greatestEnd] = [start, end];
    else if (texts.compare(texts, least, leastEnd, start, end) < 0) [least, leastEnd] = [start, end];
  }
  // Copies: they are written at the end of the file, and the buffer is used again.
  const copied = (start: number, end: number) => Uint8Array.from(texts.subarray(start, end));
  return { min_value: copied(least, leastEnd), max_value: copied(greatest, greatestEnd) };
}

/** How many bits a place in a dictionary takes. */
function widthOf(values: number): number {
  return Math.max(1, 32 - Math.clz32(values - 1));
}

/** The places 0, 1, 2 ... of a dictionary as often as the lengths say. */
export function runs(lengths: Uint32Array, count: number): Uint8Array {
  const width = widthOf(count);
  const out = new Uint8Array(1 + count * (5 + Math.ceil(width / 8)));
  out[0] = width;
  let at = 1;
  for (let place = 0; place < count; place++) {
    at = writeVarint(out, at, lengths[place] * 2);
    for (let bits = 0; bits < width; bits += 8) out[at++] = place >>> bits;
  }
  return out.subarray(0, at);
}

/** Places of a dictionary below `end`, which is at most 2^25, in one run. */
export function packed(values: Uint32Array, count: number, end: number): Uint8Array {
  const width = widthOf(end);
  const out = new Uint8Array(1 + 5 + Math.ceil(count / 8) * width);
  out[0] = width;
  return out.subarray(0, writePacked(out, 1, values, count, width));
}

/** Definition levels of values that may be missing: 1 for those that are there. */
export function present(flags: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(5 + Math.ceil(count / 8));
  return out.subarray(0, writePacked(out, 0, flags, count, 1));
}

/** Definition levels of so many values that are all there. */
export function allPresent(count: number): Uint8Array {
  const out = new Uint8Array(6);
  const at = writeVarint(out, 0, count * 2);
  out[at] = 1;
  return out.subarray(0, at + 1);
}

/** Repetition levels of so many lists of the same length: 0 where one begins, 1 within it. */
export function listsOf(length: number, count: number): Uint8Array {
  const out = new Uint8Array(count * 8);
  let at = 0;
  for (let list = 0; list < count; list++) {
    out[at++] = 1 * 2;
    out[at++] = 0;
    if (length === 1) continue;
    at = writeVarint(out, at, (length - 1) * 2);
    out[at++] = 1;
  }
  return out.subarray(0, at);
}

function writePacked(
  out: Uint8Array,
  from: number,
  values: Uint32Array | Uint8Array,
  count: number,
  width: number,
): number {
  const groups = Math.ceil(count / 8);
  let at = writeVarint(out, from, groups * 2 + 1);
  const end = at + groups * width;
  let [bits, held] = [0, 0];
  for (let i = 0; i < count; i++) {
    // Places take 25 bits or less: with 7 that are held they fit into 32.
    bits |= values[i] << held;
    for (held += width; held >= 8; held -= 8, bits >>>= 8) out[at++] = bits;
  }
  out[at] = bits;
  return end;
}

function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  for (; rest > 127; rest >>>= 7) out[at++] = rest | 128;
  out[at++] = rest;
  return at;
}
