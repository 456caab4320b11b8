import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { EndcapError } from '../../../src/errors.ts';
import { createColumns } from '../../../src/live/conditions/columns.ts';
import { readCondition } from '../../../src/live/conditions/condition.ts';
import { merchandisingFields } from '../../../src/live/conditions/schemas.ts';

const test = suite('condition');
const columns = createColumns({ productInfo: [{}, {}, {}] }, () => undefined);
columns.set(0, { attributes: { organic: true, grams: 100, origin: 'Assam', size: 'L' } });
columns.set(1, { attributes: { size: 40 } });

const leaf = { field: 'price', max: 1 };
const nested = (depth: number): object => (depth === 1 ? leaf : { not: nested(depth - 1) });
const fields =
  'available, price, name, category, url, image_url, attributes.grams, attributes.organic, attributes.origin, attributes.size';

const wrong: [given: unknown, message: RegExp][] = [
  [null, /^filter: expected \{"field"/],
  [[], /^filter: expected \{"field"/],
  ['price < 3', /^filter: expected \{"field"/],
  [{}, /^filter: expected \{"field"/],
  [{ equals: 1 }, /^filter: expected \{"field"/],
  [{ field: 'prize', max: 3 }, new RegExp(`^filter\\.field: expected one of ${fields}$`)],
  [{ field: 7, max: 3 }, /^filter\.field: expected one of /],
  [{ field: 'constructor', max: 3 }, /^filter\.field: expected one of /],
  [{ field: 'attributes.origen', equals: 'Assam' }, /^filter\.field: .*attributes\.origin/],
  [{ field: 'price' }, /^filter: expected either equals, in, or min and max beside field$/],
  [{ field: 'price', equals: 1, max: 3 }, /^filter: expected either equals, in, or min and max/],
  [{ field: 'price', maximum: 3 }, /^filter\.maximum: expected one of field, equals, in, min, max$/],
  [{ and: [leaf], or: [leaf] }, /^filter\.or: expected nothing beside and$/],
  [{ and: [] }, /^filter\.and: expected a list of 1 to 100 conditions$/],
  [{ or: leaf }, /^filter\.or: expected a list of 1 to 100 conditions$/],
  [
    { and: [leaf, { field: 'price', min: '3' }] },
    /^filter\.and\[1\]\.min: expected a number, since price is a number$/,
  ],
  [{ field: 'price', max: Number.NaN }, /^filter\.max: expected a number, since price is a number$/],
  [{ field: 'price', min: 3, max: 2 }, /^filter\.max: expected a number of at least 3, since that is min$/],
  [{ field: 'price', equals: '3' }, /^filter\.equals: expected a number, since price is a number$/],
  [{ not: { field: 'available', equals: 'yes' } }, /^filter\.not\.equals: expected true or false, since available is/],
  [{ field: 'name', min: 3 }, /^filter\.min: expected equals or in, since name is text; only numbers have/],
  [
    { field: 'attributes.organic', in: [true, 1] },
    /^filter\.in\[1\]: expected true or false, since attributes\.organic/,
  ],
  [{ field: 'attributes.grams', equals: 'many' }, /^filter\.equals: expected a number, since attributes\.grams is/],
  [{ field: 'attributes.size', equals: true }, /^filter\.equals: expected text, or a number, since attributes\.size/],
  [{ field: 'category', in: [] }, /^filter\.in: expected a list of 1 to 1000 values$/],
  [{ field: 'category', in: Array(1001).fill('a') }, /^filter\.in: expected a list of 1 to 1000 values$/],
  [{ or: Array(2).fill({ field: 'price', in: Array(501).fill(1) }) }, /^filter: expected at most 1000 values in all$/],
  [{ field: 'category', equals: 'x'.repeat(1001) }, /^filter\.equals: expected text of at most 1000 characters$/],
  [{ and: Array(100).fill(leaf) }, /^filter: expected at most 100 conditions in all$/],
  [nested(9), /^filter(\.not){8}: expected conditions within at most 7 others$/],
];

for (const [given, message] of wrong) {
  test(`${JSON.stringify(given).slice(0, 70)} is refused by name`, () => {
    try {
      readCondition(given, 'filter', columns);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, EndcapError);
      const { code, message: text, details } = error as EndcapError;
      assert.is(code, 'invalid_options');
      assert.match(text, message);
      assert.ok(text.startsWith(`${details.option}: expected ${details.expected}`));
      assert.ok(text.length < 400);
    }
  });
}

test('a request does not copy a filter before it is read, however many fields it has', () => {
  const given = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`field ${i}`, i]));
  assert.is(v.parse(merchandisingFields.filter, given), given);
  assert.throws(() => readCondition(given, 'filter', columns), /^filter\.field 0: expected one of field, /);
});

test('the largest condition is read', () => {
  readCondition({ and: Array(99).fill(leaf) }, 'filter', columns);
  readCondition(nested(8), 'filter', columns);
  readCondition({ field: 'category', in: Array(1000).fill('a') }, 'filter', columns);
  readCondition({ field: 'attributes.size', in: ['L', 40] }, 'filter', columns);
  readCondition({ field: 'attributes.size', min: 3 }, 'filter', columns);
});

test('a value of a type that no product has any more is refused', () => {
  columns.set(1, {});
  assert.throws(
    () => readCondition({ field: 'attributes.size', min: 3 }, 'filter', columns),
    /attributes\.size is text/,
  );
  columns.set(0, {});
  assert.throws(
    () => readCondition({ field: 'attributes.size', equals: 'L' }, 'filter', columns),
    /name, category, url, image_url$/,
  );
});

test.run();
