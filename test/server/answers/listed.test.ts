import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ListedAnswer, listedWriter } from '../../../src/server/answers/listed.ts';

const test = suite('answers without explanations');
const write = listedWriter();

/** What `JSON.stringify` makes of an answer. */
const expected = ({
  user_id,
  items,
  recommendation_id,
  experiment,
  source,
  unknown,
  model,
  fields = [],
}: ListedAnswer) =>
  JSON.stringify({
    user_id,
    recommendations: items.map(({ product, name, category, score, ...said }) => {
      const values = fields.map((field) => [field, said[field === 'image_url' ? 'imageUrl' : field]]);
      return { product, name, category, ...Object.fromEntries(values), score };
    }),
    recommendation_id,
    experiment,
    source,
    unknown,
    model,
  });

const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '\0', 'ä', '🧀', '\ud83e', '\u2028') });
const item = fc.record(
  {
    product: text,
    row: fc.nat(9),
    score: fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constant(-0)),
    name: text,
    category: text,
    price: fc.nat(),
    imageUrl: text,
    available: fc.boolean(),
  },
  { requiredKeys: ['product', 'row', 'score'] },
);
const answer = fc.record(
  {
    user_id: fc.option(text),
    items: fc.array(item, { maxLength: 5 }),
    recommendation_id: fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '_'), maxLength: 24 }),
    experiment: fc.record({ name: text, arm: text }),
    source: fc.constantFrom('personal', 'basket', 'popular'),
    unknown: fc.record({ user_id: fc.array(text) }),
    model: text,
    fields: fc.subarray(['available', 'price', 'image_url', 'url']),
  },
  { requiredKeys: ['user_id', 'items', 'recommendation_id', 'source', 'model'] },
);

test('they are what JSON.stringify would write, whatever was written of the same products before', () => {
  fc.assert(fc.property(answer, (each) => assert.is(write(each as ListedAnswer), expected(each as ListedAnswer))));
});

test('a product that has another name in the next model is listed under that', () => {
  const named = (name?: string, category?: string): ListedAnswer => ({
    user_id: 'anna',
    items: [{ product: 'P1', row: 0, score: 1.5, name, category }],
    recommendation_id: 'r-1',
    source: 'personal',
    model: 'm',
  });
  for (const each of [named('Tray', 'Kitchen'), named('Tray'), named('Oak tray', 'Kitchen'), named(undefined, 'Home')])
    assert.is(write(each), expected(each));
});

test.run();
