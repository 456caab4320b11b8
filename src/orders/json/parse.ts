/** JSON whose numbers keep all of their digits. */

/** A string, which is left as it is, or a number. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
const longDigits = /\d{16}/;
const wholeNumber = /^-?\d{16,}$/;

/**
 * Parses JSON. Whole numbers above 2^53, which a JavaScript number would round, become text of their digits: such ids stay
 * apart from each other.
 *
 * @throws SyntaxError if the text is not JSON.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(longDigits.test(text) ? text.replace(stringOrNumber, quoteLong) : text);
}

function quoteLong(token: string): string {
  return wholeNumber.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}
