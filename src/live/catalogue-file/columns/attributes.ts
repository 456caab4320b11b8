import { isBlank, ownCopy } from '../../../orders/cleaning/cells.ts';
import type { Look } from '../../../orders/look.ts';
import { productLimits } from '../../catalogue/limits.ts';

export type AttributeValue = string | number | boolean;

const truth = /^(true|false)$/i;
/** As JSON writes them: 007 and +5 are texts. */
const number = /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/;

/**
 * How the cells of a column of attributes are read. Text is true and false, or numbers, if all cells that are looked at are:
 * sizes such as 38 and M are texts, so that one filter finds both.
 *
 * @returns a function that returns the value of a cell that is not blank; undefined if it is none.
 */
export function valueReader({ records }: Look, column: number): (cell: unknown) => AttributeValue | undefined {
  const texts = records
    .map((cells) => cells[column])
    .filter((cell) => !isBlank(cell))
    .map((cell) => String(cell).trim());
  const areAll = (form: RegExp) => texts.length > 0 && texts.every((text) => form.test(text));
  const readText = areAll(truth) ? truthIn : areAll(number) ? numberIn : textIn;
  return (cell) => {
    if (typeof cell === 'string') return readText(cell.trim());
    const isValue = typeof cell === 'boolean' || (typeof cell === 'number' && Number.isFinite(cell));
    return isValue ? cell : undefined;
  };
}

function truthIn(text: string): boolean | undefined {
  return truth.test(text) ? text.toLowerCase() === 'true' : undefined;
}

function numberIn(text: string): number | undefined {
  return number.test(text) ? Number(text) : undefined;
}

function textIn(text: string): string | undefined {
  return text.length <= productLimits.attributeText ? ownCopy(text) : undefined;
}
