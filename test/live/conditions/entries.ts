/** Random products and conditions, and a plain reference of what a condition means. */
import fc from 'fast-check';
import type { CatalogueProduct } from '../../../src/live/catalogue/catalogue.ts';
import type { Condition } from '../../../src/recommending/serving/options.ts';

export type Entry = Omit<CatalogueProduct, 'product'>;

const optional = { requiredKeys: [] };
const texts = fc.constantFrom('x', 'y', 'C1', 'C2', 'true', '1');
const addresses = fc.constantFrom('/p/1', '/p/2', 'https://shop.example/3');
const numbers = fc.constantFrom(0, 1, 2.5, 6);

export const entries: fc.Arbitrary<Entry> = fc.record(
  {
    available: fc.boolean(),
    price: numbers,
    name: fc.constantFrom('Product 1', 'x'),
    url: addresses,
    imageUrl: addresses,
    category: fc.oneof(texts, fc.array(texts, { minLength: 1, maxLength: 3 })),
    attributes: fc.record(
      { a: texts, b: numbers, c: fc.boolean(), d: fc.oneof(texts, numbers) },
      optional as { requiredKeys: [] },
    ),
  },
  optional as { requiredKeys: [] },
) as fc.Arbitrary<Entry>;

const valued = (field: string, values: fc.Arbitrary<string | number | boolean>) =>
  fc.oneof(
    values.map((equals) => ({ field, equals })),
    fc.array(values, { minLength: 1, maxLength: 3 }).map((list) => ({ field, in: list })),
  );
const ranged = (field: string) =>
  fc.oneof(
    numbers.map((min) => ({ field, min })),
    numbers.map((max) => ({ field, max })),
    numbers.map((min) => ({ field, min, max: min + 2 })),
  );

/** Of all fields, `attributes.a` to `attributes.d` among them. */
export const conditions: fc.Arbitrary<Condition> = fc.letrec<{ any: Condition; leaf: Condition }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
    tie('any').map((not) => ({ not })),
  ),
  leaf: fc.oneof(
    valued('available', fc.boolean()),
    valued('price', numbers),
    ranged('price'),
    valued('name', fc.constantFrom('Product 1', 'Product 2', 'x')),
    valued('category', texts),
    valued('url', addresses),
    valued('image_url', addresses),
    valued('attributes.a', texts),
    valued('attributes.b', numbers),
    ranged('attributes.b'),
    valued('attributes.c', fc.boolean()),
    valued('attributes.d', fc.oneof(texts, numbers)),
    ranged('attributes.d'),
  ),
})).any;

/** Whether a product meets a condition. */
export function meets(condition: Condition, entry: Entry): boolean {
  if ('and' in condition) return condition.and.every((each) => meets(each, entry));
  if ('or' in condition) return condition.or.some((each) => meets(each, entry));
  if ('not' in condition) return !meets(condition.not, entry);
  const { field } = condition;
  const value = field.startsWith('attributes.')
    ? entry.attributes?.[field.slice(11)]
    : { available: true, ...entry, image_url: entry.imageUrl }[field as 'price'];
  return [value].flat().some((one) => {
    if (one === undefined) return false;
    if ('equals' in condition) return one === condition.equals;
    if ('in' in condition) return condition.in.includes(one);
    const { min = Number.NEGATIVE_INFINITY, max = Infinity } = condition as { min?: number; max?: number };
    return typeof one === 'number' && one >= min && one <= max;
  });
}
