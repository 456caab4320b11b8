/** JSON written as UTF-8, one text after the other in the same memory: for answers so long that strings would cost too much. */
export interface JsonBytes {
  /** Forgets what was written. */
  begin(): void;
  /** Bytes written so far. */
  length(): number;
  /** Writes bytes as they are. */
  raw(bytes: Uint8Array): void;
  /** Writes what stands from one place to another once more. */
  again(from: number, to: number): void;
  string(value: string): void;
  number(value: number): void;
  /** Writes a number rounded to seven significant digits. */
  rounded(value: number): void;
  /** Returns what stands from a place on. */
  copy(from: number): Uint8Array<ArrayBuffer>;
}

const encoder = new TextEncoder();

/** The UTF-8 of a text, for `raw`. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

const [zero, minus, point, quote, backslash, space] = utf8('0-."\\ ');
const scratch = new Uint8Array(1024);
/** Longer than any number. */
const numberLength = 32;

export function createJsonBytes(): JsonBytes {
  let bytes = new Uint8Array(65_536);
  let end = 0;

  function makeRoom(length: number): void {
    if (bytes.length - end >= length) return;
    const longer = new Uint8Array(2 * (end + length));
    longer.set(bytes.subarray(0, end));
    bytes = longer;
  }

  function raw(source: Uint8Array): void {
    const { length } = source;
    makeRoom(length);
    if (length > 24) bytes.set(source, end);
    else for (let i = 0; i < length; i++) bytes[end + i] = source[i];
    end += length;
  }

  function again(from: number, to: number): void {
    makeRoom(to - from);
    bytes.copyWithin(end, from, to);
    end += to - from;
  }

  function string(value: string): void {
    if (value.length <= scratch.length / 3 && plainString(value)) return;
    const json = JSON.stringify(value);
    // A UTF-16 code unit takes at most three bytes.
    makeRoom(3 * json.length);
    end += encoder.encodeInto(json, bytes.subarray(end)).written;
  }

  /** Writes a string of ASCII that needs no escapes: a third of the time, most of all for one put together from others. */
  function plainString(value: string): boolean {
    const { written } = encoder.encodeInto(value, scratch);
    if (written !== value.length) return false;
    makeRoom(written + 2);
    let at = end;
    bytes[at++] = quote;
    for (let i = 0; i < written; i++) {
      const byte = scratch[i];
      if (byte < space || byte === quote || byte === backslash) return false;
      bytes[at++] = byte;
    }
    bytes[at++] = quote;
    end = at;
    return true;
  }

  function number(value: number): void {
    const json = Number.isFinite(value) ? String(value) : 'null';
    makeRoom(numberLength);
    for (let i = 0; i < json.length; i++) bytes[end++] = json.charCodeAt(i);
  }

  /** Writes the last digits of a whole number below 2^31. */
  function writeDigits(number: number, count: number): void {
    let rest = number | 0;
    for (let at = end + count - 1; at >= end; at--) {
      const tenth = (rest / 10) | 0;
      bytes[at] = zero + rest - 10 * tenth;
      rest = tenth;
    }
    end += count;
  }

  /** Writes a whole number below 2^31. */
  function writeWhole(number: number): void {
    let count = 1;
    for (let power = 10; number >= power; power *= 10) count++;
    writeDigits(number, count);
  }

  function rounded(value: number): void {
    const size = Math.abs(value);
    if (!(size >= 1e-4 && size < 1e6)) {
      number(Number.isFinite(value) ? Number(value.toPrecision(7)) : value);
      return;
    }
    let scale = 1e6;
    let decimals = 6;
    for (; size * scale < 1e6; scale *= 10) decimals++;
    for (; size * scale >= 1e7; scale /= 10) decimals--;
    let digits = Math.round(size * scale) | 0;
    for (; decimals > 0 && digits % 10 === 0; digits = (digits / 10) | 0, scale /= 10) decimals--;
    makeRoom(numberLength);
    if (value < 0) bytes[end++] = minus;
    const whole = (digits / scale) | 0;
    if (whole < 10) bytes[end++] = zero + whole;
    else writeWhole(whole);
    if (decimals === 0) return;
    bytes[end++] = point;
    writeDigits(digits - whole * scale, decimals);
  }

  return {
    begin() {
      end = 0;
    },
    length: () => end,
    raw,
    again,
    string,
    number,
    rounded,
    copy: (from) => bytes.slice(from, end),
  };
}
