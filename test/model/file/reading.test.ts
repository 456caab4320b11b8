import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { type Fail, unreadable } from '../../../src/model/file/layout.ts';
import { readTensors } from '../../../src/model/file/reading.ts';
import type { Pace } from '../../../src/turns.ts';
import { testUnless } from '../../support/skip.ts';

const test = suite('reading a model file');

const fail: Fail = (reason, problem, details) => {
  throw unreadable('m.safetensors', reason, problem, details);
};

/** Why a file is refused whose only tensor has so many numbers. Nothing of it is read. */
async function refusalOf(numbers: number): Promise<string> {
  const [begin, end] = [0, 4 * numbers];
  const source = { size: 100 + end, read: async () => assert.unreachable('it was read') };
  const tensors = new Map([['customer_factors', { dtype: 'F32', shape: [numbers, 1], begin, end }]]);
  const early = { names: new Set<string>(), *make() {} };
  try {
    await readTensors(source, new Uint8Array(100), tensors, fail, early, new Map(), { pieceBytes: 2 ** 20 });
  } catch (error) {
    assert.ok(error instanceof EndcapError && error.details.reason === 'too_large', String(error));
    assert.is(error.details.tensor, 'customer_factors');
    return error.message;
  }
  return assert.unreachable('it was not refused') as never;
}

test('a tensor that no memory holds is refused', async () => {
  assert.match(await refusalOf(2 ** 50), /does not fit in memory: .*, or a computer with more memory/);
});

const isOld = Number(process.versions.node.split('.')[0]) < 22;
testUnless(
  test,
  isOld ? undefined : 'Node has such arrays from version 22 on',
  'one of more numbers than an array has in this version of Node is refused, and later versions are named',
  async () =>
    assert.match(await refusalOf(2 ** 32 + 1), /has no array of more than 2\^32 numbers; use Node 22 or later/),
);

/** How much was read at a time, at most, of 9 MiB, and how many pieces were hashed meanwhile. */
async function readIn(pace: Pace): Promise<{ mostBytes: number; mostHashed: number }> {
  const { subtle } = globalThis.crypto;
  let [mostBytes, mostHashed, hashed] = [0, 0, 0];
  const digest = subtle.digest.bind(subtle);
  subtle.digest = (...given) => {
    hashed++;
    return digest(...given).finally(() => hashed--);
  };
  const source = {
    size: 100 + 9 * 2 ** 20,
    async read({ length }: Uint8Array) {
      mostBytes = Math.max(mostBytes, length);
      mostHashed = Math.max(mostHashed, hashed);
    },
  };
  const tensors = new Map([['factors', { dtype: 'F32', shape: [9, 2 ** 18], begin: 0, end: 9 * 2 ** 20 }]]);
  const early = { names: new Set<string>(), *make() {} };
  const options = { pieceBytes: 3 * 2 ** 20, ...pace };
  try {
    await readTensors(source, new Uint8Array(100), tensors, fail, early, new Map(), options);
  } catch (error) {
    // The file claims no checksum.
    assert.is((error as EndcapError).details.reason, 'checksum');
  } finally {
    subtle.digest = digest;
  }
  return { mostBytes, mostHashed };
}

test('in the background, it is read and hashed a piece after the other, on one thread at a time', async () => {
  assert.equal(await readIn({ inBackground: true }), { mostBytes: 2 ** 20, mostHashed: 0 });
  const { mostBytes, mostHashed } = await readIn({});
  assert.is(mostBytes, 3 * 2 ** 20);
  assert.ok(mostHashed > 0);
});

test.run();
