import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Model, RepeatTrees } from '../../src/model/model.ts';
import { lineWidth } from '../../src/ranking/corrections.ts';
import { treeDepth, treeLeaves } from '../../src/ranking/trees.ts';

/** Ids and names as hostile as strings can be: any UTF-16 code units, including lone surrogates and NUL. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '__proto__',
    'constructor',
    '0',
    '\0',
    '\ud83d',
    '\ude00',
    '😀',
    '\ufeff',
    '\ufeffx',
    'é',
    'ÿ\uffff',
    ' ',
  ),
  fc.integer({ min: 1, max: 10_000 }).map((length) => 'ü'.repeat(length)),
);
const ids = (maxLength: number) =>
  fc
    .uniqueArray(
      anyText.filter((id) => id !== ''),
      { maxLength },
    )
    .map((list) => list.sort());
/** As large as the factors of a model may be. */
const finite = fc.float({ noNaN: true, min: Math.fround(-1e15), max: Math.fround(1e15) });

export const anyModel: fc.Arbitrary<Model> = fc
  .record({ customers: ids(12), products: ids(9), factors: fc.integer({ min: 1, max: 5 }) })
  .chain(({ customers, products, factors }) => {
    const info = fc.record(
      { name: anyText, category: anyText, price: fc.double({ noNaN: true, noDefaultInfinity: true }) },
      { requiredKeys: [], noNullPrototype: true },
    );
    const row = fc.uniqueArray(
      fc.record({
        product: fc.nat(Math.max(0, products.length - 1)),
        quantity: fc.float({ min: Math.fround(0.5), max: 1000, noNaN: true }),
        orders: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        time: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: -1e12, max: 2e12 })),
      }),
      { selector: ({ product }) => product, maxLength: products.length },
    );
    const values = (length: number) => fc.array(finite, { minLength: length, maxLength: length });
    return fc
      .record({
        customerFactors: values(customers.length * factors),
        productFactors: values(products.length * factors),
        productInfo: fc.array(info, { minLength: products.length, maxLength: products.length }),
        rows: fc.array(row, { minLength: customers.length, maxLength: customers.length }),
        columns: fc.subarray([
          'quantities',
          'orders',
          'times',
          'signals',
          'tasteRecency',
          'uptake',
          'together',
          'pairs',
          'unlisted',
          'returned',
          'neighbours',
          'trees',
          'sales',
        ]),
        words: fc.dictionary(anyText, fc.oneof(anyText, fc.integer(), fc.boolean()), { noNullPrototype: true }),
        // JSON has no negative zero.
        losses: fc.array(finite.map((loss) => loss + 0)),
      })
      .map(({ customerFactors, productFactors, productInfo, rows, columns, words, losses }): Model => {
        const { ranking, ...unranked } = smallModel().metadata;
        const pairs = rows.flatMap((row) => row.sort((a, b) => a.product - b.product));
        let end = 0;
        return {
          algorithm: factors % 2 ? 'als' : 'quantity',
          factors,
          customers,
          products,
          productInfo,
          customerFactors: Float32Array.from(customerFactors),
          productFactors: Float32Array.from(productFactors),
          purchases: {
            offsets: Uint32Array.from([0, ...rows.map((row) => (end += row.length))]),
            products: Uint32Array.from(pairs, ({ product }) => product),
            ...(columns.includes('quantities') && {
              quantities: Float32Array.from(pairs, ({ quantity }) => quantity),
            }),
            ...(columns.includes('orders') && { orders: Uint32Array.from(pairs, ({ orders }) => orders) }),
            ...(columns.includes('times') && { lastPurchase: Float64Array.from(pairs, ({ time }) => time) }),
          },
          ...(columns.includes('unlisted') && {
            unlisted: Uint32Array.from(products.keys()).filter((row) => row % 2 === 1),
          }),
          ...(columns.includes('returned') && {
            returned: {
              offsets: Uint32Array.from([...customers, ''], (_, row) => row * Math.min(1, products.length)),
              products: Uint32Array.from(products.length === 0 ? [] : customers, (_, row) => row % products.length),
            },
          }),
          ...(columns.includes('signals') && {
            signals: {
              recency: Float32Array.from(pairs, ({ quantity }) => quantity),
              ...(columns.includes('tasteRecency') && {
                tasteRecency: Float32Array.from(pairs, ({ quantity }) => quantity / 3),
              }),
              lastOrders: Uint8Array.from(pairs, ({ orders }) => orders),
              orders: Uint32Array.from(customers, ({ length }) => length),
              popularity: Float32Array.from(products, ({ length }) => length),
              ...(columns.includes('uptake') && { uptake: Float32Array.from(products, ({ length }) => length / 5) }),
              repeatPropensity: Float32Array.from(products, (_, row) => 1 - row),
            },
          }),
          ...(columns.includes('together') && {
            boughtTogether: columns.includes('pairs')
              ? {
                  offsets: Uint32Array.from([...products, ''], (_, row) => row),
                  products: Uint32Array.from(products, (_, row) => products.length - 1 - row),
                  lifts: Float32Array.from(products, ({ length }) => length + 1),
                  orders: Uint32Array.from(products, ({ length }) => length + 1),
                }
              : {
                  offsets: new Uint32Array(products.length + 1),
                  products: new Uint32Array(),
                  lifts: new Float32Array(),
                  orders: new Uint32Array(),
                },
          }),
          ...(columns.includes('neighbours') && {
            neighbours: {
              offsets: Uint32Array.from([...products, ''], (_, row) => row),
              products: Uint32Array.from(products, (_, row) => products.length - 1 - row),
              strengths: Float32Array.from(products, (_, row) => row - 0.5),
            },
          }),
          ...(columns.includes('trees') &&
            columns.includes('signals') && {
              repeatTrees: repeatTreesOf(customers.length, products.length, pairs.length),
            }),
          ...(columns.includes('sales') && {
            sales: {
              offsets: Uint32Array.from([...products, ''], (_, row) => row),
              periods: Uint8Array.from(products, (_, row) => row % 3),
              orders: Uint32Array.from(products, ({ length }) => length + 1),
            },
          }),
          metadata: {
            ...{ ...unranked, options: words, losses },
            ...(columns.includes('signals') && { ranking }),
            ...(columns.includes('sales') && { sales: { from: -1e12, periodDays: 7, periods: 3 } }),
          },
        };
      });
  });

