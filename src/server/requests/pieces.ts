/** Bodies with many entries are checked an entry at a time, so that other requests have their turn in between. */
import * as z from 'zod';
import { maxNamed } from '../../live/scenarios/settings.ts';
import { maxRequestLines } from '../../live/store/store.ts';
import { createPauses } from '../../turns.ts';
import { maxFieldsListed } from '../failures.ts';

/** What a body holds, or what is wrong with it: up to as many issues as are reported, or some more. */
interface Result {
  data?: object;
  issues?: z.core.$ZodIssue[];
}

export function checkedNow(schema: z.ZodType, body: unknown): Result {
  const { data, error } = z.safeParse(schema, body);
  return error ? { issues: error.issues } : { data: data as object };
}

/** The same as `checkedNow` says of a body without more wrong entries than are reported. */
export async function checkedInTurns(schema: z.ZodType, body: unknown): Promise<Result> {
  if (!(schema instanceof z.ZodObject) || !isMap(body)) return checkedNow(schema, body);
  const pause = createPauses();
  const rest: Record<string, unknown> = { ...body };
  const done: Record<string, unknown> = {};
  const wrong: z.core.$ZodIssue[] = [];

  async function check(field: string, entries: Iterable<[PropertyKey, unknown]>, schema: z.core.$ZodType) {
    const all: [PropertyKey, unknown][] = [];
    for (const [name, entry] of entries) {
      const { data, error } = z.safeParse(schema, entry);
      for (const issue of error?.issues ?? []) wrong.push({ ...issue, path: [field, name, ...issue.path] });
      if (wrong.length >= maxFieldsListed) break;
      all.push([name, data]);
      await pause();
    }
    return all;
  }

  for (const [field, its] of Object.entries(schema.shape)) {
    const of = its instanceof z.ZodOptional ? its.unwrap() : its;
    const value = rest[field];
    if (of instanceof z.ZodArray && of.element instanceof z.ZodObject && Array.isArray(value)) {
      if (value.length < 1 || value.length > maxRequestLines) continue;
      done[field] = (await check(field, value.entries(), of.element)).map(([, entry]) => entry);
      rest[field] = value.slice(0, 1);
    } else if (of instanceof z.ZodRecord && isMap(value)) {
      // Zod passes this one over.
      const names = Object.keys(value).filter((name) => name !== '__proto__');
      if (names.length <= maxNamed)
        done[field] = Object.fromEntries(
          await check(
            field,
            names.map((name) => [name, (value as Record<string, unknown>)[name]]),
            of.valueType,
          ),
        );
      // Names are left to be checked, and their number.
      rest[field] = Object.fromEntries(names.map((name) => [name, {}]));
    }
  }
  const { data, issues = [] } = checkedNow(schema, rest);
  const isLeft = ({ path: [field, index] }: z.core.$ZodIssue) =>
    !(Object.hasOwn(done, String(field)) && typeof index === 'number');
  const all = [...wrong, ...issues.filter(isLeft)];
  return all.length > 0 ? { issues: all } : { data: { ...data, ...done } };
}

const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
