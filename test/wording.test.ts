import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dateOf, dayOf, number, percent, plural } from '../src/wording.ts';

const test = suite('wording');

test('numbers have thousands apart, and two decimals at most', () => {
  for (const [value, text] of [
    [0, '0'],
    [1234.5, '1,234.5'],
    [-12_345_678, '-12,345,678'],
    [0.126, '0.13'],
  ] as const)
    assert.is(number(value), text);
});

test('one of a thing has words of its own', () => {
  const orders = (value: number) => plural(value, 'one order', '# orders');
  assert.equal([0, 1, 2, 1000].map(orders), ['0 orders', 'one order', '2 orders', '1,000 orders']);
});

test('shares below 10% have a decimal', () => {
  assert.equal([0, 0.034, 0.09, 0.1, 1].map(percent), ['0%', '3.4%', '9.0%', '10%', '100%']);
  assert.is(percent(Number.NaN), '–');
});

test('dates are in UTC, without a midnight; a time that is none is a dash', () => {
  assert.is(dateOf(Date.UTC(2025, 0, 31, 8, 30)), '2025-01-31 08:30');
  assert.is(dateOf(Date.UTC(2025, 0, 31)), '2025-01-31');
  assert.is(dayOf(Date.UTC(2025, 0, 31, 23, 59)), '2025-01-31');
  for (const time of [Number.NaN, Number.POSITIVE_INFINITY, 9e15, -9e15])
    assert.equal([dateOf(time), dayOf(time)], ['–', '–']);
});

test.run();
