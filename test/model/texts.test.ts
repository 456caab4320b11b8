import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProductInfo } from '../../src/dataset/dataset.ts';
import { endToEnd, forgetText, packedAt, textAtOf, textsView } from '../../src/dataset/texts/packed.ts';
import { areTexts, type PackedStrings, packStrings, textIn } from '../../src/dataset/texts/strings.ts';
import { areSurelySorted, comparerOf, rowOfText } from '../../src/dataset/texts/text-order.ts';
import { infoReaderOf, packedIn, viewsOf } from '../../src/model/texts.ts';
import { piecesOf, resultOf } from '../support/pieces.ts';

const test = suite('texts as bytes');

/** Any text, and many that are alike, or of one byte, or of characters whose order in UTF-8 and UTF-16 differs. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\uffee', '\u{1f600}', '\ud83d'), maxLength: 6 }),
  fc.constantFrom('p', 'p1', 'p10', 'x'.repeat(70), `${'x'.repeat(70)}é`),
);

function packed(strings: readonly string[], isOverwritten = false) {
  const { bytes, offsets } = packStrings(strings);
  return packedAt(bytes, offsets, isOverwritten);
}

const view = (strings: readonly string[]) => views(strings).products;

function views(products: readonly string[], customers: readonly string[] = [], info: readonly ProductInfo[] = []) {
  const categories = [...new Set(info.map(({ category }) => category ?? ''))];
  return viewsOf({
    customers: packed(customers, true),
    products: packed(products),
    info: {
      names: packed(info.map(({ name }) => name ?? '')),
      categories,
      categoryOf: Uint32Array.from(info, ({ category }) => categories.indexOf(category ?? '')),
      prices: Float64Array.from(info, ({ price }) => price ?? 0),
      known: Uint8Array.from(
        info,
        ({ name, category, price }) =>
          Number(name !== undefined) + 2 * Number(category !== undefined) + 4 * Number(price !== undefined),
      ),
    },
  });
}

test('they are the arrays that they were, whatever is done with them', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 12 }), (strings) => {
      const own = view(strings);
      assert.ok(Array.isArray(own));
      assert.equal([own.length, [...own]], [strings.length, strings]);
      assert.equal(own as string[], strings);
      assert.is(JSON.stringify(own), JSON.stringify(strings));
      assert.equal(Object.keys(own), Object.keys(strings));
      assert.equal(own.slice(1, 3), strings.slice(1, 3));
      assert.equal(
        own.map((each, row) => `${row} ${each}`),
        strings.map((each, row) => `${row} ${each}`),
      );
      assert.is(own.at(-1), strings.at(-1));
      assert.is(own.includes('p1'), strings.includes('p1'));
      assert.is(own.indexOf('p1'), strings.indexOf('p1'));
      assert.equal([...own.entries()], [...strings.entries()]);
      assert.equal(own.toSorted(), strings.toSorted());
      const textAt = textAtOf(own);
      for (const row of strings.keys()) assert.is(textAt(row), strings[row]);
    }),
    { numRuns: 100 },
  );
  const own = view(['a', 'b']);
  for (const key of ['2', '-1', '01', '1.0', '1e0', 'no'])
    assert.is((own as unknown as Record<string, string>)[key], undefined);
  assert.ok('1' in own && !('2' in own) && 'map' in own);
});

test('they cannot be written', () => {
  const own = view(['a', 'b']) as string[];
  assert.throws(() => {
    own[0] = 'c';
  }, TypeError);
  assert.throws(() => own.push('c'), TypeError);
  assert.throws(() => own.sort(), TypeError);
  assert.throws(() => delete own[0], TypeError);
  assert.equal(own, ['a', 'b']);
});

test('what is known of products comes back, with nothing that is not known', () => {
  const info: ProductInfo[] = [
    {},
    { name: 'Tea' },
    { name: '', category: 'Drinks' },
    { category: '', price: 0 },
    { name: 'Naïve mug', category: 'Drinks', price: 2.5 },
    { price: -1 },
  ];
  const { productInfo } = views(
    info.map((_, row) => `p${row}`),
    [],
    info,
  );
  assert.equal([...productInfo], info);
  assert.equal(
    productInfo.map((each) => Object.keys(each)),
    info.map((each) => Object.keys(each)),
  );
  for (const of of [productInfo, info]) {
    const { length, name, category, price } = infoReaderOf(of);
    assert.is(length, info.length);
    for (const row of info.keys())
      assert.equal([name(row), category(row), price(row)], [info[row].name, info[row].category, info[row].price]);
  }
});

test('their order is that of strings, and each is found', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 12 }), fc.array(text, { maxLength: 5 }), (some, others) => {
      const strings = [...new Set(some)].sort();
      for (const [one, two] of [
        [view(strings), view(others)],
        [strings, others],
      ]) {
        const compare = comparerOf(one, two);
        for (const [row, left] of strings.entries())
          for (const [other, right] of others.entries())
            assert.is(Math.sign(compare(row, other)), left < right ? -1 : left === right ? 0 : 1);
        for (const each of [...strings, ...others, ...strings.map((each) => `${each}!`), '']) {
          const row = strings.indexOf(each);
          assert.is(rowOfText(one, each), row < 0 ? undefined : row);
        }
      }
      const isSorted = (all: readonly string[]) => areSurelySorted(packed(all), 0, all.length);
      assert.is(isSorted(strings), !strings.includes(''));
      const swapped = [...others];
      if (areDistinctAndSorted(swapped)) return;
      assert.not(isSorted(swapped));
    }),
    { numRuns: 300 },
  );
});

const areDistinctAndSorted = (all: readonly string[]) =>
  all.every((each, row) => each !== '' && (row === 0 || all[row - 1] < each));

test('a text that is forgotten is that of the row before, and its bytes are gone, for all who share them', () => {
  for (const order of [[0], [1], [2], [2, 1], [1, 2], [1, 0], [0, 1, 2]]) {
    const ids = ['anna', 'bob', 'zoë'];
    const strings = [...ids];
    const { customers } = views([], ids);
    const shared = packedIn({ customers, products: view([]), productInfo: views([]).productInfo })!;
    const other = viewsOf(structuredClone({ ...shared, customers: { ...shared.customers } }));
    for (const row of order) {
      const [id, before] = [strings[row], row === 0 ? '' : strings[row - 1]];
      for (let r = row; strings[r] === id; r++) strings[r] = before;
      assert.ok(forgetText(customers, row));
    }
    assert.equal([...customers], strings);
    const bytes = Buffer.from(shared.customers.bytes).toString();
    for (const row of order) assert.not.ok(bytes.includes(ids[row]), String(order));
    // A copy of the bytes is not what threads share, but where texts end is.
    assert.is(other.customers.length, 3);
  }
  assert.not(forgetText(['anna'], 0));
});

test('bytes are texts if strings can be made of them', () => {
  const areTextsAt = (given: PackedStrings) => resultOf(areTexts(given));
  const strings = Array.from({ length: 3000 }, (_, row) => (row % 7 === 0 ? `naïve ${row}` : `product ${row}`));
  assert.ok(areTextsAt(packStrings(strings)));
  assert.ok(areTextsAt(packStrings(['\ud800', 'a\udfff\ud800b', ''])));
  assert.ok(areTextsAt(packStrings([])));
  for (const at of [0, 7, 1023, 1024, 2999]) {
    const spoilt = packStrings(strings);
    spoilt.bytes[spoilt.offsets[at]] = 0xff;
    assert.not(areTextsAt(spoilt), String(at));
    const falling = packStrings(strings);
    falling.offsets[at] = falling.offsets[at + 1] + 1;
    assert.not(areTextsAt(falling), String(at));
  }
  const long = packStrings(['x'.repeat(1000)]);
  for (const offsets of [[], [0], [0, 999], [1, 1000], [0, 2000, 1000], [0, 4e9, 1000]])
    assert.not(areTextsAt({ bytes: long.bytes, offsets: Uint32Array.from(offsets) }), String(offsets));
  const tooLong = new Uint8Array(2 ** 18 + 1).fill(120);
  assert.not(areTextsAt({ bytes: tooLong, offsets: Uint32Array.of(0, tooLong.length) }));
  assert.ok(piecesOf(areTexts(packStrings(Array.from({ length: 50_000 }, () => 'p')))) >= 50_000 / 1024);
  assert.ok(piecesOf(areTexts(packStrings(Array.from({ length: 300 }, () => 'x'.repeat(2000))))) >= 600_000 / 2 ** 16);
});

test('a text of shared memory is read, short and long', () => {
  const strings = ['', 'a', 'é', 'x'.repeat(31), 'x'.repeat(33), `${'é'.repeat(50)}\ud800`];
  const { bytes, offsets } = packStrings(strings);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  for (const [row, each] of strings.entries()) assert.is(textIn(shared, offsets[row], offsets[row + 1]), each);
});

test('they are written as strings are, also once some are forgotten', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 12 }), fc.nat(), (strings, at) => {
      const own = packed(strings, true);
      assert.equal(endToEnd(own), packStrings(strings));
      if (strings.length === 0) return;
      const texts = textsView(own);
      forgetText(texts, at % strings.length);
      assert.equal(endToEnd(own), packStrings([...texts]));
    }),
  );
});

test.run();
