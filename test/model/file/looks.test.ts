import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesOf } from '../../../src/bytes.ts';
import { lookAcross, lookAt } from '../../../src/model/file/looks.ts';
import { sumOfSquares } from '../../../src/model/panel-order.ts';

const test = suite('looks');

/** Looks at a tensor that begins somewhere in a file, piece by piece, in any order. */
function looked(values: Float32Array, width: number, begin: number, pieceBytes: number, first = 0) {
  const squares = new Float32Array(Math.ceil(values.length / width));
  const look = { part: 1, width, squares, doubt: new Int32Array(1) };
  const bytes = bytesOf(values);
  const cuts: [number, number][] = [];
  for (let piece = Math.floor(begin / pieceBytes); piece * pieceBytes < begin + bytes.length; piece++)
    cuts.push([Math.max(0, piece * pieceBytes - begin), Math.min(bytes.length, (piece + 1) * pieceBytes - begin)]);
  for (let i = 0; i < cuts.length; i++) {
    const [from, to] = cuts[(i + first) % cuts.length];
    lookAt(look, bytes.subarray(from, to), from);
  }
  lookAcross(look, bytes, begin, pieceBytes);
  return { squares, doubt: look.doubt[0] };
}

test('however a tensor is cut into pieces, the squared length of each row is found, and nothing is doubted', () => {
  fc.assert(
    fc.property(
      fc.record({
        width: fc.integer({ min: 1, max: 9 }),
        rows: fc.nat(30),
        begin: fc.nat(20),
        piece: fc.integer({ min: 9, max: 40 }),
        first: fc.nat(9),
      }),
      ({ width, rows, begin, piece, first }) => {
        const values = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i));
        const { squares, doubt } = looked(values, width, 4 * begin, 4 * piece, first);
        assert.is(doubt, 0);
        for (let row = 0; row < rows; row++)
          assert.is(squares[row], Math.fround(sumOfSquares(values, row * width, (row + 1) * width)), `row ${row}`);
      },
    ),
  );
});

test('what is no factor is doubted wherever it is, and so is what is in pieces of numbers', () => {
  const width = 5;
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.1e15, -3e38])
    for (let at = 0; at < 40; at++) {
      const values = new Float32Array(40).fill(1);
      values[at] = odd;
      assert.is(looked(values, width, 8, 64).doubt, 1, `${odd} at ${at}`);
    }
  assert.is(looked(new Float32Array(40).fill(1e14), width, 8, 64).doubt, 0);
  assert.is(looked(new Float32Array(40), width, 6, 64).doubt, 1);
});

test.run();
