/**
 * What schemas are made of, besides what Valibot has. Its own objects and records take lists for objects, and pass over names
 * that every object inherits, such as `constructor`; its objects name one unknown field of several.
 */
import * as v from 'valibot';

export type Issue = v.BaseIssue<unknown>;

/** A number that JSON can write. */
export const number = (error?: string) => v.pipe(v.number(error), v.finite(error));

/** A whole number that is exact. */
export const int = (error?: string) => v.pipe(v.number(error), v.safeInteger(error));

const years = {
  leap: '(?:\\d\\d[2468][048]|\\d\\d[13579][26]|\\d\\d0[48]|[02468][048]00|[13579][26]00)-02-29',
  any: '\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|(?:02)-(?:0[1-9]|1\\d|2[0-8]))',
};
const minute = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const iso = new RegExp(`^(?:${years.leap}|${years.any})T(?:${minute}:[0-5]\\d(?:\\.\\d+)?(?:Z|[+-]${minute}))$`);

/** A time of ISO 8601 that is on the calendar, with its time zone. */
export const isoTime = (error: string) =>
  v.pipe(v.string(error), v.regex(iso, error), v.metadata({ format: 'date-time' }));

/** The steps from the value that was checked to what is wrong with it. */
export const pathOf = (issue: Issue): PropertyKey[] => issue.path?.map(({ key }) => key as PropertyKey) ?? [];

/** A wrong part of a value, and what was expected of it. */
export interface Wrong {
  path: PropertyKey[];
  message: string;
  /** Whether the object that it is in should not have it. */
  isUnknownField: boolean;
}

/** If a value may have one of several shapes, what is wrong by the shape it comes closest to, not "none of them fits". */
export function whatIsWrong(issues: readonly Issue[]): Wrong[] {
  return issues.flatMap((issue) => {
    const path = pathOf(issue);
    const inner = issue.type === 'union' ? (issue.issues ?? []).filter((one) => one.path) : [];
    if (inner.length > 0) return whatIsWrong(inner).map((wrong) => ({ ...wrong, path: [...path, ...wrong.path] }));
    const isUnknownField = issue.type === 'strict_object' && issue.expected === 'never';
    return [{ path, message: issue.message, isUnknownField }];
  });
}

/** Unknown fields of an object that are named. */
const maxUnknownNamed = 20;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What Valibot calls a dataset: a value, and what is wrong with it so far. */
interface Found {
  typed?: boolean;
  value: unknown;
  issues?: [Issue, ...Issue[]] | undefined;
}

type Path = [v.IssuePathItem, ...v.IssuePathItem[]];

/** An object with these fields and no others: a mistyped field is an error, not a default. */
export function exactly<const Entries extends v.ObjectEntries>(entries: Entries) {
  const names = Object.keys(entries);
  const known = new Set(names);
  const error = ({ expected }: v.StrictObjectIssue) =>
    expected === 'never' ? `one of ${names.join(', ')}` : `an object with the fields ${names.join(', ')}`;
  return checkedBy(v.strictObject(entries, error), (given, found, { check, wrong }) => {
    const value: Record<string, unknown> = {};
    found.value = value;
    for (const name of names) {
      const isGiven = Object.hasOwn(given, name);
      const of = check(entries[name], isGiven ? given[name] : undefined, name);
      if (isGiven || of !== undefined) value[name] = of;
    }
    const unknown = Object.keys(given).filter((name) => !known.has(name));
    for (const name of unknown.slice(0, maxUnknownNamed)) wrong(name, { expected: 'never' });
  });
}

/** The fields of an object, none of which is needed. */
export const optional = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.partial(v.object(entries)).entries;

/**
 * An object whose names are not known before.
 *
 * @param nameError what is expected of a name, if that is said in other words.
 */
export function record<Name extends v.GenericSchema<string, string>, Value extends v.GenericSchema>(
  name: Name,
  value: Value,
  error?: string,
  nameError = error,
) {
  return checkedBy(v.record(name, value, error), (given, found, { check, wrong }) => {
    const entries: [string, unknown][] = [];
    for (const key of Object.keys(given)) {
      if (key !== '__proto__' && v.is(name, key)) entries.push([key, check(value, given[key], key)]);
      else wrong(key, { message: nameError });
    }
    found.value = Object.fromEntries(entries);
  });
}

interface Parts {
  /** The value of a part, whose issues are those of the whole. */
  check(schema: v.GenericSchema, value: unknown, key: string): unknown;
  /** A part that should not be there. */
  wrong(key: string, how: { expected?: string; message?: string | undefined }): void;
}

/** The same schema, but that it takes objects only, and checks their parts by `run`. */
function checkedBy<Schema extends v.GenericSchema>(
  schema: Schema,
  run: (given: Record<string, unknown>, found: Found, parts: Parts) => void,
): Schema {
  const itself = {
    ...schema,
    '~run'(found: Found, config: v.Config<Issue>) {
      const given = found.value;
      const add = (other?: object) => v._addIssue(itself as v.GenericSchema, 'type', found as never, config, other);
      const step = (key: string) => ({
        type: 'object',
        origin: 'value',
        input: given,
        key,
        value: isMap(given) && given[key],
      });
      if (!isMap(given)) {
        add();
        return found;
      }
      found.typed = true;
      run(given, found, {
        check(schema, value, key) {
          const part: Found = schema['~run']({ value }, config);
          if (!part.typed) found.typed = false;
          for (const issue of part.issues ?? []) {
            const moved: Issue = { ...issue, path: [step(key), ...(issue.path ?? [])] as Path };
            if (found.issues) found.issues.push(moved);
            else found.issues = [moved];
          }
          return part.value;
        },
        wrong: (key, how) => add({ input: key, path: [step(key)], ...how }),
      });
      return found;
    },
  };
  return v._standardSchema(itself as never);
}
