import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setServed } from '../../../../src/live/swapping/answering.ts';
import type { Model } from '../../../../src/model/model.ts';
import { readBasket } from '../../../../src/server/page/customers/list/basket.ts';
import { buyersSection } from '../../../../src/server/page/products/buyers-section.ts';
import { findProducts, productNamed } from '../../../../src/server/page/products/search.ts';
import { smallModel } from '../../../model/models.ts';
import { endcapErrorOf } from '../../../support/errors.ts';
import { openPages } from './page-text.ts';

const test = suite('finding products');

/** The small model with these products, each of which sold so often. */
function modelOf(products: Record<string, { name?: string; category?: string; sold?: number }>): Model {
  const { boughtTogether: _, signals, ...model } = smallModel();
  const ids = Object.keys(products).sort();
  const sold = (of: number) => Float32Array.from(ids, (id) => products[id].sold ?? of);
  return {
    ...model,
    products: ids,
    productInfo: ids.map((id) => {
      const { name, category } = products[id];
      return { ...(name !== undefined && { name }), ...(category !== undefined && { category }) };
    }),
    productFactors: new Float32Array(2 * ids.length).fill(0.5),
    signals: {
      ...signals!,
      popularity: sold(1),
      uptake: sold(1),
      repeatPropensity: new Float32Array(ids.length),
    },
  };
}

const shopOf = (products: Parameters<typeof modelOf>[0]) => openPages(modelOf(products));
const idsOf = (found: Awaited<ReturnType<typeof findProducts>>) => found.products.map(({ product }) => product);

test('what sells best comes first among what matches as well, and the rest is counted', async () => {
  const { answering, close } = await shopOf({
    m1: { name: 'Red mug', sold: 3 },
    m2: { name: 'Blue mug', sold: 9 },
    m3: { name: 'Mugwort', sold: 5 },
    mug: { name: 'Tall glass', sold: 1 },
    t1: { name: 'Tea', category: 'Mugs and tea', sold: 99 },
  });
  assert.equal(idsOf(await findProducts(answering, 'mug')), ['mug', 'm2', 'm3', 'm1', 't1']);
  const { products, more, meant } = await findProducts(answering, 'mu', 2);
  assert.equal([products.map(({ product }) => product), more, meant], [['mug', 'm2'], 3, undefined]);
  assert.equal(await findProducts(answering, '  '), { products: [], more: 0, isReading: false });
  assert.equal(await findProducts(answering, 'coffee'), { products: [], more: 0, isReading: false });
  await close();
});

test('a search ends with whoever asked for it', async () => {
  const { answering, close } = await shopOf({ m1: { name: 'Red mug' }, m2: {}, m3: {}, m4: {} });
  const ended = AbortSignal.abort();
  for (const search of [
    () => findProducts(answering, 'mug', 20, ended),
    () => productNamed(answering, 'mug', ended),
    () => readBasket('mug', answering, () => ended),
    () => buyersSection({ answering, root: '', signal: ended }, 0),
  ])
    assert.is((await endcapErrorOf(search())).code, 'aborted');
  await close();
});

test('a product is meant if its id, the name of no other, or something that only it has was typed', async () => {
  const { answering, close } = await shopOf({
    a1: { name: 'Mug' },
    a2: { name: 'Mug' },
    b1: { name: 'Tea' },
    b2: { name: 'Tea towel' },
  });
  for (const [typed, meant] of [
    ['a1', 'a1'],
    ['A2', 'a2'],
    ['mug', undefined],
    ['TEA', 'b1'],
    ['towel', 'b2'],
    ['te', undefined],
    ['a', undefined],
  ] as const)
    assert.is((await findProducts(answering, typed)).meant?.product, meant, typed);
  await close();
});

test('a whole name is the product that no other is called, by the orders or the catalogue', async () => {
  const { answering, shop, close } = await shopOf({
    a1: { name: 'Mug' },
    a2: { name: 'Mug, red', category: 'Tea' },
    a3: { name: 'mug red' },
    a4: { name: 'Bowl' },
    a5: { name: 'Bowl' },
  });
  await shop.putProducts([
    { product: 'a1', name: 'Mug' },
    { product: 'n1', name: 'Thé' },
    { product: 'n2', name: 'Bowl' },
    { product: 'a3', name: 'Jug' },
  ]);
  for (const [typed, meant] of [
    ['mug', 'a1'],
    ['MUG, RED', 'a2'],
    ['mug red', 'a3'],
    ['jug', 'a3'],
    ['the', 'n1'],
    ['bowl', undefined],
    ['mu', undefined],
    ['tea', undefined],
  ] as const)
    assert.is((await productNamed(answering, typed)).meant?.product, meant, typed);
  await close();
});

test('what the catalogue says counts as well, at once, and so do products that only it has', async () => {
  const { answering, shop, close } = await shopOf({ a1: { name: 'Mug' }, a2: { name: 'Bowl' } });
  assert.equal(idsOf(await findProducts(answering, 'mug')), ['a1']);
  await shop.putProducts([
    { product: 'n1', name: 'New mug', category: ['Kitchen', 'Gifts'] },
    { product: 'a2', name: 'Mug without a handle', available: false },
    { product: 'a1', name: 'Mug' },
  ]);
  const { products } = await findProducts(answering, 'mug');
  assert.equal(
    products,
    [
      { product: 'a1', row: 0, name: 'Mug', category: undefined },
      { product: 'a2', row: 1, name: 'Mug without a handle', category: undefined },
      { product: 'n1', row: undefined, name: 'New mug', category: 'Kitchen' },
    ].map(({ category, ...rest }) => (category ? { ...rest, category } : rest)),
  );
  assert.is((await findProducts(answering, 'kitchen')).meant?.product, 'n1');
  assert.is((await findProducts(answering, 'n1')).meant?.product, 'n1');
  await shop.putProducts([{ product: 'n1', name: 'Old cup' }]);
  assert.equal(idsOf(await findProducts(answering, 'new')), []);
  assert.equal(idsOf(await findProducts(answering, 'old')), ['n1']);
  await close();
});

test('a search does not wait for a catalogue that takes long to read, and says so', async () => {
  const { answering, close } = await openPages(modelOf({ a1: { name: 'Mug' }, a2: {} }), { isShop: false });
  const entries = { entryOf: () => undefined, attach: () => new Promise(() => {}) };
  setServed(
    answering,
    () => ({ ids: { product: () => undefined }, catalogue: { entries, fieldsOf: () => undefined } }) as never,
  );
  const { products, isReading } = await findProducts(answering, 'mug');
  assert.equal([products.map(({ product }) => product), isReading], [['a1'], true]);
  await close();
});

test('any product is found by its id, whatever that is', async () => {
  const anyId = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(anyId, { minLength: 2, maxLength: 8 }), async (ids) => {
      const { answering, close } = await openPages(modelOf(Object.fromEntries(ids.map((id) => [id, {}]))), {
        isShop: false,
      });
      for (const id of ids.filter((id) => id.trim() === id))
        assert.is((await findProducts(answering, id)).meant?.product, id);
      await close();
    }),
    { numRuns: 20 },
  );
});

test.run();
