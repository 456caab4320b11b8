import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as shapes from '../../../src/model/file/shapes.ts';

const test = suite('shapes');

/** Where and what the misfit is. */
function misfit(shape: shapes.Shape, value: unknown): string {
  try {
    shape(value);
  } catch (error) {
    if (error instanceof shapes.Misfit) return `${error.path.join('.')}: ${error.problem}`;
    throw error;
  }
  return 'it fits';
}

test('numbers are finite and in their range', () => {
  assert.is(shapes.number()(-0.5), -0.5);
  assert.is(shapes.number(0, 1)(1), 1);
  assert.is(misfit(shapes.number(0, 1), 1.5), ': expected a number from 0 to 1, received 1.5');
  assert.is(misfit(shapes.number(0), -1), ': expected a number from 0, received -1');
  assert.is(misfit(shapes.positive(1), 0), ': expected a number above 0 to 1, received 0');
  for (const value of [Number.NaN, Infinity, -Infinity, '1', null, undefined, 1n, [1]])
    assert.match(misfit(shapes.number(), value), /^: expected a number, received /);
});

test('counts are whole and exact', () => {
  assert.is(shapes.count(0), 0);
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN, '3'])
    assert.match(misfit(shapes.count, value), /^: expected a whole number from 0, received /);
});

test('texts, flags, and names', () => {
  assert.is(shapes.text(''), '');
  assert.is(misfit(shapes.nonEmptyText, ''), ": expected text that is not empty, received ''");
  assert.match(misfit(shapes.nonEmptyText, 3), /^: expected text, received 3/);
  assert.is(misfit(shapes.flag, 1), ': expected true or false, received 1');
  assert.is(misfit(shapes.oneOf('orders', 'products'), 'all'), ": expected one of orders, products, received 'all'");
  assert.is(
    misfit(shapes.either('text or a number', shapes.text, shapes.number()), null),
    ': expected text or a number, received null',
  );
});

test('a misfit in a list or an object says where', () => {
  const shape = shapes.object({ tried: shapes.listOf(shapes.object({ factors: shapes.count })) });
  assert.is(
    misfit(shape, { tried: [{ factors: 1 }, { factors: -1 }] }),
    'tried.1.factors: expected a whole number from 0, received -1',
  );
  assert.match(misfit(shape, { tried: { length: 1 } }), /^tried: expected a list/);
  for (const value of [null, undefined, [], 'x', () => 1])
    assert.match(misfit(shape, value), /^: expected an object, received /);
});

test('copies have known fields only, unless others are allowed, and absent ones stay absent', () => {
  const fields = { factors: shapes.count, note: shapes.optional(shapes.text) };
  assert.equal(Object.keys(shapes.object(fields)({ factors: 1, note: undefined, more: 2 }) as object), ['factors']);
  assert.equal(shapes.object(fields, shapes.number())({ factors: 1, more: 2 }), { factors: 1, more: 2 });
  assert.match(misfit(shapes.object(fields, shapes.number()), { factors: 1, more: 'x' }), /^more: expected a number/);
});

test('a field is read once, and names of the prototype are fields like others', () => {
  let reads = 0;
  const given = {
    get factors() {
      return reads++ === 0 ? 1 : -1;
    },
  };
  assert.equal(shapes.object({ factors: shapes.count })(given), { factors: 1 });
  const hostile = JSON.parse('{"__proto__":5,"constructor":7}');
  const copy = shapes.recordOf(shapes.count)(hostile) as object;
  assert.is(Object.getPrototypeOf(copy), Object.prototype);
  assert.equal(Object.entries(copy), Object.entries(hostile));
  assert.match(misfit(shapes.recordOf(shapes.count), JSON.parse('{"toString":"x"}')), /^toString: /);
});

test('an error of a getter is not a misfit', () => {
  const given = {
    get factors(): number {
      throw new Error('of the caller');
    },
  };
  assert.throws(() => shapes.object({ factors: shapes.count })(given), /of the caller/);
});

test.run();
