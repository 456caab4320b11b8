import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesOf } from '../../../src/bytes.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import {
  noGroup,
  packedLength,
  panelError,
  panelGroup,
  panelHead,
  panelLength,
  panelNorm,
  panelScale,
  panelWidth,
} from '../../../src/kernel/operations/operations.ts';
import { loadWith } from '../../../src/model/file/file.ts';
import { decodeInPieces, decodeModel, encodeModel, encodeWith } from '../../../src/model/file/format.ts';
import { roomsIn } from '../../../src/model/file/kernel-room.ts';
import { panelsOf, takePanels } from '../../../src/model/file/panels.ts';
import type { Model } from '../../../src/model/model.ts';
import { createRecommender, openModel } from '../../../src/recommending/create.ts';
import { packCandidates, padIn } from '../../../src/recommending/scoring/candidates.ts';
import { recommendHere } from '../../../src/recommending/web/here.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { train } from '../../../src/tuning/train.ts';
import { randomModel, zipfDataset } from '../../bench/data.ts';
import { backends, openBackend } from '../../kernel/backends.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { taken, withTensor, withTensors } from '../../support/model-bytes.ts';
import { assertSame, joined } from '../models.ts';

const test = suite('panels of a model file');

const modelOf = (products: number, factors: number) => randomModel(zipfDataset(40, products, 400), factors);

/** With a ranking, whose priors are in the order of panels. */
const ranked = await train(await readOrders(sampleOrders({ lines: 2000 })), { factors: 16, iterations: 2, fast: true });

/** What `native/packing.hpp` says of a panel holds for each of its products. */
function assertBounds(model: Model): void {
  const { products, factors, productFactors } = model;
  const { order, packed } = panelsOf(model);
  const bytes = new Uint8Array(packed.buffer);
  const size = packedLength(1, factors);
  assert.equal(Uint32Array.from(order).sort(), Uint32Array.from(products.keys()));
  for (const [place, row] of order.entries()) {
    const at = Math.floor(place / panelWidth) * size;
    const [scale, error, length, norm] = [panelScale, panelError, panelLength, panelNorm].map(
      (head) => packed[at + head],
    );
    let [lost, squares, own] = [0, 0, 0];
    for (let k = 0; k < factors; k++) {
      const whole = bytes[4 * (at + panelHead + panelWidth * (k >> 2) + (place % panelWidth)) + (k & 3)] - 64;
      assert.ok(Math.abs(whole) <= 63);
      const factor = productFactors[row * factors + k];
      lost += (factor * scale - whole) ** 2;
      squares += whole ** 2;
      own += factor ** 2;
    }
    assert.ok(Math.sqrt(lost) <= error && Math.sqrt(squares) <= length && Math.sqrt(own) <= norm, `place ${place}`);
    assert.is(new Uint32Array(packed.buffer)[at + panelGroup], noGroup);
  }
}

test('the bounds of panels hold for every product, at any number of products and factors, and for any size of factors', () => {
  for (const [products, factors] of [
    [1, 1],
    [16, 4],
    [17, 5],
    [33, 16],
    [100, 33],
  ]) {
    const model = modelOf(products, factors);
    assertBounds(model);
    for (const by of [0, 1e-30, 1e-16, 1e13])
      assertBounds({ ...model, productFactors: model.productFactors.map((factor) => factor * by) });
  }
});

test('files of earlier versions have the same panels', () => {
  const productFactors = Float32Array.from({ length: 40 * 7 }, (_, i) => ((i * 37) % 101) / 8 - 6);
  const { order, packed } = panelsOf({ ...modelOf(40, 7), productFactors });
  const hash = createHash('sha256').update(bytesOf(order)).update(bytesOf(packed)).digest('hex');
  assert.is(hash.slice(0, 16), 'c80316c4ffd532ee');
});

test('panels are those that every kernel would make', () => {
  const model = modelOf(100, 21);
  const { order, packed } = panelsOf(model);
  const bytes = new Uint8Array(packed.buffer);
  for (const backend of backends.filter(({ absent }) => !absent)) {
    const kernel = openBackend(backend);
    const own = packCandidates(kernel, padIn(kernel, model.productFactors, 21), 21);
    assert.equal([...order], [...own.order]);
    const ownBytes = new Uint8Array(own.packed.buffer, own.packed.byteOffset, own.packed.byteLength);
    const size = packedLength(1, 21);
    for (let word = 0; word < packed.length; word++) {
      const place = word % size;
      if (place < panelHead) {
        assert.ok(Object.is(packed[word], own.packed[word]) || Math.abs(packed[word] / own.packed[word] - 1) < 1e-5);
      } else
        for (let at = 4 * word; at < 4 * word + 4; at++)
          // What lies in the middle may be rounded either way.
          assert.ok(Math.abs(bytes[at] - ownBytes[at]) <= 1, `${backend.name}, byte ${at}`);
    }
    void kernel.close();
  }
});

