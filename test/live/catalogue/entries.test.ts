import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCatalogueEntries, type EntriesReader } from '../../../src/live/catalogue/entries.ts';

const test = suite('entries of a catalogue');

/** A reader that takes its time, and remembers what it was told last of each product. */
function slowReader(ms = 0) {
  const told = new Map<string, unknown>();
  let governed = 0;
  const reader: EntriesReader = {
    apply({ product, fields, addedAt }) {
      for (const until = performance.now() + ms; performance.now() < until; );
      told.set(product, { ...fields, addedAt: addedAt > 0 });
    },
    async govern() {
      governed++;
    },
  };
  return { reader, told, governed: () => governed };
}

test('each reader is told all there is, and what is new, until it is detached', async () => {
  const entries = createCatalogueEntries(undefined);
  const [early, late] = [slowReader(), slowReader()];
  await entries.attach(early.reader);
  await entries.write([{ product: 'A', fields: { price: 1, name: 'a' } }], false);
  await entries.attach(late.reader);
  await entries.write(
    [
      { product: 'A', fields: { price: 2, name: null } },
      { product: 'B', fields: {} },
    ],
    true,
  );
  const expected = [
    ['A', { price: 2, addedAt: true }],
    ['B', { addedAt: true }],
  ];
  assert.equal([[...early.told], [...late.told]], [expected, expected]);
  assert.equal(entries.fieldsOf('A'), { price: 2 });
  entries.detach(early.reader);
  await entries.write([{ product: 'B', fields: { price: 3 } }], false);
  assert.equal([early.told.get('B'), late.told.get('B')], [{ addedAt: true }, { price: 3, addedAt: true }]);
});

test('what is written while a reader is told what there is reaches it as it is in the end', async () => {
  const entries = createCatalogueEntries(undefined);
  const products = ['A', 'B', 'C', 'D'];
  await entries.write(
    products.map((product) => ({ product, fields: { price: 1 } })),
    false,
  );
  const { reader, told } = slowReader(6);
  const attached = entries.attach(reader);
  await entries.write(
    [
      { product: 'A', fields: { price: 2 } },
      { product: 'E', fields: { price: 2 } },
    ],
    false,
  );
  await attached;
  // New products may come between those that were there.
  assert.equal(Array.from(told, ([product, fields]) => [product, (fields as { price: number }).price]).sort(), [
    ...products.map((product) => [product, product === 'A' ? 2 : 1]),
    ['E', 2],
  ]);
});

test('a product file governs readers from its end on, and those that come later from their start', async () => {
  const entries = createCatalogueEntries(undefined);
  const [early, late] = [slowReader(), slowReader()];
  await entries.attach(early.reader);
  await entries.whileLoading(async () => {
    await entries.write([{ product: 'A', fields: { file: 7 } }], true);
    assert.is(early.governed(), 0);
  });
  assert.ok(early.governed() > 0);
  await entries.attach(late.reader);
  assert.ok(late.governed() > 0);
});

test.run();