/** Three customers, two products, two factors. */
export function smallModel(): Model {
  return {
    algorithm: 'als',
    factors: 2,
    customers: ['10', '11', 'Zoë'],
    products: ['mug', 'tea'],
    productInfo: [{ name: 'Mug, "blue"', category: 'Teaware', price: 7.5 }, {}],
    customerFactors: Float32Array.of(1, -2, 0.5, 0.25, 3, 1e-3),
    productFactors: Float32Array.of(0.1, 0.2, -0.3, 4),
    purchases: {
      offsets: Uint32Array.of(0, 2, 2, 3),
      products: Uint32Array.of(0, 1, 1),
      quantities: Float32Array.of(1, 2, 12),
      orders: Uint32Array.of(1, 2, 3),
      lastPurchase: Float64Array.of(1.7e12, Number.NaN, 1.6e12),
    },
    signals: {
      recency: Float32Array.of(0.5, 1, 2.71),
      tasteRecency: Float32Array.of(0.25, 1, 1.5),
      lastOrders: Uint8Array.of(2, 1, 7),
      orders: Uint32Array.of(2, 0, 3),
      popularity: Float32Array.of(0, 4),
      uptake: Float32Array.of(0, 1.8),
      repeatPropensity: Float32Array.of(-0.5, 0.25),
    },
    boughtTogether: {
      offsets: Uint32Array.of(0, 1, 2),
      products: Uint32Array.of(1, 0),
      lifts: Float32Array.of(1.5, 1.5),
      orders: Uint32Array.of(4, 4),
    },
    metadata: {
      version: '0123456789abcdef',
      endcap: '0.1.0',
      trainedAt: '2026-01-02T03:04:05.678Z',
      options: { factors: 2, regularization: 0.01, confidence: 'quantity', cg: true },
      losses: [3.5, 1.25],
      trainingMs: 12.5,
      fingerprint: 'f'.repeat(64),
      account: {
        read: 5,
        kept: 3,
        purchases: 3,
        returns: 0,
        dropped: { 'missing customer': 2 },
        examples: { 'missing customer': [{ line: 3, value: '' }] },
        columns: { customer: 'Kundennummer', quantity: 'Stückzahl' },
        firstPurchase: 1.6e12,
        lastPurchase: 1.7e12,
      },
      kernel: { backend: 'wasm', isa: 'simd', threads: 2 },
      foldIn: { alpha: 40 },
      ranking: { taste: 2, habit: 4, trend: 0.1, bought: 0.2, repeat: -0.3, decay: 0.9, windowDays: 60 },
    },
  };
}

