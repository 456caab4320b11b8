import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { createCatalogue } from '../../../src/live/catalogue/catalogue.ts';
import { createCatalogueEntries } from '../../../src/live/catalogue/entries.ts';
import { catalogueLimits } from '../../../src/live/catalogue/limits.ts';
import { createColumns } from '../../../src/live/conditions/columns.ts';
import { createShopIds } from '../../../src/live/shop-ids.ts';
import type { ShopStore } from '../../../src/live/store/store.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('catalogue');
const rows = ['A1', 'B2'];
const ids = createShopIds({ metadata: { idCleaning: 1 } } as never);

/** A catalogue, in memory without a store, and what it says of products, by row. */
async function catalogue(store?: ShopStore, limits = catalogueLimits, entries = createCatalogueEntries(store)) {
  const said = rows.map(() => ({
    listed: true,
    name: undefined as string | undefined,
    category: undefined as string | undefined,
  }));
  const controls = {
    list: (row: number, listed: boolean) => Object.assign(said[row], { listed }),
    describe: (row: number, info: object) =>
      Object.assign(said[row], { name: undefined, category: undefined, ...info }),
  };
  const productRow = (id: string) => (rows.includes(id) ? rows.indexOf(id) : undefined);
  const columns = createColumns({ productInfo: rows.map(() => ({ name: '', category: '' })) }, () => undefined);
  const made = createCatalogue(productRow, ids, controls, columns, entries, rows, limits);
  await made.open();
  return { said, ...made, follow: entries.follow };
}

test('every field can be said', async () => {
  const { put, said, counts } = await catalogue();
  const full = {
    product: 'A1',
    available: false,
    price: 3.5,
    name: 'Tea',
    category: ['Drinks', 'Leaves'],
    url: '/tea',
    imageUrl: 'https://shop.example/tea.png',
    attributes: { organic: true, grams: 100, origin: 'Assam' },
  };
  assert.equal(await put([full, { product: 7 }]), { accepted: 2, unknownProducts: ['7'] });
  assert.equal(said[0], { listed: false, name: 'Tea', category: 'Drinks' });
  assert.equal(counts(), { products: 2, unavailable: 1, unknown: 1, notInFile: 0 });
});

test('put replaces, patch changes, and null removes', async () => {
  const { put, patch, said } = await catalogue();
  await put([{ product: 'A1', available: false, name: 'Tea' }]);
  await patch([{ product: 'A1', category: 'Drinks' }]);
  assert.equal(said[0], { listed: false, name: 'Tea', category: 'Drinks' });
  await patch([{ product: 'A1', name: null, available: null }]);
  assert.equal(said[0], { listed: true, name: undefined, category: 'Drinks' });
  await put([{ product: 'A1', name: 'Green tea' }]);
  assert.equal(said[0], { listed: true, name: 'Green tea', category: undefined });
  assert.equal(said[1], { listed: true, name: undefined, category: undefined });
});

test('whether lists may hold a product, and why not, follows what was said last, or else the product file', async () => {
  const entries = createCatalogueEntries(undefined);
  const { put, patch, standingOf, said } = await catalogue(undefined, catalogueLimits, entries);
  const standings = () => ['A1', 'B2', 'n1', 'n2'].map(standingOf);
  assert.equal(standings().slice(0, 2), ['listed', 'listed']);
  await put([{ product: 'A1', available: false }, { product: 'n1' }, { product: 'n2', available: false }]);
  assert.equal(standings(), ['unavailable', 'listed', 'listed', 'unavailable']);
  const ofFile = [
    { product: 'B2', fields: { file: 1 } },
    { product: 'n1', fields: { file: 0 } },
  ];
  await entries.whileLoading(() => entries.write(ofFile, true));
  assert.equal(standings(), ['unavailable', 'listed', 'not-in-file', 'unavailable']);
  await patch([{ product: 'A1', available: null }]);
  await put([{ product: 'n1', available: true }]);
  assert.equal(standings(), ['not-in-file', 'listed', 'listed', 'unavailable']);
  assert.equal(
    said.map(({ listed }) => listed),
    [false, true],
  );
});

test('a catalogue has an end: what is more is refused, and what is there can still change', async () => {
  const { put, patch, counts, fieldsOf } = await catalogue(undefined, { unknown: 2, attributes: 3, characters: 200 });
  const strangers = [{ product: 'X1' }, { product: 'X2' }];
  await put(strangers);
  await put([...strangers, { product: 'A1', attributes: { a: 1, b: 2, c: 3 } }]);
  const refusals = [
    () => put([{ product: 'B2' }, { product: 'X3' }]),
    () => patch([{ product: 'B2', attributes: { a: 1, d: 4 } }]),
    () => put([{ product: 'B2', name: 'x'.repeat(200) }]),
  ];
  for (const [i, what] of ['2 products', '3 names of attributes', '200 characters'].entries()) {
    const error = await endcapErrorOf(refusals[i]());
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, `products: expected at most ${what}`);
  }
  assert.is(counts().products, 3);
  assert.is(fieldsOf('B2'), undefined);
  await put([{ product: 'A1', name: 'x'.repeat(150) }]);
  assert.is((await endcapErrorOf(patch([{ product: 'B2', name: 'x'.repeat(50) }]))).code, 'invalid_options');
  await patch([{ product: 'A1', name: null }]);
  await patch([{ product: 'B2', name: 'x'.repeat(50), attributes: { d: 4, e: 5, f: 6 } }]);
});

test('what is wrong is named by its product and field, and nothing is written', async () => {
  const { put, patch, counts } = await catalogue();
  for (const [field, value] of Object.entries({
    available: 'yes',
    price: -1,
    name: '',
    category: [],
    url: 'javascript:alert(1)',
    imageUrl: 'tea.png',
    attributes: { nested: { a: 1 } },
    stock: 3,
  })) {
    const error = await endcapErrorOf(put([{ product: 'B2' }, { product: 'A1', [field]: value } as never]));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, new RegExp(`^products\\[1\\]\\.${field}\\S* of product 'A1': expected .+`));
    assert.is(error.details.product, 'A1');
  }
  for (const wrong of [[], {}, [{}], [{ product: 'null' }], new Array(1001).fill({ product: 'A1' })])
    assert.match((await endcapErrorOf(put(wrong as never))).message, /^products\S*: expected /);
  assert.match((await endcapErrorOf(put([{ product: 'A1', name: null }] as never))).message, /name of product 'A1'/);
  assert.is((await endcapErrorOf(patch([{ product: 'A1', price: '3' }] as never))).code, 'invalid_options');
  assert.is(counts().products, 0);
});

test('what a store did not say when it failed is read the next time', async () => {
  let fails = true;
  const entry = { product: 'A1', fields: { available: false }, seq: 1, addedAt: 0 };
  const productsAfter = async (seq: number) => {
    if (fails) throw new EndcapError('store_failed', 'away');
    return seq < 1 ? [entry] : [];
  };
  const { follow, counts } = await catalogue({ productsAfter } as never);
  assert.is((await endcapErrorOf(follow())).code, 'store_failed');
  fails = false;
  await follow();
  assert.is(counts().unavailable, 1);
});

test.run();
