import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanPrice, cleanQuantity, decimalMarkIn } from '../../../src/orders/cleaning/numbers.ts';

const test = suite('numbers');

test('a blank cell and a word for a missing value have no quantity', () => {
  for (const cell of ['', '  ', 'None', 'NaN', ' NaN ', '<NA>', '\u200b', null, undefined, Number.NaN])
    assert.is(cleanQuantity(cell, '.'), undefined, String(cell));
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
    ['007', 7],
    ['2147483647', 2147483647],
    [3, 3],
    [3.7, 3],
    [-3.7, -3],
    [5n, 5],
    [28.999999999999996, 29],
  ] as const) {
    assert.is(cleanQuantity(cell, '.'), quantity, String(cell));
  }
});

test('text that is not a number is unreadable, and so is a number beyond 32 bits', () => {
  for (const cell of ['abc', '1 2', '1 - 2', '12 34', '0x10', 'Infinity', '1e99', '2147483648', '--1', '1.2.3']) {
    assert.ok(Number.isNaN(cleanQuantity(cell, '.')), String(cell));
  }
  for (const cell of [Number.POSITIVE_INFINITY, 1e12, true, {}, [1], 10n ** 20n])
    assert.ok(Number.isNaN(cleanQuantity(cell, '.')), String(cell));
});

test('prices lose their currency and thousands separators, and may be zero or below', () => {
  for (const [cell, price] of [
    ['2.55', 2.55],
    [' 2.55 ', 2.55],
    ['£2.55', 2.55],
    ['$1,299.00', 1299],
    ['3 €', 3],
    [4, 4],
    [4n, 4],
    ['0', 0],
    ['0.00', 0],
    ['-0', 0],
    ['-4.50', -4.5],
    ['($4.50)', -4.5],
    [-1, -1],
  ] as const) {
    assert.is(cleanPrice(cell, '.'), price, String(cell));
  }
  for (const cell of ['', 'free', null, undefined, Number.POSITIVE_INFINITY, {}]) {
    assert.ok(Number.isNaN(cleanPrice(cell, '.')), String(cell));
  }
});

test('less than one counts as one, of a purchase and of a return', () => {
  for (const cell of ['0.350', '0,350', '.5', 0.001, '0.350 kg']) assert.is(cleanQuantity(cell, '.'), 1, String(cell));
  for (const cell of ['-0.4', '(0,5)', -0.001]) assert.is(cleanQuantity(cell, '.'), -1, String(cell));
  for (const cell of ['0', '0.000', '-0', 0, '0 kg']) assert.is(cleanQuantity(cell, '.'), 0, String(cell));
});

test('one mark before three digits is the decimal mark or separates thousands, as the column has it', () => {
  for (const [cell, withPoint, withComma] of [
    ['2,000', 2000, 2],
    ['1.200', 1, 1200],
    ['-12.345', -12, -12345],
    ['1,250 kg', 1250, 1],
  ] as const) {
    assert.is(cleanQuantity(cell, '.'), withPoint, cell);
    assert.is(cleanQuantity(cell, ','), withComma, cell);
  }
  assert.is(cleanPrice('1.299', '.'), 1.299);
  assert.is(cleanPrice('1.299', ','), 1299);
});

test('where the text itself shows the decimal mark, the column does not matter', () => {
  for (const [cell, price] of [
    ['1.299,00', 1299],
    ['1,299.00', 1299],
    ['4,20', 4.2],
    ['4.20', 4.2],
    ['1234,567', 1234.567],
    ['0,350', 0.35],
    ['1.234.567', 1234567],
    ['1,234,567', 1234567],
    ['12,34,567.5', 1234567.5],
    ['1 200,5', 1200.5],
    ['1\u202f200', 1200],
    ['1\u00a0234\u00a0567', 1234567],
    ["1'200.50", 1200.5],
    ['1’200', 1200],
    ['１２．５', 12.5],
  ] as const) {
    assert.is(cleanPrice(cell, '.'), price, cell);
    assert.is(cleanPrice(cell, ','), price, cell);
  }
});

test('units do not matter', () => {
  for (const cell of [
    '2x',
    'x2',
    '2 ×',
    '2 pcs',
    '2 Stk.',
    '2.350 kg',
    '2 pièces',
    '2,5 m²',
    '2.5 m2',
    '2 fl. oz.',
    '2個',
    '2 pc(s)',
    'x 2',
  ])
    assert.is(cleanQuantity(cell, '.'), 2, cell);
  for (const cell of ['-3 pcs', '(3 pcs)', '3-']) assert.is(cleanQuantity(cell, '.'), -3, cell);
});

test('returns are written with parentheses, a minus behind, and any minus sign', () => {
  for (const cell of ['(1)', '1-', '−1', '–1', '- 1', '﹣1', '－１', '(1.0)', '1.00-'])
    assert.is(cleanQuantity(cell, '.'), -1, cell);
  for (const cell of ['-(1)', '(-1)', '-1-', '()', '(']) assert.ok(Number.isNaN(cleanQuantity(cell, '.')), cell);
});

test('signs and codes of currencies stand before or behind a price', () => {
  for (const [cell, price] of [
    ['12,50 €', 12.5],
    ['EUR 12.50', 12.5],
    ["CHF 1'299.00", 1299],
    ['1.299,00 EUR', 1299],
    ['US$ 5', 5],
    ['R$ 1.299,90', 1299.9],
    ['Rs. 500', 500],
    ['12.-', 12],
    ['12,–', 12],
    ['99 kr', 99],
    ['100 Kč', 100],
    ['1200円', 1200],
  ] as const) {
    assert.is(cleanPrice(cell, ','), price, cell);
  }
});

test('a number shows its decimal mark unless it has one group of three digits behind it', () => {
  for (const [text, mark] of [
    ['4,20', ','],
    ['4.20', '.'],
    ['1.299,00', ','],
    ['1.234.567', ','],
    ['1,234,567', '.'],
    ['0,350', ','],
    ['45717,354', ','],
    ['2,000', 'either'],
    ['1.200 kg', 'either'],
    ['€ 4,20', ','],
    ['5,5 %', ','],
    ['12', 'none'],
    ['1 200', 'none'],
    ['tea', undefined],
    ['01.03.2025', undefined],
    ['', undefined],
  ] as const) {
    assert.is(decimalMarkIn(text), mark, text);
  }
});

test('a long text is no number, and takes no longer than reading it', () => {
  const n = 300_000;
  for (const unit of [' ', '1', '.', ',', '1,', '-', 'x', '€', '\u00a0', '1 ', '(']) {
    const text = `1${unit.repeat(n)}!`;
    assert.ok(Number.isNaN(cleanQuantity(text, '.')), unit);
    assert.ok(Number.isNaN(cleanPrice(text, '.')), unit);
    assert.is(decimalMarkIn(text), undefined, unit);
  }
});

test.run();
