/**
 * What the query of a page says. A form sends all of its fields, so an empty one is as one that is absent. Anything but what is
 * expected is an `invalid_options` that names it, which becomes a 400 page.
 */
import type { Context } from 'hono';
import { invalidOption, oneOf, wholeNumber } from '../../options.ts';

/** Longer than any id or search that a person types. */
const maxText = 1000;

/** A text without spaces at its ends; '' if it is absent. */
export function queryText(c: Context, name: string): string {
  const text = (c.req.query(name) ?? '').trim();
  if (text.length > maxText) throw invalidOption(name, text, `at most ${maxText} characters`);
  return text;
}

/** A whole number from `min` to `max`; `standard` if it is absent. */
export function queryNumber<Standard extends number | undefined>(
  c: Context,
  name: string,
  min: number,
  max: number,
  standard: Standard,
): number | Standard {
  const text = queryText(c, name);
  if (text === '') return standard;
  if (!/^-?\d{1,15}$/.test(text)) throw invalidOption(name, text, `a whole number from ${min} to ${max}`);
  return wholeNumber(name, Number(text), min, max);
}

/** One of the choices; `standard` if it is absent. */
export function queryChoice<const Choice extends string, Standard extends Choice | undefined>(
  c: Context,
  name: string,
  choices: readonly Choice[],
  standard: Standard,
): Choice | Standard {
  const text = queryText(c, name);
  return text === '' ? standard : oneOf(name, text, choices);
}

/** The parts of a text between commas, spaces, or line breaks, such as the products of a basket; at most `max`. */
export function queryList(c: Context, name: string, max: number): string[] {
  const parts = (c.req.query(name) ?? '').split(/[\s,]+/).filter((part) => part !== '');
  if (parts.length > max) throw invalidOption(name, `${parts.length} entries`, `at most ${max} entries`);
  return parts;
}
