import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { byteOrderProblem, createHasher } from '../../../src/model/file/checksum.ts';

const test = suite('checksum of a model file');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

test('the hash is that of the digests of pieces of 1 MiB, however the bytes arrive', async () => {
  const bytes = Uint8Array.from({ length: 2 ** 21 + 5 }, (_, i) => i * 31 + (i >> 8));
  const digests = [0, 1, 2].map((piece) => sha256(bytes.subarray(piece * 2 ** 20, (piece + 1) * 2 ** 20)));
  const expected = sha256(Buffer.concat(digests)).toString('hex');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), bytes.length];
      const hasher = createHasher();
      let start = 0;
      for (const end of ends) {
        await hasher.add(bytes.subarray(start, end));
        start = end;
      }
      assert.is(await hasher.finish(), expected);
    }),
    { numRuns: 20 },
  );
  assert.is(await createHasher().finish(), sha256(new Uint8Array()).toString('hex'));
});

test('a big-endian computer cannot read or write model files, and says so', () => {
  assert.is(byteOrderProblem(), undefined);
  assert.match(byteOrderProblem(Uint8Array.of(0, 1)) ?? '', /big-endian.*little-endian/);
});

test.run();
