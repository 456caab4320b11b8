import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestBytes, pieceBytes } from '../../../src/model/file/checksum.ts';
import { bytesOfBit, readPiece } from '../../../src/model/file/pieces.ts';
import { sumOfSquares } from '../../../src/model/panel-order.ts';

const test = suite('pieces of model files');

const width = 48;
// A bit of the file, and then three arrays, of which one is empty.
const lengths = [1000, 4 * width * 7000, 0, 700_000];
const file = Uint8Array.from({ length: lengths.reduce((sum, length) => sum + length) }, (_, i) => (i * 31) % 63);
const pieces = Math.ceil(file.length / pieceBytes);

/** Reads all pieces. @param most bytes that the system gives at a time. */
function readAll(most: number, rest?: () => void) {
  const parts = lengths.map((length) => new Uint8Array(length));
  parts[0].set(file.subarray(0, lengths[0]));
  const look = { part: 1, width, squares: new Float32Array(7000), doubt: new Int32Array(1) };
  const digests = new Uint8Array(pieces * digestBytes);
  const reads: [at: number, bytes: number][] = [];
  const read = (into: Uint8Array, at: number) => {
    const bytes = file.subarray(at, at + Math.min(into.length, most));
    into.set(bytes);
    reads.push([at, bytes.length]);
    return bytes.length;
  };
  for (let piece = 0; piece < pieces; piece++) readPiece({ parts, looks: [look], digests, read, rest }, piece);
  return { parts, look, digests, reads };
}

for (const most of [file.length, 10_000])
  test(`each byte is read once into its place, hashed, and looked at, ${most} at a time`, () => {
    const { parts, look, digests, reads } = readAll(most);
    assert.ok(Buffer.concat(parts).equals(file));
    for (let piece = 0; piece < pieces; piece++)
      assert.equal(
        Buffer.from(digests.subarray(piece * digestBytes, (piece + 1) * digestBytes)),
        createHash('sha256')
          .update(file.subarray(piece * pieceBytes, (piece + 1) * pieceBytes))
          .digest(),
      );
    assert.is(
      reads.reduce((sum, [, bytes]) => sum + bytes, 0),
      file.length - lengths[0],
    );
    const values = new Float32Array(parts[1].buffer);
    assert.is(look.doubt[0], 0);
    assert.is(look.squares[9], Math.fround(sumOfSquares(values, 9 * width, 10 * width)));
  });

test('who lets others go first never reads more than a bit between two rests', () => {
  let [sinceRest, longest, rests] = [0, 0, 0];
  const counted = readAll(file.length, () => {
    rests++;
    sinceRest = 0;
  });
  assert.ok(counted.reads.every(([, bytes]) => bytes <= bytesOfBit));
  assert.ok(rests >= file.length / bytesOfBit, `${rests}`);
  const parts = lengths.map((length) => new Uint8Array(length));
  const digests = new Uint8Array(pieces * digestBytes);
  const read = (into: Uint8Array) => {
    sinceRest += into.length;
    longest = Math.max(longest, sinceRest);
    return into.length;
  };
  for (let piece = 0; piece < pieces; piece++)
    readPiece({ parts, looks: [], digests, read, rest: () => (sinceRest = 0) }, piece);
  assert.is(longest, bytesOfBit);
});

test('a file that ends too early is an error', () => {
  const parts = [new Uint8Array(8), new Uint8Array(100)];
  const digests = new Uint8Array(digestBytes);
  const read = (_: Uint8Array, at: number) => (at < 50 ? 10 : 0);
  assert.throws(() => readPiece({ parts, looks: [], digests, read }, 0), /ends too early/);
});

test.run();
