/** Cells of CSV that people open with spreadsheets. */

/**
 * Where a spreadsheet would see a formula: = + - @, in full width too, at the beginning of a cell, or after what ends a
 * cell for a spreadsheet that does not separate cells by commas. Some drop a tab or a line break at the beginning.
 */
const formulaStart = /^(?=[\t\r\n]|\s*[=+\-@＝＋－＠])|(?=[=+\-@＝＋－＠])(?<=[;\t\r\n]\s*)/g;
/** A number is not a formula, whatever its sign. */
const plainNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * A cell of text. Unless it is to be raw, an apostrophe before the beginning of a formula and quotes around the cell make
 * spreadsheets show it as text, as OWASP advises: https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvCell(text: string, raw: boolean): string {
  const safe = raw || plainNumber.test(text) ? text : text.replace(formulaStart, "'");
  return safe !== text || /[",\r\n]|^\s|\s$/.test(text) ? `"${safe.replaceAll('"', '""')}"` : text;
}
