/** How much memory a model takes that is served, beside what its factors take. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { packedTextsOf } from '../../src/dataset/texts/packed.ts';
import { createShop } from '../../src/live/shop.ts';
import { loadWith, saveModel } from '../../src/model/file/file.ts';
import { packedNamesOf } from '../../src/model/texts.ts';
import { popularityOf } from '../../src/ranking/popularity.ts';
import { sharedWordsIn } from '../../src/recommending/lists/shared-words.ts';
import { finish } from '../../src/turns.ts';
import { randomModel, zipfDataset } from '../bench/data.ts';
import { absentBackend } from '../kernel/backends.ts';
import { testUnless } from '../support/skip.ts';

const test = suite('the memory of a served model');

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

// So many that threads read the file, and its texts stay bytes.
const [products, factors] = [2 ** 16, 128];
const dataset = zipfDataset(1000, products, 10_000);
const ofFactors = 4 * factors * (products + dataset.customers.length);

/** Bytes of all array buffers that are there. */
async function inArrays(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    gc();
    await setTimeout(20);
  }
  return process.memoryUsage().arrayBuffers;
}

testUnless(
  test,
  absentBackend('native'),
  'arrays take no more than 1.4 times the factors, also after swaps',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'endcap-served-memory-'));
    const path = join(folder, 'model.safetensors');
    const save = (version: string) => {
      const model = randomModel(dataset, factors);
      return saveModel({ ...model, metadata: { ...model.metadata, version } }, path);
    };
    await save('first');
    const before = await inArrays();
    const shop = await createShop({ model: path, backend: 'native', threads: 2 });
    await shop.recommend(dataset.customers[0]);
    const served = ((await inArrays()) - before) / ofFactors;
    // A quarter is the panels, and the texts are a tenth. Nothing is kept for prices, categories, and sales that nobody tells.
    assert.ok(served > 1.25 && served < 1.41, `${served} times the factors`);
    for (const version of ['second', 'third']) {
      await save(version);
      await shop.reload();
      await shop.recommend(dataset.customers[0]);
    }
    assert.is(shop.status().model.swaps, 2);
    const swapped = ((await inArrays()) - before) / ofFactors;
    assert.ok(swapped < served + 0.03, `${swapped} after swaps, ${served} before`);
    await shop.close();
    rmSync(folder, { recursive: true });
  },
);

test('what is made of all products is not counted by the engine, which would look for garbage in the middle of a swap', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-served-memory-'));
  const path = join(folder, 'model.safetensors');
  const some = randomModel(zipfDataset(10, 2 ** 17, 100), 2);
  const productInfo = some.products.map((id) => ({ name: `Article ${id} word${Number(id) % 9000}` }));
  await saveModel({ ...some, productInfo }, path);
  const model = await loadWith(path, { keepsBytes: true, leastForThreads: 0 });
  assert.ok(packedTextsOf(model.products));
  const packed = packedNamesOf(model.productInfo);
  const names = { length: model.products.length, at: () => undefined, packed: () => packed };
  gc();
  const before = getHeapStatistics().external_memory;
  const words = finish(sharedWordsIn(names))!;
  const { ranking, orders } = popularityOf(model);
  // An array of a number for each product would take half a megabyte.
  assert.ok(getHeapStatistics().external_memory - before < 2 ** 19 + 2 ** 18, 'places of digits, and bits of work');
  assert.is(words.count, 9000);
  for (const { buffer } of [words.offsets, words.words, ranking, orders as Float64Array])
    assert.instance(buffer, SharedArrayBuffer);
  rmSync(folder, { recursive: true });
});

test.run();
