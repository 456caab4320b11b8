import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../src/errors.ts';
import {
  finiteNumber,
  firstOf,
  oneOf,
  onlyKnown,
  optionalFunctions,
  optionalSignal,
  wholeNumber,
} from '../src/options.ts';

const test = suite('options');

function messageOf(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    assert.ok(error instanceof EndcapError && error.code === 'invalid_options', String(error));
    return error.message;
  }
  throw new Error('no error was thrown');
}

test('numbers in the range are returned, including both ends', () => {
  for (const value of [1, 5]) assert.is(wholeNumber('n', value, 1, 5), value);
  for (const value of [0, 0.5, 1]) assert.is(finiteNumber('share', value, 0, 1), value);
  assert.is(finiteNumber('alpha', 1e300, 0), 1e300);
  assert.is(oneOf('solver', 'cg', ['cg', 'exact']), 'cg');
});

test('other values are refused with the option, the value and what was expected', () => {
  for (const value of [0, 6, 1.5, Number.NaN, '3' as unknown as number]) {
    assert.match(
      messageOf(() => wholeNumber('n', value, 1, 5)),
      /^n: .*; expected a whole number from 1 to 5$/,
    );
  }
  for (const value of [-1, Number.NaN, Infinity, '3' as unknown as number]) {
    assert.match(
      messageOf(() => finiteNumber('alpha', value, 0)),
      /^alpha: .*; expected a number of at least 0$/,
    );
  }
  assert.is(
    messageOf(() => finiteNumber('share', 2, 0, 1)),
    'share: 2 cannot be used; expected a number from 0 to 1',
  );
  assert.is(
    messageOf(() => oneOf('solver', 'lu', ['cg', 'exact'])),
    "solver: 'lu' cannot be used; expected 'cg', 'exact'",
  );
});

test('an unknown option is refused, unless it is undefined', () => {
  onlyKnown({ n: 1, rows: undefined }, ['n']);
  assert.is(
    messageOf(() => onlyKnown({ n: 1, rows: 500 }, ['n', 'seed'])),
    'rows: 500 cannot be used; expected one of the options n, seed',
  );
});

test('signals and functions are what they say, or left out', () => {
  optionalSignal(undefined);
  optionalSignal(new AbortController().signal);
  optionalFunctions({ onProgress: undefined, onList: () => {} });
  for (const value of [null, 0, '', {}, { aborted: false }, Object.create(null), Symbol('x')]) {
    assert.match(
      messageOf(() => optionalSignal(value)),
      /^signal: .*; expected an AbortSignal$/,
    );
    assert.match(
      messageOf(() => optionalFunctions({ onProgress: value })),
      /^onProgress: .*; expected a function$/,
    );
  }
});

test('of a list, the first few are named', () => {
  assert.is(firstOf([], 2), '');
  assert.is(firstOf(['a', 'b'], 2), 'a, b');
  assert.is(firstOf(['a', 'b', 'c'], 2), 'a, b, and 1 more');
  assert.is(firstOf(Array(1234).fill('a'), 1, '; '), 'a; and 1,233 more');
});

test.run();
