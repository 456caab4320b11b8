import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import type { Backend } from '../../../src/kernel/kernel.ts';
import { createShop } from '../../../src/live/shop.ts';
import type { Shop } from '../../../src/live/types.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { absentBackend } from '../../kernel/backends.ts';
import { testUnless } from '../../support/skip.ts';

const test = suite('the memory of swaps');

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const orders = await readOrders(sampleOrders({ lines: 600 }));
const models = await Promise.all([1, 2].map((seed) => fit(orders, { factors: 8, iterations: 1, threads: 1, seed })));
const [{ products, customers }] = models;

/** What kernels and models take: each buffer that threads share, and each memory of WebAssembly. */
const taken = new Set<WeakRef<object>>();
type Constructor = new (...args: unknown[]) => object;
const counting = (of: Constructor): Constructor =>
  new Proxy(of, {
    construct(target, args): object {
      const memory: object = Reflect.construct(target, args);
      taken.add(new WeakRef(memory));
      return memory;
    },
  });
const made = globalThis as unknown as { SharedArrayBuffer: Constructor; WebAssembly: { Memory: Constructor } };
made.SharedArrayBuffer = counting(made.SharedArrayBuffer);
made.WebAssembly.Memory = counting(made.WebAssembly.Memory);

/** How many of them are still there, once what can be collected was. */
async function left(): Promise<number> {
  for (let i = 0; i < 6; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return [...taken].filter((memory) => memory.deref() !== undefined).length;
}

async function useAll(shop: Shop): Promise<void> {
  await shop.recommend(customers[0], { explain: true });
  await shop.recommendForBasket([products[0]]);
  await shop.similarProducts(products[0]);
  await shop.similarCustomers(customers[0]);
  await shop.recommend('new', { filter: { field: 'price', max: 9 } });
  for await (const _ of shop.recommendAll({ n: 2 }));
}

for (const backend of ['native', 'wasm'] as Backend[]) {
  testUnless(test, absentBackend(backend), `20 swaps leave nothing behind: ${backend}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'endcap-swap-memory-'));
    const path = join(folder, 'model.safetensors');
    await saveModel(models[0], path);
    const shop = await createShop({ model: path, store: join(folder, 'shop.db'), backend, threads: 1 });
    await shop.recordPurchases([{ customer: 'new', order: 'w1', product: products[0], quantity: 1 }]);
    await shop.putProducts([{ product: products[1], price: 3 }]);
    const served: WeakRef<object>[] = [];
    const swap = async (i: number) => {
      await saveModel(models[i % 2], path);
      await shop.reload();
      await useAll(shop);
      served.push(new WeakRef(shop.model));
    };
    for (let i = 1; i <= 2; i++) await swap(i);
    const before = await left();
    for (let i = 3; i <= 20; i++) await swap(i);
    const after = await left();
    assert.is(shop.status().model.swaps, 20);
    assert.is(served.filter((model) => model.deref() !== undefined).length, 1);
    assert.ok(after <= before, `${after} after, ${before} before`);
    await shop.close();
    rmSync(folder, { recursive: true });
  });
}

test.run();