/** The small model with neighbours: the mug has both products as neighbours, the tea has the mug. */
export function neighbouringModel(): Model {
  const { metadata, ...model } = smallModel();
  return {
    ...model,
    neighbours: {
      offsets: Uint32Array.of(0, 2, 3),
      products: Uint32Array.of(0, 1, 0),
      strengths: Float32Array.of(0.5, 0.25, -0.125),
    },
    metadata: { ...metadata, ranking: { ...metadata.ranking!, neighbours: 1.5 } },
  };
}

/** Two trees of whatever numbers, and what they read. */
function repeatTreesOf(customers: number, products: number, pairs: number): RepeatTrees {
  return {
    features: Uint8Array.from({ length: 2 * treeDepth }, (_, at) => at),
    thresholds: Float32Array.from({ length: 2 * treeDepth }, (_, at) => (at === 3 ? Infinity : at / 4 - 1)),
    leaves: Float32Array.from({ length: 2 * treeLeaves }, (_, leaf) => leaf / 64 - 0.5),
    slopes: Float32Array.from({ length: lineWidth }, (_, k) => k / 4 - 1),
    successors: Uint8Array.from({ length: pairs }, (_, pair) => pair % 256),
    productIntervals: new Float32Array(products).fill(31.5),
    customerIntervals: new Float32Array(customers).fill(0.25),
    popularity14: new Float32Array(products).fill(2),
    popularity30: new Float32Array(products).fill(3),
  };
}

/** The small model with trees. */
export function treedModel(): Model {
  const { metadata, ...model } = smallModel();
  const tried = { kept: true, customers: 1998, gain: 0.0125, error: 0.0025, repeatGain: 0.02, asOf: 1.7e12 };
  return { ...model, repeatTrees: repeatTreesOf(3, 2, 3), metadata: { ...metadata, repeatTrees: tried } };
}

/** The small model with sales: the mug sold in the first and the last of three weeks, the tea in the second. */
export function sellingModel(): Model {
  const { metadata, ...model } = smallModel();
  return {
    ...model,
    sales: {
      offsets: Uint32Array.of(0, 2, 3),
      periods: Uint8Array.of(0, 2, 1),
      orders: Uint32Array.of(5, 1, 300),
    },
    metadata: { ...metadata, sales: { from: Date.UTC(2023, 9, 25), periodDays: 7, periods: 3 } },
  };
}

/** The small model, whose second customer returned the tea, and no list of which holds the mug. */
export function filteringModel(): Model {
  const returned = { offsets: Uint32Array.of(0, 0, 1, 1), products: Uint32Array.of(1) };
  return { ...smallModel(), unlisted: Uint32Array.of(0), returned };
}

/** uvu's own comparison treats NaN in a typed array as different from itself. */
export function assertSame(actual: Model, expected: Model): void {
  assert.ok(isDeepStrictEqual(actual, expected), 'the models differ');
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
