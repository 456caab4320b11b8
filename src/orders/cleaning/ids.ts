import { missingWords } from './cells.ts';

/** The number of the rules by which ids are cleaned; a model keeps it, so that requests are cleaned as its orders were. */
export const idCleaning = 1;

/** Half of a character beyond 16 bits. No file of UTF-8 can hold it: written to one, different ids become equal. */
const loneSurrogate = /\p{Surrogate}/u;

/** Printable ASCII that cleaning leaves alone but for a zero fraction and the words for a missing value. */
const plain = /^[!-&(-<>-~](?:[ -~]*[!-~])?$/;
const zeroFraction = /^(-?\d+)\.0+$/;

/** `="00017"` and `=00017`, which keep a spreadsheet from taking an id for a number. */
const formula = /^="([^"]*)"$|^=(\d+)$/s;
/** `'00017`, to the same end. Names such as `'t Hoekje` keep theirs. */
const leadingApostrophe = /^'(?=[^'\s]*\d)[^'\s]+$/;

/** Scripts whose letters look different beside a joiner. */
const joiningScripts =
  'Arabic Syriac Mongolian Nko Mandaic Adlam Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam ' +
  'Sinhala Khmer Myanmar Tibetan Balinese Javanese';
const joiningLetter = `[${joiningScripts.replace(/\w+/g, '\\p{Script=$&}').replaceAll(' ', '')}]`;
const emojiBefore = '[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f]';
/**
 * Characters that nobody sees: controls but for blanks, and those that only steer how text is set. Joiners stay where they
 * change what is seen: between emoji, and beside letters that join. So do the tags of flags such as that of Wales.
 */
const invisible = new RegExp(
  // Whatever may be one; asking this first takes a third of the time.
  `(?=[\\p{Cc}\\p{Cf}\\u034f])(?:${[
    '(?!\\s)\\p{Cc}',
    '[\\u034f\\ufff9-\\ufffb]',
    '(?![\\u200c\\u200d\\u{e0020}-\\u{e007f}])(?=\\p{Default_Ignorable_Code_Point})\\p{Cf}',
    `(?<!${joiningLetter})\\u200c(?!${joiningLetter})`,
    `(?<!${joiningLetter})(?<!${emojiBefore}(?=\\u200d\\p{Extended_Pictographic}))\\u200d(?!${joiningLetter})`,
    // Flags take up to seven tags. Without a bound, a text of nothing but tags takes the square of its length.
    '(?<!\\u{1f3f4}[\\u{e0020}-\\u{e007f}]{0,7})[\\u{e0020}-\\u{e007f}]',
  ].join('|')})`,
  'gu',
);
/** Blanks that differ from a plain one only in that no line breaks at them. */
const noBreakBlank = /[\u00a0\u202f]/g;

/** Looking for the end before the dot keeps the time linear: any client may send an id. */
const emailAddress = /^[^\s@]+@(?=[^\s@]+$)[^@]+\.[^@]/;

/** More marks on one letter than any writing has (Unicode's stream-safe format). Sorting them takes the square of their number. */
const endlessMarks = /\p{M}{31}/u;

/**
 * The id of a product or an order as clean text: without blanks around it and characters that nobody sees, in Unicode's
 * composed form (NFC), a number as its digits (`17850.0` as `17850`), and without what keeps a spreadsheet from taking it
 * for a number (`="00017"`, `'00017`). A clean id stays as it is. '' if the id is missing. Undefined if the cell cannot be
 * an id: an object, a list, a boolean, text with half a character, or a number above 2^53, which has already lost its last
 * digits; as text or bigint it has them all.
 */
export function cleanId(cell: unknown): string | undefined {
  if (typeof cell === 'string') return cleanIdText(cell);
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') {
    if (Number.isNaN(cell)) return '';
    return Math.abs(cell) > Number.MAX_SAFE_INTEGER ? undefined : String(cell);
  }
  return typeof cell === 'bigint' ? String(cell) : undefined;
}

/** The id of a customer: as `cleanId`, and an email address in lower case, which is one mailbox however it is written. */
export function cleanCustomerId(cell: unknown): string | undefined {
  const id = cleanId(cell);
  if (id === undefined || !id.includes('@') || !emailAddress.test(id)) return id;
  return composed(id.toLowerCase());
}

/** Text without the characters that nobody sees. */
export function withoutInvisible(text: string): string {
  return text.replace(invisible, '');
}

/** Text in Unicode's composed form (NFC), unless it is not language. */
function composed(text: string): string {
  return endlessMarks.test(text) ? text : text.normalize();
}

function cleanIdText(text: string): string | undefined {
  let id = text;
  if (!plain.test(id)) {
    // One step may make room for the next: `="'00017"`.
    for (let before = ''; id !== before; ) {
      before = id;
      id = unprotected(composed(withoutInvisible(id)).replace(noBreakBlank, ' ').trim());
    }
    if (loneSurrogate.test(id)) return undefined;
  }
  if (id.charCodeAt(id.length - 1) === 48) id = id.replace(zeroFraction, '$1');
  return id.length <= 4 && missingWords.has(id) ? '' : id;
}

/** Text without what keeps a spreadsheet from taking it for a number. */
function unprotected(text: string): string {
  if (text.startsWith('=')) return text.replace(formula, (_, quoted, bare) => quoted ?? bare);
  return leadingApostrophe.test(text) ? text.slice(1) : text;
}
