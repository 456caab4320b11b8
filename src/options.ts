import { EndcapError } from './errors.ts';
import { number } from './wording.ts';

/** The longest delay that timers take, in milliseconds, almost 25 days: longer ones fire at once. */
export const maxTimerMs = 2 ** 31 - 1;

/** An `invalid_options` error that names the option, its value, and the values it may have. */
export function invalidOption(option: string, value: unknown, expected: string): EndcapError {
  const shown = typeof value === 'string' ? `'${excerpt(value)}'` : excerpt(textOf(value));
  const problem = value === undefined ? 'it is missing' : `${shown} cannot be used`;
  return new EndcapError('invalid_options', `${option}: ${problem}; expected ${expected}`, {
    option,
    value,
    expected,
  });
}

/** The beginning of a text for a message: values come from strangers, and some have a megabyte. */
export function excerpt(text: string): string {
  return text.length > maxExcerpt ? `${text.slice(0, maxExcerpt)}...` : text;
}

const maxExcerpt = 100;

/** The first few of a list in words: `a, b, and 3 more`. */
export function firstOf(texts: readonly string[], most: number, mark = ', '): string {
  const shown = texts.slice(0, most).join(mark);
  const more = texts.length - most;
  return more > 0 ? `${shown}${mark}and ${number(more)} more` : shown;
}

/** A value of any kind in words; some objects cannot be converted to text. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'an object';
  }
}

/**
 * Checks for a whole number from `min` to `max`, and returns it.
 *
 * @throws `invalid_options`.
 */
export function wholeNumber(option: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalidOption(option, value, `a whole number from ${min} to ${max}`);
}

/**
 * Checks for a finite number from `min` to `max`, and returns it.
 *
 * @throws `invalid_options`.
 */
export function finiteNumber(option: string, value: number, min: number, max = Number.MAX_VALUE): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw invalidOption(
    option,
    value,
    max === Number.MAX_VALUE ? `a number of at least ${min}` : `a number from ${min} to ${max}`,
  );
}

/**
 * Checks for one of the allowed words, and returns it.
 *
 * @throws `invalid_options`.
 */
export function oneOf<const T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw invalidOption(option, value, allowed.map((choice) => `'${choice}'`).join(', '));
}

/**
 * Checks for an object, which options must be before any of them is read.
 *
 * @throws `invalid_options`.
 */
export function objectOfOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidOption('options', options, 'an object');
  }
}

/**
 * Refuses unknown options, so that a misspelled one is not silently replaced by a default, and what is not an object.
 *
 * @throws `invalid_options`.
 */
export function onlyKnown(options: object, known: readonly string[]): void {
  objectOfOptions(options);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined) throw invalidOption(name, value, `one of the options ${known.join(', ')}`);
  }
}

/**
 * Checks for an AbortSignal, or nothing.
 *
 * @throws `invalid_options`.
 */
export function optionalSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidOption('signal', signal, 'an AbortSignal');
}

/**
 * Checks options for functions, or nothing.
 *
 * @throws `invalid_options`.
 */
export function optionalFunctions(options: Readonly<Record<string, unknown>>): void {
  for (const [option, value] of Object.entries(options)) {
    if (value !== undefined && typeof value !== 'function') throw invalidOption(option, value, 'a function');
  }
}
