/** The shapes of values that may be anything, such as parsed JSON. A model loads without a library for this in half the time. */

import { shown } from '../../dataset/check.ts';

/** Gives a copy of the value, for which everything is read once. Throws `Misfit`. */
export type Shape = (value: unknown) => unknown;

/** What is wrong with a value, and where in it. */
export class Misfit {
  readonly path: string[] = [];
  readonly problem: string;

  constructor(value: unknown, expected: string) {
    this.problem = `expected ${expected}, received ${shown(value)}`;
  }
}

/** A finite number. */
export function number(from = -Infinity, to = Infinity): Shape {
  const least = from === Number.MIN_VALUE ? ' above 0' : from > -Infinity ? ` from ${from}` : '';
  const range = to < Infinity ? `${least} to ${to}` : least;
  return (value) => {
    if (typeof value === 'number' && Number.isFinite(value) && value >= from && value <= to) return value;
    throw new Misfit(value, `a number${range}`);
  };
}

/** A number above zero. */
export function positive(to = Infinity): Shape {
  return number(Number.MIN_VALUE, to);
}

export function whole(from: number, to = Infinity): Shape {
  return (value) => {
    if (Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to) return value;
    throw new Misfit(value, `a whole number from ${from}${to < Infinity ? ` to ${to}` : ''}`);
  };
}

export const count = whole(0);

export const text: Shape = (value) => {
  if (typeof value === 'string') return value;
  throw new Misfit(value, 'text');
};

/** Text of so many UTF-16 code units. */
export function textUpTo(most: number): Shape {
  return (value) => {
    if (typeof value !== 'string' || value.length <= most) return text(value);
    throw new Misfit(value, `text of at most ${most} characters`);
  };
}

export const nonEmptyText: Shape = (value) => {
  if (value !== '') return text(value);
  throw new Misfit(value, 'text that is not empty');
};

export const flag: Shape = (value) => {
  if (typeof value === 'boolean') return value;
  throw new Misfit(value, 'true or false');
};

/** One of these texts. */
export function oneOf(...texts: readonly string[]): Shape {
  return (value) => {
    if (texts.includes(value as string)) return value;
    throw new Misfit(value, `one of ${texts.join(', ')}`);
  };
}

/** The first of the shapes that fits. */
export function either(expected: string, ...shapes: readonly Shape[]): Shape {
  return (value) => {
    for (const shape of shapes) {
      try {
        return shape(value);
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
      }
    }
    throw new Misfit(value, expected);
  };
}

export function listOf(item: Shape, most = Infinity): Shape {
  return (value) => {
    if (!Array.isArray(value)) throw new Misfit(value, 'a list');
    if (value.length > most) throw new Misfit(value, `a list of at most ${most}`);
    return Array.from(value, (one, i) => inside(String(i), item, one));
  };
}

/** The same, of at least one. */
export function someOf(item: Shape, most = Infinity): Shape {
  const list = listOf(item, most);
  return (value) => {
    if (Array.isArray(value) && value.length === 0) throw new Misfit(value, 'a list that is not empty');
    return list(value);
  };
}

/** Values by any keys. */
export function recordOf(item: Shape, most = Infinity): Shape {
  const record = object({}, item);
  return (value) => {
    const copy = record(value) as object;
    if (Object.keys(copy).length > most) throw new Misfit(value, `an object of at most ${most} fields`);
    return copy;
  };
}

/** @param others what keys without a field have; by default, these are left out of the copy. */
export function object(fields: Readonly<Record<string, Shape>>, others?: Shape): Shape {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Misfit(value, 'an object');
    const given = value as Record<string, unknown>;
    const names = new Set([...Object.keys(fields), ...(others ? Object.keys(given) : [])]);
    const copy: [string, unknown][] = [];
    for (const name of names) {
      const shape = Object.hasOwn(fields, name) ? fields[name] : others!;
      const own = inside(name, shape, given[name]);
      if (own !== undefined) copy.push([name, own]);
    }
    return Object.fromEntries(copy);
  };
}

/** The shape, or nothing. */
export function optional(shape: Shape): Shape {
  return (value) => (value === undefined ? undefined : shape(value));
}

function inside(name: string, shape: Shape, value: unknown): unknown {
  try {
    return shape(value);
  } catch (error) {
    if (error instanceof Misfit) error.path.unshift(name);
    throw error;
  }
}
