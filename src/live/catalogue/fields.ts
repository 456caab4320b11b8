/**
 * The fields of products and purchases: what they may hold, for the library and for requests, whose names of some differ. An
 * `error` text says what was expected.
 */
import * as z from 'zod';
import { EndcapError } from '../../errors.ts';
import { excerpt } from '../../options.ts';
import { createPauses } from '../../turns.ts';
import { isStorable, maxIdLength } from '../shop-ids.ts';
import { maxRequestLines } from '../store/store.ts';
import { productLimits as limits } from './limits.ts';

/** An object with these fields and no others: a mistyped field is an error, not a default. */
export const exactly = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `one of ${Object.keys(shape).join(', ')}`
        : `an object with the fields ${Object.keys(shape).join(', ')}`,
  });

const text = (max: number) => {
  const error = `text of 1 to ${max} characters`;
  return z.string({ error }).min(1, error).max(max, error);
};

const price = 'a number of at least 0';
const address = `an address that begins with http://, https:// or /, of at most ${limits.address} characters`;
const link = z
  .string({ error: address })
  .max(limits.address, address)
  .regex(/^(https?:\/)?\//, address);
const categories = `a category, or a list of 1 to ${limits.categories} of them, each of 1 to ${limits.category} characters`;
const flat = `an object of at most ${limits.attributes} attributes, each text, a number, true, or false`;
const attributeName = text(100);

/** What the shop says about a product. What is absent is unknown, or as the orders had it. */
export const productFields = {
  available: z
    .boolean({ error: 'true or false' })
    .meta({ description: 'Whether it can be bought now. What cannot is in no list; what is not said can.' }),
  price: z.number({ error: price }).min(0, price).max(limits.price, price),
  name: text(limits.name),
  category: z
    .union([text(limits.category), z.array(text(limits.category)).min(1).max(limits.categories)], { error: categories })
    .meta({ description: 'Its category, or several; answers show the first.' }),
  url: link,
  image_url: link,
  attributes: z
    .record(attributeName, z.union([z.string().max(limits.attributeText), z.number(), z.boolean()], { error: flat }), {
      error: flat,
    })
    .refine((attributes) => Object.keys(attributes).length <= limits.attributes, flat)
    .meta({
      maxProperties: limits.attributes,
      description: 'Whatever else there is to say, flat: text, numbers, true or false by name.',
    }),
};

const quantity = 'a whole number from -1000000 to 1000000 other than 0';
/** Clocks differ; what is later than this is wrong. */
const maxAheadMs = 5 * 60_000;
/** Numbers before this are seconds, or no times. */
const earliest = Date.UTC(2000);
const time =
  'a time of at most five minutes from now: ISO 8601 with a time zone, such as 2026-01-31T12:00:00Z, or milliseconds since 1970';

/** A line of an order. */
export const purchaseFields = {
  quantity: z
    .int({ error: quantity })
    .min(-1e6, quantity)
    .max(1e6, quantity)
    .refine((units) => units !== 0, quantity)
    .meta({ not: { const: 0 }, description: 'Units; a negative number is a return.' }),
  time: z
    .union([z.iso.datetime({ offset: true, error: time }), z.int({ error: time }).min(earliest, time)], { error: time })
    .refine((given) => timeOf(given) >= earliest && timeOf(given) <= Date.now() + maxAheadMs, time)
    .meta({
      description:
        'When it was bought, from 2000 on, and at most five minutes from now: ISO 8601 with a time zone, or milliseconds since 1970; now by default.',
    }),
  recommendation: text(200)
    .refine(isStorable, 'text of 1 to 200 characters, none of which is NUL')
    .meta({ description: 'The id of the recommendations that it followed.', pattern: '^[^\\u0000]*$' }),
};

/** Milliseconds since 1970. */
export function timeOf(given: string | number): number {
  return typeof given === 'number' ? given : Date.parse(given);
}

const id = 'an id: text of 1 to 500 characters, or a whole number';
export const anyId = z.union([z.string().min(1, id).max(maxIdLength, id), z.int()], { error: id });

/** The entries of one call. */
export const entriesOf = <Entry extends z.ZodType>(entry: Entry, what: string) => {
  const error = `a list of 1 to ${maxRequestLines} ${what}`;
  return z.array(entry, { error }).min(1, error).max(maxRequestLines, error);
};

/**
 * The value, if it is as it should be.
 *
 * @param option its name; '' if places begin within it.
 * @throws `invalid_options` that names the place.
 */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, option: string): z.output<Schema> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  throw wrongValue(result.error.issues[0], value, option);
}

/** The same of a list, in pieces between which others have their turn. */
export async function checkedInTurns<Entry extends z.ZodType>(
  schema: z.ZodArray<Entry>,
  value: unknown,
  option: string,
): Promise<z.output<Entry>[]> {
  if (!Array.isArray(value) || value.length > maxRequestLines) return checked(schema, value, option);
  // The list itself is checked with its first entry.
  const data = checked(schema, value.slice(0, 1), option);
  const pause = createPauses();
  for (let i = 1; i < value.length; i++) {
    const result = z.safeParse(schema.element, value[i]);
    if (!result.success) {
      const [issue] = result.error.issues;
      throw wrongValue({ ...issue, path: [i, ...issue.path] }, value, option);
    }
    data.push(result.data);
    await pause();
  }
  return data;
}

function wrongValue(issue: z.core.$ZodIssue, value: unknown, option: string): EndcapError {
  const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  const place = option === '' ? steps.slice(1) || 'settings' : option + steps;
  const entry = typeof path[0] === 'number' ? (value as { product?: unknown }[])[path[0]] : undefined;
  const product = typeof entry?.product === 'string' ? entry.product : undefined;
  const whose = product === undefined ? '' : ` of product '${excerpt(product)}'`;
  return new EndcapError('invalid_options', `${place}${whose}: expected ${issue.message}`, {
    option: place,
    expected: issue.message,
    ...(product !== undefined && { product }),
  });
}
