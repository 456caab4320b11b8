import { EndcapError } from '../../errors.ts';
import { excerpt, firstOf } from '../../options.ts';
import type { Condition } from '../../recommending/serving/options.ts';
import type { Columns, Kind, Test, Value } from './columns.ts';

/** A condition that was checked against the fields that there are. */
export type Checked =
  | { readonly field: string; readonly test: Test }
  | { readonly and: readonly Checked[] }
  | { readonly or: readonly Checked[] }
  | { readonly not: Checked };

/** What a request may ask of each product: checking all products takes as long as this says. */
export const maxConditions = 100;
export const maxDepth = 8;
export const maxValues = 1000;
export const maxText = 1000;

const shapes =
  '{"field": name, "equals": value}, {"field": name, "in": [values]}, {"field": name, "min": number, "max": number}, ' +
  '{"and": [conditions]}, {"or": [conditions]}, or {"not": condition}';
const kindNames: Record<Kind, readonly [one: string, many: string]> = {
  string: ['text', 'text'],
  number: ['a number', 'a number'],
  boolean: ['true or false', 'true or false'],
};

/**
 * Reads a condition of a stranger.
 *
 * @param place where it is, such as `filter`.
 * @param columns the fields that there are, and what their values are.
 * @param room conditions that it may have; what it has is taken off.
 * @throws `invalid_options` that names the place within it and what was expected.
 */
export function readCondition(
  given: unknown,
  place: string,
  columns: Pick<Columns, 'column' | 'fields'>,
  room = { conditions: maxConditions, values: maxValues },
): Checked {
  function read(value: unknown, at: string, depth: number): Checked {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(at, shapes);
    if (settled.has(value)) return value as Checked;
    if (depth > maxDepth) throw wrong(at, `conditions within at most ${maxDepth - 1} others`);
    if (--room.conditions < 0) throw wrong(place, `at most ${maxConditions} conditions in all`);
    const condition = value as Readonly<Record<string, unknown>>;
    for (const name of ['and', 'or', 'not'] as const) {
      if (condition[name] === undefined) continue;
      onlyThese(condition, [name], at);
      if (name === 'not') return { not: read(condition.not, `${at}.not`, depth + 1) };
      const list = listOf(condition[name], `${at}.${name}`, maxConditions, 'conditions');
      const checked = list.map((each, i) => read(each, `${at}.${name}[${i}]`, depth + 1));
      return name === 'and' ? { and: checked } : { or: checked };
    }
    onlyThese(condition, ['field', 'equals', 'in', 'min', 'max'], at);
    return readTest(condition, at);
  }

  function readTest(condition: Readonly<Record<string, unknown>>, at: string): Checked {
    const { field, equals, in: values, min, max } = condition;
    if (field === undefined) throw wrong(at, shapes);
    const column = typeof field === 'string' ? columns.column(field) : undefined;
    if (typeof field !== 'string' || !column) throw wrong(`${at}.field`, `one of ${firstOf(columns.fields(), 20)}`);
    const kinds = column.kinds();
    const isRange = min !== undefined || max !== undefined;
    if (Number(equals !== undefined) + Number(values !== undefined) + Number(isRange) !== 1)
      throw wrong(at, 'either equals, in, or min and max beside field');
    const names = kinds.map((kind) => kindNames[kind][0]).join(', or ');
    const checkedValue = (value: unknown, where: string): Value => {
      if (!(kinds as readonly string[]).includes(typeof value))
        throw wrong(where, `${names}, since ${field} is ${names}`);
      if (typeof value === 'string' && value.length > maxText)
        throw wrong(where, `text of at most ${maxText} characters`);
      if (typeof value === 'number' && !Number.isFinite(value)) throw wrong(where, 'a finite number');
      return value as Value;
    };
    const bound = (value: unknown, name: 'min' | 'max', otherwise: number): number => {
      if (value === undefined) return otherwise;
      if (!kinds.includes('number'))
        throw wrong(`${at}.${name}`, `equals or in, since ${field} is ${names}; only numbers have min and max`);
      if (typeof value !== 'number' || !Number.isFinite(value))
        throw wrong(`${at}.${name}`, `a number, since ${field} is a number`);
      return value;
    };
    if (isRange) {
      const range = { min: bound(min, 'min', Number.NEGATIVE_INFINITY), max: bound(max, 'max', Infinity) };
      if (range.min > range.max) throw wrong(`${at}.max`, `a number of at least ${range.min}, since that is min`);
      return { field, test: range };
    }
    const list =
      values === undefined
        ? [checkedValue(equals, `${at}.equals`)]
        : listOf(values, `${at}.in`, maxValues, 'values').map((value, i) => checkedValue(value, `${at}.in[${i}]`));
    room.values -= list.length;
    if (room.values < 0) throw wrong(place, `at most ${maxValues} values in all`);
    return { field, test: { values: new Set(list), min: Number.NaN, max: Number.NaN } };
  }

  return read(given, place, 1);
}

/** Conditions that were read before. */
const settled = new WeakSet<object>();

/** Reads a condition once for many requests, each of which may hold it within its own. Throws the same. */
export function settledCondition(...given: Parameters<typeof readCondition>): Condition {
  const checked = readCondition(...given);
  settled.add(checked);
  return checked as unknown as Condition;
}

function onlyThese(condition: object, names: readonly string[], at: string): void {
  for (const name of Object.keys(condition)) {
    if (names.includes(name)) continue;
    throw wrong(
      `${at}.${excerpt(name)}`,
      names.length > 1 ? `one of ${names.join(', ')}` : `nothing beside ${names[0]}`,
    );
  }
}

function listOf(given: unknown, at: string, max: number, what: string): readonly unknown[] {
  if (Array.isArray(given) && given.length > 0 && given.length <= max) return given;
  throw wrong(at, `a list of 1 to ${max} ${what}`);
}

/** What is wrong with a place of a request. */
export function wrong(option: string, expected: string): EndcapError {
  return new EndcapError('invalid_options', `${option}: expected ${expected}`, { option, expected });
}