test('lists of a model that is served as its file has it are those of one that is packed here', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'endcap-panels-'));
  try {
    const { metadata } = ranked;
    // With priors above what panels have in files.
    const rising: Model = { ...ranked, metadata: { ...metadata, ranking: { ...metadata.ranking!, trend: -2 } } };
    for (const model of [modelOf(300, 16), modelOf(50, 21), ranked, rising]) {
      const path = join(directory, 'shop.safetensors');
      const file = joined(await encodeWith(model, 0));
      await writeFile(path, file);
      for (const options of [{}, { backend: 'wasm' }] as const) {
        const { serve } = await openModel(path, { ...options, threads: 1 });
        const { recommender: served } = await serve();
        const packed = createRecommender(model, { ...options, threads: 1 });
        const given = await recommendHere(file, openKernel({ ...options, threads: 1 }));
        for (const id of model.customers.slice(0, 12))
          for (const asked of [
            { n: 10 },
            { n: 4, perCategory: 1, diversity: 0.2 },
            { n: 3, purchased: 'exclude' as const },
          ]) {
            const list = await packed.recommend(id, asked);
            assert.equal(await served.recommend(id, asked), list);
            assert.equal(await given.recommend(id, asked), list);
          }
        await Promise.all([served.close(), packed.close(), given.close()]);
      }
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('they are read into the memory of the kernel, by threads or here, and are there for one who asks', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'endcap-panels-'));
  try {
    const path = join(directory, 'shop.safetensors');
    // Several pieces, of which rows go across.
    const model = modelOf(12_000, 33);
    await writeFile(path, joined(await encodeWith(model, 0)));
    const expected = panelsOf(model);
    for (const options of [{}, { backend: 'wasm' }] as const) {
      const kernel = openKernel({ ...options, threads: 1 });
      for (const leastForThreads of [0, Number.POSITIVE_INFINITY]) {
        const loaded = await loadWith(path, { memory: kernel.memory, leastForThreads });
        const panels = takePanels(loaded)!;
        assert.is(takePanels(loaded), undefined);
        for (const array of [panels.order, panels.packed, panels.lengths]) assert.ok(kernel.memory.shares(array));
        assert.equal([...panels.order], [...expected.order]);
        assert.is(Buffer.compare(bytesOf(panels.packed), bytesOf(expected.packed)), 0);
        for (const row of [0, 1, 7943, 11_999]) {
          const length = Math.hypot(...model.productFactors.subarray(33 * row, 33 * (row + 1)));
          assert.ok(Math.abs(panels.lengths[row] / length - 1) < 1e-6);
        }
        assert.is(panels.longest, Math.max(...panels.lengths));
      }
      assert.is(takePanels(await loadWith(path)), undefined);
      await kernel.close();
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('only files of many products have them', async () => {
  const has = (file: Uint8Array) => 'product_panels' in taken(file).header;
  assert.not(has(joined(await encodeModel(modelOf(100, 16)))));
  assert.ok(has(joined(await encodeModel(modelOf(2 ** 16, 16)))));
});

test('a file without them, or with half of them, is served all the same; panels that are none are refused', async () => {
  const model = ranked;
  const { metadata } = model;
  const file = joined(await encodeWith(model, 0));
  const [kernel] = backends.filter(({ absent }) => !absent).map((backend) => openBackend(backend));
  const read = (bytes: Uint8Array) => decodeInPieces(bytes, 'm', { pieceBytes: 1000, ...roomsIn(kernel.memory) });
  const plain = joined(await encodeWith(model, Number.POSITIVE_INFINITY));
  const { header, data } = taken(file);
  for (const names of [[], ['product_order'], ['product_panels']]) {
    const added = names.map((name) => {
      const { data_offsets: place, ...entry } = header[name] as {
        dtype: string;
        shape: number[];
        data_offsets: number[];
      };
      return [name, { ...entry, bytes: data.subarray(...place) }];
    });
    const half = await read(await withTensors(plain, Object.fromEntries(added)));
    assert.is(takePanels(half), undefined);
    assertSame(half, model);
  }
  const { order, packed } = panelsOf(model);
  const at = (place: number, value: number) => Float32Array.from(packed, (word, i) => (i === place ? value : word));
  const { length: count } = order;
  for (const [name, values, words] of [
    ['product_order', order.map(() => order[0]), /product_order of place 1 is/],
    ['product_order', order.map((row, i) => (i === 0 ? count : row)), /product_order of place 0 is/],
    ['product_order', order.map((row, i) => (i === 0 ? 0xffffffff : row)), /product_order of place 0 is/],
    ['product_panels', at(panelNorm, 0), /ends at a length of 0/],
    ['product_panels', at(panelNorm, Number.NaN), /bounds that none can have/],
    ['product_panels', at(panelError, Number.POSITIVE_INFINITY), /bounds that none can have/],
    ['product_panels', at(panelLength, -1), /bounds that none can have/],
    ['product_panels', at(panelScale, 0), /bounds that none can have/],
    ['product_panels', at(panelScale, 1e-30), /bounds that none can have/],
  ] as const) {
    const forged = await withTensor(file, name, values);
    const error = await endcapErrorOf(read(forged));
    assert.is(error.details.reason, 'values');
    assert.match(error.message, words);
    // Whoever has no kernel for them does not read them.
    assert.equal((await decodeModel(forged)).metadata, metadata);
  }
  await kernel.close();
});

test.run();
