import { given } from '../conventions/hints.ts';
import type { Decision } from '../look.ts';
import type { Encoding } from '../options.ts';
import { copied, decode as decodeUtf8, isAscii, isUtf8 } from './utf8.ts';

/** The text of a block of whole lines; undefined if the block is UTF-8 already. */
export type Decode = (block: Uint8Array) => string | undefined;

/** Windows-1252 from 0x80 to 0x9f, which some versions of Node decode as the control characters of latin-1. */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
/** Bytes that show whether a text without a byte-order mark is UTF-16. */
const sampleBytes = 4096;

/**
 * Decides how a text is encoded from its first block, or, if this is all ASCII, from the first block that is not.
 *
 * @param decided receives the decision; again if a later block shows more.
 * @returns undefined if the bytes are not text.
 */
export function createDecode(
  first: Uint8Array,
  encoding: Encoding,
  decided: (decision: Decision) => void,
): Decode | undefined {
  const choose = (name: Exclude<Encoding, 'auto'>, why: string): Decode => {
    decided({ value: name === 'latin1' ? 'windows-1252' : name, why });
    return decoderOf(name);
  };
  const marked = markOf(first);
  if (marked === 'utf-16le' || marked === 'utf-16be') return choose(marked, 'as its byte-order mark says');
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return choose(encoding, given);
  if (first.includes(0)) {
    const wide = encoding === 'auto' && marked === undefined ? wideOf(first.subarray(0, sampleBytes)) : undefined;
    return wide === undefined ? undefined : choose(wide, 'every second byte of its digits and delimiters is zero');
  }
  if (encoding !== 'auto') return choose(encoding, given);
  if (marked === 'utf-8') return choose(marked, 'as its byte-order mark says');
  let decode: Decode | undefined;
  decided({ value: 'utf-8', why: 'all of it is ASCII' });
  return (block) => {
    if (decode === undefined && isAscii(block)) return undefined;
    decode ??=
      isUtf8(block) || isMostlyUtf8(block)
        ? choose('utf-8', 'as its characters beyond ASCII show')
        : isShiftJis(block)
          ? choose('shift-jis', 'it is not valid UTF-8, and makes words in Japanese')
          : choose('windows-1252', 'it is not valid UTF-8');
    return decode(block);
  };
}

/** The encoding that a byte-order mark names. */
export function markOf(block: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (block[0] === 0xff && block[1] === 0xfe) return 'utf-16le';
  if (block[0] === 0xfe && block[1] === 0xff) return 'utf-16be';
  return block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf ? 'utf-8' : undefined;
}

function decoderOf(encoding: Exclude<Encoding, 'auto'>): Decode {
  if (encoding === 'utf-8') return (block) => (isUtf8(block) ? undefined : decodeUtf8(block));
  if (encoding === 'windows-1252' || encoding === 'latin1') {
    const decoder = new TextDecoder('windows-1252');
    return (block) =>
      isAscii(block)
        ? undefined
        : decoder.decode(copied(block)).replace(/[\x80-\x9f]/g, (code) => windows1252[code.charCodeAt(0) - 0x80]!);
  }
  const decoder = new TextDecoder(encoding === 'shift-jis' ? 'shift_jis' : encoding);
  // A block of UTF-16 may end within a character.
  return (block) => decoder.decode(copied(block), { stream: true });
}

/** Which bytes of each two are zero in digits, delimiters and line breaks; undefined if the bytes are not such text. */
function wideOf(sample: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const zeros = [0, 0];
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2]!++;
  const encoding = zeros[1]! > zeros[0]! ? 'utf-16le' : 'utf-16be';
  if (Math.max(...zeros) < sample.length / 20 || Math.min(...zeros) * 8 > Math.max(...zeros)) return undefined;
  const text = new TextDecoder(encoding).decode(copied(sample.subarray(0, sample.length & ~1)), { stream: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: text has no others.
  return /[\0-\x08\x0e-\x1f\ufffd]/.test(text) ? undefined : encoding;
}

/** Whether more characters beyond ASCII are valid UTF-8 than broken. */
function isMostlyUtf8(block: Uint8Array): boolean {
  let whole = 0;
  let broken = 0;
  for (const character of decodeUtf8(block)) {
    if (character === '\ufffd') broken++;
    else if (character > '\x7f') whole++;
  }
  return whole > broken;
}

/**
 * Whether a text of one byte for each letter would hardly be the same bytes: in Shift-JIS most characters beyond ASCII
 * stand beside another one, and a good part of them are kana or kanji. Accents and typographic quotes stand alone, and
 * also make a kanji with the letter behind them.
 */
function isShiftJis(block: Uint8Array): boolean {
  const text = new TextDecoder('shift_jis').decode(copied(block));
  const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const beyond = count(text, /[^\0-\x7f]/g);
  const broken = count(text, /[\ufffd\ue000-\uf8ff]/g);
  const words = (text.match(/[^\0-\x7f]{2,}/g) ?? []).join('');
  // Of the half-width kana, those that are symbols in windows-1252.
  const telling = count(words, /[\u3041-\u30ff\u4e00-\u9fff\uff66-\uff7f]/g);
  return broken * 50 <= beyond && words.length * 3 >= beyond * 2 && telling * 3 >= beyond;
}
