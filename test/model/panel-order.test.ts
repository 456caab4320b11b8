import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { highestPriorFirst, longestFirst, rootsOf, squaresIn, sumOfSquares } from '../../src/model/panel-order.ts';
import { finish } from '../../src/turns.ts';

const test = suite('order of panels');

test('sums of squares are those of a plain loop, from anywhere to anywhere', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 20 }), fc.nat(20), (numbers, start) => {
      const from = Math.min(start, numbers.length);
      let sum = 0;
      for (const number of numbers.slice(from)) sum += number * number;
      assert.is(sumOfSquares(Float32Array.from(numbers), from, numbers.length), sum);
    }),
  );
});

test('rows come longest first, each once, and within a run by prior', () => {
  const count = 3000;
  const length = (row: number) => 1 + ((row * 7) % 4);
  const rows = Float32Array.from({ length: 3 * count }, (_, i) => (i % 3 === 1 ? length((i - 1) / 3) : 0));
  const squares = finish(squaresIn(rows, 3, new Float32Array(count)));
  const order = finish(longestFirst(squares, new Uint32Array(count)));
  const expected = Array.from({ length: count }, (_, row) => row).sort((a, b) => length(b) - length(a));
  assert.equal([...order], expected);
  finish(
    highestPriorFirst(
      order,
      Float32Array.from({ length: count }, (_, row) => -row),
    ),
  );
  for (let i = 0; i < 512; i++) assert.is(order[i], expected[i]);
  finish(
    highestPriorFirst(
      order,
      Float32Array.from({ length: count }, (_, row) => row),
    ),
  );
  for (let i = 0; i < 512; i++) assert.is(order[i], expected[511 - i]);
  assert.is(finish(rootsOf(squares)).longest, 4);
  assert.equal(
    [...squares],
    Array.from({ length: count }, (_, row) => length(row)),
  );
});

test.run();
