/**
 * The fields of products and purchases: what they may hold, for the library and for requests, whose names of some differ. An
 * `error` text says what was expected.
 */
import * as v from 'valibot';
import { EndcapError } from '../../errors.ts';
import { excerpt } from '../../options.ts';
import { createPauses } from '../../turns.ts';
import { type Issue, int, isoTime, number, pathOf, record } from '../schemas.ts';
import { isStorable, maxIdLength } from '../shop-ids.ts';
import { maxRequestLines } from '../store/store.ts';
import { productLimits as limits } from './limits.ts';

const text = (max: number) => {
  const error = `text of 1 to ${max} characters`;
  return v.pipe(v.string(error), v.minLength(1, error), v.maxLength(max, error));
};

const price = 'a number of at least 0';
const address = `an address that begins with http://, https:// or /, of at most ${limits.address} characters`;
const link = v.pipe(v.string(address), v.maxLength(limits.address, address), v.regex(/^(https?:\/)?\//, address));
const categories = `a category, or a list of 1 to ${limits.categories} of them, each of 1 to ${limits.category} characters`;
const flat = `an object of at most ${limits.attributes} attributes, each text, a number, true, or false`;
const attributeName = text(100);

/** What the shop says about a product. What is absent is unknown, or as the orders had it. */
export const productFields = {
  available: v.pipe(
    v.boolean('true or false'),
    v.description('Whether it can be bought now. What cannot is in no list; what is not said can.'),
  ),
  price: v.pipe(number(price), v.minValue(0, price), v.maxValue(limits.price, price)),
  name: text(limits.name),
  category: v.pipe(
    v.union(
      [
        text(limits.category),
        v.pipe(v.array(text(limits.category)), v.minLength(1, categories), v.maxLength(limits.categories, categories)),
      ],
      categories,
    ),
    v.description('Its category, or several; answers show the first.'),
  ),
  url: link,
  image_url: link,
  attributes: v.pipe(
    record(
      attributeName,
      v.union([v.pipe(v.string(), v.maxLength(limits.attributeText, flat)), number(flat), v.boolean()], flat),
      flat,
    ),
    v.check((attributes) => Object.keys(attributes).length <= limits.attributes, flat),
    v.metadata({
      maxProperties: limits.attributes,
      description: 'Whatever else there is to say, flat: text, numbers, true or false by name.',
    }),
  ),
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
  quantity: v.pipe(
    int(quantity),
    v.minValue(-1e6, quantity),
    v.maxValue(1e6, quantity),
    v.check((units) => units !== 0, quantity),
    v.metadata({ not: { const: 0 }, description: 'Units; a negative number is a return.' }),
  ),
  time: v.pipe(
    v.union([isoTime(time), v.pipe(int(time), v.minValue(earliest, time))], time),
    v.check((given) => timeOf(given) >= earliest && timeOf(given) <= Date.now() + maxAheadMs, time),
    v.description(
      'When it was bought, from 2000 on, and at most five minutes from now: ISO 8601 with a time zone, or milliseconds since 1970; now by default.',
    ),
  ),
  recommendation: v.pipe(
    text(200),
    v.check(isStorable, 'text of 1 to 200 characters, none of which is NUL'),
    v.metadata({ description: 'The id of the recommendations that it followed.', pattern: '^[^\\u0000]*$' }),
  ),
};

/** Milliseconds since 1970. */
export function timeOf(given: string | number): number {
  return typeof given === 'number' ? given : Date.parse(given);
}

const id = 'an id: text of 1 to 500 characters, or a whole number';
export const anyId = v.union([v.pipe(v.string(id), v.minLength(1, id), v.maxLength(maxIdLength, id)), int(id)], id);

/** The entries of one call. */
export const entriesOf = <Entry extends v.GenericSchema>(entry: Entry, what: string) => {
  const error = `a list of 1 to ${maxRequestLines} ${what}`;
  return v.pipe(v.array(entry, error), v.minLength(1, error), v.maxLength(maxRequestLines, error));
};

/**
 * The value, if it is as it should be.
 *
 * @param option its name; '' if places begin within it.
 * @throws `invalid_options` that names the place.
 */
export function checked<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  option: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw wrongValue(result.issues[0], pathOf(result.issues[0]), value, option);
}

/** The same of a list, in pieces between which others have their turn. */
export async function checkedInTurns<Entry extends v.GenericSchema>(
  schema: v.GenericSchema<v.InferInput<Entry>[], v.InferOutput<Entry>[]> & { readonly item: Entry },
  value: unknown,
  option: string,
): Promise<v.InferOutput<Entry>[]> {
  if (!Array.isArray(value) || value.length > maxRequestLines) return checked(schema, value, option);
  // The list itself is checked with its first entry.
  const data = checked(schema, value.slice(0, 1), option);
  const pause = createPauses();
  for (let i = 1; i < value.length; i++) {
    const result = v.safeParse(schema.item, value[i]);
    if (!result.success) throw wrongValue(result.issues[0], [i, ...pathOf(result.issues[0])], value, option);
    data.push(result.output);
    await pause();
  }
  return data;
}

function wrongValue({ message }: Issue, path: readonly PropertyKey[], value: unknown, option: string): EndcapError {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  const place = option === '' ? steps.slice(1) || 'settings' : option + steps;
  const entry = typeof path[0] === 'number' ? (value as { product?: unknown }[])[path[0]] : undefined;
  const product = typeof entry?.product === 'string' ? entry.product : undefined;
  const whose = product === undefined ? '' : ` of product '${excerpt(product)}'`;
  return new EndcapError('invalid_options', `${place}${whose}: expected ${message}`, {
    option: place,
    expected: message,
    ...(product !== undefined && { product }),
  });
}
