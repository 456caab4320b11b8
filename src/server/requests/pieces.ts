/** Bodies with many entries are checked an entry at a time, so that other requests have their turn in between. */
import * as v from 'valibot';
import { maxNamed } from '../../live/scenarios/settings.ts';
import { type Wrong, whatIsWrong } from '../../live/schemas.ts';
import { maxRequestLines } from '../../live/store/store.ts';
import { createPauses } from '../../turns.ts';
import { maxFieldsListed } from '../failures.ts';

/** What a body holds, or what is wrong with it: up to as much as is reported, or some more. */
interface Result {
  data?: object;
  issues?: Wrong[];
}

export function checkedNow(schema: v.GenericSchema, body: unknown): Result {
  const { issues, output } = v.safeParse(schema, body);
  return issues ? { issues: whatIsWrong(issues) } : { data: output as object };
}

/** The same as `checkedNow` says of a body without more wrong entries than are reported. */
export async function checkedInTurns(schema: v.GenericSchema, body: unknown): Promise<Result> {
  if (!hasFields(schema) || !isMap(body)) return checkedNow(schema, body);
  const pause = createPauses();
  const rest: Record<string, unknown> = { ...body };
  const done: Record<string, unknown> = {};
  const wrong: Wrong[] = [];

  async function check(field: string, entries: Iterable<[PropertyKey, unknown]>, schema: v.GenericSchema) {
    const all: [PropertyKey, unknown][] = [];
    for (const [name, entry] of entries) {
      const { issues = [], output } = v.safeParse(schema, entry);
      for (const issue of whatIsWrong(issues)) wrong.push({ ...issue, path: [field, name, ...issue.path] });
      if (wrong.length >= maxFieldsListed) break;
      all.push([name, output]);
      await pause();
    }
    return all;
  }

  for (const [field, its] of Object.entries(schema.entries)) {
    const of = 'wrapped' in its ? (its.wrapped as v.GenericSchema) : its;
    const value = rest[field];
    if ('item' in of && hasFields(of.item) && Array.isArray(value)) {
      if (value.length < 1 || value.length > maxRequestLines) continue;
      done[field] = (await check(field, value.entries(), of.item)).map(([, entry]) => entry);
      rest[field] = value.slice(0, 1);
    } else if (isRecord(of) && isMap(value)) {
      const entries = Object.entries(value).filter(([name]) => v.is(of.key, name));
      if (entries.length <= maxNamed) done[field] = Object.fromEntries(await check(field, entries, of.value));
      // Names are left to be checked, and their number.
      rest[field] = Object.fromEntries(Object.keys(value).map((name) => [name, {}]));
    }
  }
  const { data, issues = [] } = checkedNow(schema, rest);
  const isLeft = ({ path: [field, name, ...inner] }: Wrong) =>
    !(Object.hasOwn(done, String(field)) && (typeof name === 'number' || inner.length > 0));
  const all = [...wrong, ...issues.filter(isLeft)];
  return all.length > 0 ? { issues: all } : { data: { ...data, ...done } };
}

const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

const hasFields = (schema: unknown): schema is v.GenericSchema & { readonly entries: v.ObjectEntries } =>
  (schema as Partial<v.GenericSchema>).type === 'strict_object';

const isRecord = (
  schema: v.GenericSchema,
): schema is v.GenericSchema & { readonly key: v.GenericSchema; readonly value: v.GenericSchema } =>
  schema.type === 'record';
