import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../../src/random.ts';
import { createJsonBytes, utf8 } from '../../../src/server/answers/json-bytes.ts';

const test = suite('JSON as bytes');
const output = createJsonBytes();
const taken = () => {
  const text = new TextDecoder().decode(output.copy(0));
  output.begin();
  return text;
};

test('strings and numbers are what JSON.stringify writes', () => {
  const strings = [
    '',
    'tea',
    'a"b\\c',
    '\0\n\x7f',
    'Käse 12 €',
    '🧀',
    '\ud800',
    'x\udc00y',
    '\u2028',
    'é'.repeat(70_000),
  ];
  for (const value of strings) {
    output.string(value);
    assert.is(taken(), JSON.stringify(value));
  }
  for (const value of [0, -0, 7, -1.5, 0.1, 2.9988319873809814, 1e21, 5e-324, Number.NaN, Number.NEGATIVE_INFINITY]) {
    output.number(value);
    assert.is(taken(), JSON.stringify(value));
  }
});

test('rounded numbers have seven significant digits and no zeros at the end', () => {
  const random = createRandom(3);
  const values = [
    0, -0, 1, -2, 0.1, 9.9999999, 0.99999999, 999_999.96, 1e6, 123_456_789, 1e-4, 9.99999999e-5, 0.5, 1e300,
  ];
  for (let i = 0; i < 20_000; i++) values.push((random.uniform() - 0.5) * 10 ** (random.below(20) - 10));
  for (const value of values) {
    output.rounded(value);
    assert.is(taken(), JSON.stringify(Number(value.toPrecision(7))), String(value));
  }
  output.rounded(Number.NaN);
  assert.is(taken(), 'null');
});

test('a text begins anew without the last one, and parts of it can be copied and written again', () => {
  output.raw(utf8('[1,'));
  const from = output.length();
  output.raw(utf8('2,'));
  const to = output.length();
  assert.equal(output.copy(from), utf8('2,'));
  for (let i = 0; i < 100_000; i++) output.again(from, to);
  output.raw(utf8('3]'));
  const first = output.copy(0);
  output.begin();
  output.string('next');
  assert.is(taken(), '"next"');
  assert.is(new TextDecoder().decode(first), `[1,${'2,'.repeat(100_001)}3]`);
});

test.run();
