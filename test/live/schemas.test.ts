import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { exactly, int, isoTime, number, optional, record, whatIsWrong } from '../../src/live/schemas.ts';

const test = suite('what schemas are made of');

const wrongIn = (schema: v.GenericSchema, value: unknown) => {
  const { issues = [] } = v.safeParse(schema, value);
  return whatIsWrong(issues).map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
};

const point = exactly({ x: number('a number'), label: v.optional(v.string('text'), 'none') });

test('an object has its fields and no others', () => {
  assert.equal(v.parse(point, { x: 1 }), { x: 1, label: 'none' });
  assert.equal(wrongIn(point, { label: 2 }), ['x: a number', 'label: text']);
  for (const value of [[], null, 'x', [1]])
    assert.equal(wrongIn(point, value), [': an object with the fields x, label']);
});

test('every unknown field is named, up to twenty', () => {
  const given = JSON.parse('{"x": 1, "constructor": 1, "__proto__": {"x": 2}, "toString": 1}');
  const error = 'one of x, label';
  assert.equal(
    wrongIn(point, given),
    ['constructor', '__proto__', 'toString'].map((name) => `${name}: ${error}`),
  );
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, i]));
  assert.is(wrongIn(point, { x: 1, ...many }).length, 20);
});

test('what every object inherits is not given', () => {
  const schema = exactly({ constructor: v.optional(v.string()) });
  assert.equal(v.parse(schema, {}), {});
  assert.equal(Object.keys(v.parse(exactly(optional({ a: number(), b: number() })), { b: 1 })), ['b']);
});

test('a record keeps every name it may have, and refuses the rest', () => {
  const byName = record(v.pipe(v.string(), v.regex(/^[a-z_]+$/i)), number('a number'), 'an object', 'a name');
  const inherited = { constructor: 1, prototype: 2, toString: 3 };
  assert.equal(v.parse(byName, inherited), inherited);
  assert.equal(wrongIn(byName, JSON.parse('{"__proto__": 1, "1": 2, "a": "b"}')), [
    '1: a name',
    '__proto__: a name',
    'a: a number',
  ]);
  for (const value of [[], [1], null, 'x']) assert.equal(wrongIn(byName, value), [': an object']);
});

test('of several shapes, the closest one says what is wrong', () => {
  const schema = exactly({ at: v.union([v.string(), point], 'text, or a point') });
  assert.equal(wrongIn(schema, { at: 1 }), ['at: text, or a point']);
  assert.equal(wrongIn(schema, { at: { x: 'a', y: 2 } }), ['at.x: a number', 'at.y: one of x, label']);
});

test('numbers are those that JSON can write, and whole ones are exact', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '1']) assert.not.ok(v.is(number(), value));
  for (const value of [2 ** 53, 1.5, Number.NaN, '1']) assert.not.ok(v.is(int(), value));
  assert.ok(v.is(int(), 2 ** 53 - 1) && v.is(number(), -1e300));
});

test('a time is on the calendar and has a time zone', () => {
  const right = [
    '2026-01-31T12:00:00Z',
    '2024-02-29T23:59:59.999Z',
    '2000-02-29T00:00:00+05:30',
    '2026-01-31T12:00:00-08:00',
  ];
  const wrong = [
    '2026-01-31',
    '2026-01-31T12:00Z',
    '2026-01-31T12:00:00',
    '2026-02-29T12:00:00Z',
    '2100-02-29T12:00:00Z',
  ];
  for (const time of right) assert.ok(v.is(isoTime(''), time), time);
  for (const time of [...wrong, '2026-01-31 12:00:00Z', '2026-04-31T12:00:00Z', '2026-01-31T24:00:00Z'])
    assert.not.ok(v.is(isoTime(''), time), time);
});

test.run();
