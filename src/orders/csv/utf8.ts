/**
 * Text as UTF-8, by what browsers have as well as Node. The bytes may be in memory that threads share, which browsers neither
 * decode nor encode into: a decoder gets a copy of them.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Fewer bytes than these, if all are ASCII, are characters before a decoder has been called. */
const fewBytes = 32;

export function encode(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text of the UTF-8 at [start, end); what is none becomes replacement characters. */
export function decode(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const part = bytes.subarray(start, end);
  // In one go, since a text that grows by characters would be kept in as many pieces.
  if (part.length < fewBytes && asciiFrom(part, 0) === part.length)
    return String.fromCharCode.apply(undefined, part as unknown as number[]);
  return decoder.decode(copied(part));
}

/** The same bytes in memory of their own. A `slice` would not do: that of a `Buffer` is none. */
export function copied(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

export function isAscii(bytes: Uint8Array): boolean {
  return beyondAscii(bytes, 0) === bytes.length;
}

/** Where the next byte beyond ASCII is, at `from` or later; the length if there is none. */
function beyondAscii(bytes: Uint8Array, from: number): number {
  const { buffer, byteOffset, length } = bytes;
  let at = from;
  while (at < length && (byteOffset + at) % 4 !== 0) if (bytes[at++] > 127) return at - 1;
  if (length - at < 4) return asciiFrom(bytes, at);
  const words = new Int32Array(buffer, byteOffset + at, (length - at) >> 2);
  let word = 0;
  while (word < words.length && (words[word] & 0x80808080) === 0) word++;
  return asciiFrom(bytes, at + 4 * word);
}

function asciiFrom(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] < 128) at++;
  return at;
}

/** Whether the bytes are whole and valid characters of UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  for (let at = beyondAscii(bytes, 0); at < bytes.length; ) {
    const length = characterAt(bytes, at);
    if (length === 0) return false;
    at += length;
    if (bytes[at] < 128) at = beyondAscii(bytes, at);
  }
  return true;
}

/** How many bytes the character at `at`, which is beyond ASCII, takes; 0 if it is broken. */
function characterAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  const second = bytes[at + 1];
  // Neither longer than it has to be, nor half of a surrogate pair, nor beyond Unicode.
  const isGood =
    first >= 0xc2 &&
    first <= 0xf4 &&
    isFurther(second) &&
    !(first === 0xe0 && second < 0xa0) &&
    !(first === 0xed && second > 0x9f) &&
    !(first === 0xf0 && second < 0x90) &&
    !(first === 0xf4 && second > 0x8f);
  if (!isGood) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let i = 2; i < length; i++) if (!isFurther(bytes[at + i])) return 0;
  return length;
}

/** Of a byte past the end, too, which is none. */
function isFurther(byte: number | undefined): boolean {
  return byte !== undefined && byte >> 6 === 2;
}
