/**
 * What the query of a page says. A form sends all of its fields, so an empty one is as one that is absent. Anything but what is
 * expected is an `invalid_options` that names it, which becomes a 400 page.
 */
import type { Context } from 'hono';
import { invalidOption, oneOf } from '../../options.ts';

/** Longer than any id or search that a person types. */
const maxText = 1000;

/** A text without spaces at its ends; '' if it is absent. */
export function queryText(c: Context, name: string): string {
  const text = (c.req.query(name) ?? '').trim();
  if (text.length > maxText) throw invalidOption(name, text, `at most ${maxText} characters`);
  return text;
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
