/** Field types of Thrift's compact protocol, as far as Parquet uses them. */
const [stop, yes, no, byte, i16, i32, i64, double, binary, list, struct] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12];
/** The deepest struct of the format, a bounding box in the statistics of a column, is at level 5. */
const maxDepth = 16;

/**
 * Where the struct of Thrift's compact protocol that begins at `start` ends. Walks over it without building anything, so
 * that a parser that believes what a list or a text says about its length can then read it: each has its bytes, and no
 * number is longer than its type.
 *
 * @param maxValues bounds what parsing costs: each value takes up to 200 bytes of memory.
 * @throws Error if the struct goes beyond `bytes` or these bounds.
 */
export function structEnd(bytes: Uint8Array, start: number, maxValues: number): number {
  let at = start;
  let values = 0;

  function next(): number {
    if (at >= bytes.length) throw new Error('a header goes beyond its end');
    return bytes[at++];
  }

  /** A number of at most `maxBytes` bytes; exact below 2^53. */
  function varint(maxBytes: number): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < maxBytes; i++) {
      const code = next();
      value += (code & 127) * unit;
      if (code < 128) return value;
      unit *= 128;
    }
    throw new Error('a header has a number of too many bytes');
  }

  function skip(length: number): void {
    if (length > bytes.length - at)
      throw new Error(`a header claims ${length} bytes where ${bytes.length - at} are left`);
    at += length;
  }

  function skipValue(type: number, inList: boolean, depth: number): void {
    if (++values > maxValues) throw new Error(`a header has more than ${maxValues} values`);
    if (depth > maxDepth) throw new Error('a header is nested too deeply');
    if (type === yes || type === no) skip(inList ? 1 : 0);
    else if (type === byte) skip(1);
    else if (type === i16 || type === i32) varint(5);
    else if (type === i64) varint(10);
    else if (type === double) skip(8);
    else if (type === binary) skip(varint(5));
    else if (type === list) skipList(depth);
    else if (type === struct) skipStruct(depth);
    else throw new Error(`a header has a value of the unknown type ${type}`);
  }

  function skipList(depth: number): void {
    const head = next();
    const length = head >> 4 === 15 ? varint(5) : head >> 4;
    // Every element takes a byte or more.
    if (length > bytes.length - at)
      throw new Error(`a header claims a list of ${length} where ${bytes.length - at} bytes are left`);
    for (let i = 0; i < length; i++) skipValue(head & 15, true, depth + 1);
  }

  function skipStruct(depth: number): void {
    for (;;) {
      const head = next();
      if ((head & 15) === stop) return;
      if (head >> 4 === 0) varint(5);
      skipValue(head & 15, false, depth + 1);
    }
  }

  skipStruct(0);
  return at;
}
