import type { DropReason } from '../cleaning/account.ts';
import { cleanText, isBlank } from '../cleaning/cells.ts';
import type { Role } from '../columns/roles.ts';

/** Cells that may say what a record is. */
export const labelRoles = ['customer', 'product', 'order', 'time', 'name'] as const satisfies Role[];
const idRoles = ['customer', 'product', 'order', 'time'] as const satisfies Role[];
const sumRoles = ['quantity', 'price'] as const satisfies Role[];

const total =
  /^(?:(?:grand|sub|over ?all)[ -]?)?(?:totals?|totales|totali|totaal|summe|zwischensumme|gesamt(?:summe|ergebnis)?|insgesamt|somme|suma|sum|eindtotaal|合計|総計|小計)(?: g[eé]n[eé]ral| general| generale)?\s*(?:[:(].*)?$/i;
/** Codes of the letters that these words and the ones for a missing value begin with. */
const firstLetters = new Set([...'gsotzienGSOTZIEN#<'].map((letter) => letter.charCodeAt(0)));

/** Whether text that begins with this code, of UTF-8 or of UTF-16, may be a word for a total or for a missing value. */
export function mayLabelTotals(code: number): boolean {
  return code <= 32 || code > 127 || firstLetters.has(code);
}

function isTotal(text: string): boolean {
  return text !== '' && mayLabelTotals(text.charCodeAt(0)) && total.test(text);
}

/**
 * Whether a record that would be dropped has the sums of others: one of its cells says so, or it has a quantity or a price,
 * but neither customer, product, order nor time.
 */
export function hasTotals(reason: DropReason, cell: (role: Role) => unknown): boolean {
  if (reason !== 'missing customer' && reason !== 'missing product' && reason !== 'unreadable date') return false;
  if (labelRoles.some((role) => isTotal(cleanText(cell(role))))) return true;
  return idRoles.every((role) => isBlank(cell(role))) && sumRoles.some((role) => !isBlank(cell(role)));
}
