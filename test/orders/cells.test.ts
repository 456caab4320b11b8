import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanId, cleanPrice, cleanQuantity, cleanText, show } from '../../src/orders/cells.ts';

const test = suite('cells');

test('ids are trimmed text; a whole number with a zero fraction loses it', () => {
  for (const [cell, id] of [
    ['17850', '17850'],
    [' 17850 ', '17850'],
    ['17850.0', '17850'],
    ['17850.00', '17850'],
    ['-3.0', '-3'],
    ['17850.10', '17850.10'],
    ['1.2.0', '1.2.0'],
    ['SKU-1.0', 'SKU-1.0'],
    ['.0', '.0'],
    ['00120', '00120'],
    ['\u00a0x\ufeff', 'x'],
    [17850, '17850'],
    [17850.5, '17850.5'],
    [17850n, '17850'],
    [9007199254740993n, '9007199254740993'],
    [0, '0'],
  ] as const) {
    assert.is(cleanId(cell), id, String(cell));
  }
});

test('a number above 2^53, a boolean, an object, and half a character are not ids', () => {
  for (const cell of [2 ** 53, 1e300, true, false, {}, [], new Date(), '\ud800', 'a\udc00b', () => 1, Symbol('a')])
    assert.is(cleanId(cell), undefined);
});

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
  for (const cell of ['', '  ', 'None', 'NaN', 'nan', 'null', 'NULL', ' NaN ', '<NA>', null, undefined, Number.NaN]) {
    assert.is(cleanId(cell), '', String(cell));
    assert.is(cleanText(cell), '', String(cell));
    assert.is(cleanQuantity(cell), undefined, String(cell));
  }
  for (const text of ['NULLS', 'none of these', '0', '-', 'nil']) assert.is(cleanId(text), text);
});

test('quantities become whole numbers, toward zero', () => {
  for (const [cell, quantity] of [
    ['3', 3],
    [' 2 ', 2],
    ['+2', 2],
    ['1.0', 1],
    ['2.9', 2],
    ['-2.9', -2],
    ['-12', -12],
    ['1e3', 1000],
    ['1,000', 1000],
    ['-1,234,567.8', -1234567],
    ['0', 0],
    ['0.4', 0],
    ['-0.4', 0],
    ['.5', 0],
    ['007', 7],
    ['2147483647', 2147483647],
    [3, 3],
    [3.7, 3],
    [-3.7, -3],
    [5n, 5],
    [28.999999999999996, 29],
  ] as const) {
    assert.is(cleanQuantity(cell), quantity, String(cell));
  }
});

test('text that is not a number is unreadable, and so is a number beyond 32 bits', () => {
  for (const cell of ['abc', '1 2', '1,00', '12 pcs', '0x10', 'Infinity', '1e99', '2147483648', '--1', '1.2.3']) {
    assert.ok(Number.isNaN(cleanQuantity(cell)), String(cell));
  }
  for (const cell of [Number.POSITIVE_INFINITY, 1e12, true, {}, [1], 10n ** 20n])
    assert.ok(Number.isNaN(cleanQuantity(cell)), String(cell));
});

test('prices lose their currency and thousands separators, and only those above zero count', () => {
  for (const [cell, price] of [
    ['2.55', 2.55],
    [' 2.55 ', 2.55],
    ['£2.55', 2.55],
    ['$1,299.00', 1299],
    ['3 €', 3],
    [4, 4],
    [4n, 4],
  ] as const) {
    assert.is(cleanPrice(cell), price, String(cell));
  }
  for (const cell of ['', '0', '-1', 'free', 0, -1, null, undefined, Number.POSITIVE_INFINITY, {}]) {
    assert.ok(Number.isNaN(cleanPrice(cell)), String(cell));
  }
});

test.run();
