import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeInPieces, decodeModel, encodeModel } from '../../src/model/file/format.ts';
import type { Model } from '../../src/model/model.ts';
import { forged, taken } from '../support/model-bytes.ts';
import { anyModel, assertSame, joined, smallModel } from './models.ts';

const test = suite('tensors of a model file');

/** Reads a model, and lists the reads as [first byte, bytes]. */
async function readInPieces(file: Uint8Array, pieceBytes: number): Promise<{ model: Model; reads: number[][] }> {
  const reads: number[][] = [];
  const source = {
    size: file.length,
    read: async (into: Uint8Array, at: number) => {
      reads.push([at, into.length]);
      into.set(file.subarray(at, at + into.length));
    },
  };
  return { model: await decodeInPieces(source, 'm.safetensors', { pieceBytes }), reads };
}

test('the length of a read changes nothing, whatever parts of a model are absent or empty', async () => {
  await fc.assert(
    fc.asyncProperty(anyModel, fc.constantFrom(7, 64, 1000), async (model, pieceBytes) => {
      const file = joined(await encodeModel(model));
      assertSame((await readInPieces(file, pieceBytes)).model, model);
    }),
    { numRuns: 200 },
  );
});

test('an empty tensor may be next to one that takes several reads', async () => {
  const ids = (what: string, count: number) => Array.from({ length: count }, (_, i) => `${what} with a long id ${i}`);
  const [customers, products] = [ids('customer', 9), ids('product', 8)];
  const { signals: _, boughtTogether: __, metadata, ...rest } = smallModel();
  const { ranking: ___, ...unranked } = metadata;
  const model: Model = {
    ...rest,
    customers,
    products,
    productInfo: products.map(() => ({})),
    customerFactors: new Float32Array(18).fill(1),
    productFactors: new Float32Array(16).fill(2),
    purchases: { offsets: new Uint32Array(10), products: new Uint32Array() },
    metadata: unranked,
  };
  const file = joined(await encodeModel(model));
  const { header } = taken(file);
  const bytesOf = (name: string) => (header[name] as { data_offsets: number[] }).data_offsets;
  assert.is(bytesOf('product_categories')[0], bytesOf('product_categories')[1]);
  assert.is(bytesOf('product_categories')[0], bytesOf('product_ids')[0]);
  for (const pieceBytes of [1, 7, 64]) assertSame((await readInPieces(file, pieceBytes)).model, model);
});

test('a model without customers, products or names is decoded', async () => {
  const { signals: _, boughtTogether: __, metadata, ...rest } = smallModel();
  const { ranking: ___, ...unranked } = metadata;
  const none: Model = {
    ...rest,
    customers: [],
    products: [],
    productInfo: [],
    customerFactors: new Float32Array(),
    productFactors: new Float32Array(),
    purchases: { offsets: new Uint32Array(1), products: new Uint32Array() },
    metadata: unranked,
  };
  const file = joined(await encodeModel(none));
  for (const pieceBytes of [1, 7, 64]) assertSame((await readInPieces(file, pieceBytes)).model, none);
});

test('every byte is read once, in order, and no read is empty or longer than a piece', async () => {
  const file = joined(await encodeModel(smallModel()));
  const headBytes = file.length - taken(file).data.length;
  for (const pieceBytes of [1, 7, 64, 2 ** 20]) {
    const { reads } = await readInPieces(file, pieceBytes);
    let at = headBytes;
    for (const [from, bytes] of reads.filter(([from]) => from >= headBytes)) {
      assert.is(from, at);
      assert.ok(bytes > 0 && bytes <= pieceBytes, `a read of ${bytes} bytes`);
      at += bytes;
    }
    assert.is(at, file.length);
  }
});

test('a tensor that this version does not know is ignored, whatever its name', async () => {
  const { header, data } = taken(joined(await encodeModel(smallModel())));
  for (const name of ['later_signal', 'constructor', '__proto__']) {
    const more = `"${name}":{"dtype":"U8","shape":[3],"data_offsets":[${data.length},${data.length + 3}]}`;
    const file = await forged(
      JSON.parse(JSON.stringify(header).replace(/}$/, `,${more}}`)),
      joined([data, new Uint8Array(3)]),
    );
    assertSame(await decodeModel(file), smallModel());
  }
});

test.run();
