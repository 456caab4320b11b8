import { EndcapError } from './errors.ts';

/** Throws `invalid_options` that names the option, what it was and what it may be. */
export function invalidOption(option: string, value: unknown, expected: string): EndcapError {
  const shown = typeof value === 'string' ? `'${value}'` : String(value);
  return new EndcapError('invalid_options', `${option}: ${shown} cannot be used; expected ${expected}`, {
    option,
    value,
    expected,
  });
}

/** A whole number in a range, both ends included. Throws `invalid_options`. */
export function wholeNumber(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalidOption(option, value, `a whole number from ${least} to ${most}`);
}

/** A finite number in a range, both ends included. Throws `invalid_options`. */
export function finiteNumber(option: string, value: number, least: number, most = Number.MAX_VALUE): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw invalidOption(
    option,
    value,
    most === Number.MAX_VALUE ? `a number from ${least} on` : `a number from ${least} to ${most}`,
  );
}

/** One of a few words. Throws `invalid_options`. */
export function oneOf<const T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw invalidOption(option, value, allowed.map((choice) => `'${choice}'`).join(', '));
}

/** Refuses options that do not exist, so that a typing error is not taken for a default. Throws `invalid_options`. */
export function onlyKnown(options: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !known.includes(name))
      throw invalidOption(name, value, `one of the options ${known.join(', ')}`);
  }
}
