import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { csvCell } from '../../src/page/csv-cell.ts';

const test = suite('cells of CSV');

test('numbers, and all else that is not a formula, are left alone', () => {
  for (const text of ['-42', '+1', '-1.5', '+.5', '-1e5', '17850', 'A-1', 'a=b', 'e@mail.org', 'A "B"', "'quoted'"]) {
    assert.is(csvCell(text, false), csvCell(text, true), text);
  }
  for (const [text, cell] of [
    ['-42', '-42'],
    ['--42', `"'--42"`],
    ['-42-', `"'-42-"`],
    ['+1 pack', `"'+1 pack"`],
    ['=A"1"', `"'=A""1"""`],
    ['a;-42', `"a;'-42"`],
  ] as const) {
    assert.is(csvCell(text, false), cell);
  }
});

test.run();
