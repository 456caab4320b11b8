/** JSON whose numbers keep all of their digits. */

/** A string, which is left as it is, or a number. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
/** Digits that a number may have and stay exact, whatever they are. */
const exactDigits = 15;
const wholeNumber = /^-?\d{16,}$/;

/**
 * Parses JSON. Whole numbers above 2^53, which a JavaScript number would round, become text of their digits: such ids stay
 * apart from each other.
 *
 * @throws SyntaxError if the text is not JSON.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(hasLongDigits(text) ? text.replace(stringOrNumber, quoteLong) : text);
}

/** Whether more digits than are always exact follow each other. Of so many, one is at a multiple of their number. */
function hasLongDigits(text: string): boolean {
  for (let at = exactDigits; at < text.length; at += exactDigits + 1) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let from = at;
    let to = at + 1;
    while (isDigit(text.charCodeAt(from - 1))) from--;
    while (isDigit(text.charCodeAt(to))) to++;
    if (to - from > exactDigits) return true;
  }
  return false;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function quoteLong(token: string): string {
  return wholeNumber.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}
