import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanText, show } from '../../../src/orders/cleaning/cells.ts';

const test = suite('cells');

test('any cell can be shown', () => {
  const circle: Record<string, unknown> = {};
  circle.circle = circle;
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const hostile = {
    toJSON() {
      throw new Error('no');
    },
  };
  for (const [cell, text] of [
    [undefined, ''],
    [null, ''],
    ['text', 'text'],
    [1.5, '1.5'],
    [5n, '5'],
    [false, 'false'],
    [{ id: 5n }, '{"id":"5"}'],
    [[1, null], '[1,null]'],
    [{ toString: 1, valueOf: 2 }, '{"toString":1,"valueOf":2}'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(Number.NaN), 'Invalid Date'],
    [Object.create(Date.prototype), 'an object'],
    [new Uint8Array(3), '3 bytes'],
    [circle, 'an object'],
    [deep, 'an object'],
    [hostile, 'an object'],
    [() => 1, 'a function'],
    [Symbol('a'), 'Symbol(a)'],
  ] as const) {
    assert.is(show(cell), text);
  }
});

test('blanks and the words for a missing value are missing', () => {
  for (const cell of ['', '  ', 'None', 'NaN', 'nan', 'null', 'NULL', ' NaN ', '<NA>', null, undefined, Number.NaN])
    assert.is(cleanText(cell), '', String(cell));
});

test.run();
