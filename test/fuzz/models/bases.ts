/** Sound models of many shapes, to be spoiled. Half of their files have panels. */
import { encodeWith } from '../../../src/model/file/format.ts';
import type { Model, ModelMetadata } from '../../../src/model/model.ts';
import { createRandom, type Random } from '../../../src/random.ts';
import { lineWidth } from '../../../src/ranking/corrections.ts';
import { repeatFeatures } from '../../../src/ranking/repeat-features.ts';
import { treeDepth, treeLeaves } from '../../../src/ranking/trees.ts';
import { chance, pick, rowsBelow, several, whole } from '../draw.ts';

/** On both sides of the widths of vectors. */
const factorsOfBases = [1, 2, 5, 15, 16, 17, 33, 100];
/** Up to the most that kernels take. Rare, since asking one takes as long as a hundred others. */
const factorsOfLargeBases = [2047, 2048];
/** Around the sizes of tiles and panels. */
const customersOfBases = [1, 2, 11, 12, 13, 24, 25, 40];
const productsOfBases = [1, 2, 15, 16, 17, 31, 33, 40];

const smallBases = 160;
const largeBases = 20;
const files = new Map<number, Uint8Array>();

export function anyBase(random: Random): Promise<Uint8Array> {
  return baseFile(chance(random, 0.01) ? smallBases + random.below(largeBases) : random.below(smallBases));
}

/** The file of a base, which depends on its number alone. */
export async function baseFile(number: number): Promise<Uint8Array> {
  const known = files.get(number);
  if (known) return known;
  const file = Buffer.concat(await encodeWith(baseModel(number), number % 2 === 0 ? 0 : Number.POSITIVE_INFINITY));
  files.set(number, file);
  return file;
}

function baseModel(number: number): Model {
  const random = createRandom(number);
  const isLarge = number >= smallBases;
  const factors = pick(random, isLarge ? factorsOfLargeBases : factorsOfBases);
  const size = (sizes: readonly number[]) =>
    chance(random, 0.04) ? 0 : pick(random, isLarge ? sizes.slice(0, 5) : sizes);
  const customers = several(size(customersOfBases), (row) => `c${String(row).padStart(2, '0')}`);
  const products = several(size(productsOfBases), (row) => `p${String(row).padStart(2, '0')}`);
  const rows = customers.map(() => rowsBelow(random, products.length, 0.2));
  const bought = rows.flat();
  const isRanked = chance(random, 0.6);
  const algorithm = chance(random, 0.8) ? 'als' : 'quantity';
  const normals = (length: number) => Float32Array.from({ length }, () => 0.3 * random.normal());
  const amounts = (length: number) => Float32Array.from({ length }, () => 3 * random.uniform());
  const model: Model = {
    algorithm,
    factors,
    customers,
    products,
    productInfo: products.map((id) => ({
      ...(chance(random, 0.5) && { name: `Product ${id}` }),
      ...(chance(random, 0.6) && { category: pick(random, ['tea', 'coffee', 'cups']) }),
      ...(chance(random, 0.5) && { price: random.below(1000) / 100 }),
    })),
    customerFactors: normals(customers.length * factors),
    productFactors: normals(products.length * factors),
    purchases: {
      offsets: offsetsOf(rows),
      products: Uint32Array.from(bought),
      ...(chance(random, 0.7) && { quantities: Float32Array.from(bought, () => whole(random, 1, 9)) }),
      ...(chance(random, 0.7) && { orders: Uint32Array.from(bought, () => whole(random, 1, 9)) }),
      ...(chance(random, 0.7) && { lastPurchase: Float64Array.from(bought, () => 1.7e12 + random.below(1e10)) }),
    },
    ...((isRanked || chance(random, 0.1)) && {
      signals: {
        recency: amounts(bought.length),
        ...(chance(random, 0.7) && { tasteRecency: amounts(bought.length) }),
        lastOrders: Uint8Array.from(bought, () => random.below(256)),
        orders: Uint32Array.from(customers, () => whole(random, 1, 9)),
        popularity: amounts(products.length),
        ...(chance(random, 0.7) && { uptake: amounts(products.length) }),
        repeatPropensity: normals(products.length),
      },
    }),
    ...(chance(random, 0.6) && { boughtTogether: togetherOf(random, products.length) }),
    metadata: {
      ...metadata,
      ...(isRanked && {
        ranking: { taste: 2, habit: 4, trend: 0.1, bought: 0.2, repeat: -0.3, decay: 0.9, windowDays: 60 },
      }),
      options: {
        ...{ algorithm, factors, iterations: 10, regularization: 8, unobservedWeight: 0.1, frequencyExponent: 1 },
        ...{ confidence: pick(random, ['orders', 'quantity', 'log-quantity', 'equal']), decay: 0.9, tasteDecay: 0.7 },
      },
      foldIn: algorithm === 'als' ? { confidenceScale: 1.7, regularizationScale: 0.4 } : {},
    },
  };
  return withSales(random, withTrees(random, withNeighbours(random, model)));
}

function withSales(random: Random, model: Model): Model {
  if (chance(random, 0.5)) return model;
  const periods = whole(random, 1, 52);
  const lists = several(model.products.length, () => rowsBelow(random, periods, 0.3));
  return {
    ...model,
    sales: {
      offsets: offsetsOf(lists),
      periods: Uint8Array.from(lists.flat()),
      orders: Uint32Array.from(lists.flat(), () => whole(random, 1, 9)),
    },
    metadata: { ...model.metadata, sales: { from: 1.7e12, periodDays: pick(random, [1, 7, 14]), periods } },
  };
}

function withNeighbours(random: Random, model: Model): Model {
  const { ranking } = model.metadata;
  if (!ranking || chance(random, 0.5)) return model;
  const { products } = model;
  const lists = several(products.length, () => rowsBelow(random, products.length, 0.2));
  return {
    ...model,
    neighbours: {
      offsets: offsetsOf(lists),
      products: Uint32Array.from(lists.flat()),
      strengths: Float32Array.from(lists.flat(), () => 0.3 * random.normal()),
    },
    metadata: { ...model.metadata, ranking: { ...ranking, neighbours: 1.5 } },
  };
}

function withTrees(random: Random, model: Model): Model {
  if (!model.metadata.ranking || chance(random, 0.5)) return model;
  const { customers, products, purchases } = model;
  const trees = whole(random, 0, 3);
  const amounts = (length: number) => Float32Array.from({ length }, () => 30 * random.uniform());
  const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
  return {
    ...model,
    repeatTrees: {
      features: Uint8Array.from({ length: trees * treeDepth }, () => random.below(repeatFeatures.length)),
      thresholds: normals(trees * treeDepth),
      leaves: normals(trees * treeLeaves),
      slopes: normals(lineWidth),
      successors: Uint8Array.from(purchases.products, () => random.below(256)),
      productIntervals: amounts(products.length),
      customerIntervals: amounts(customers.length),
      popularity14: amounts(products.length),
      popularity30: amounts(products.length),
    },
    metadata: {
      ...model.metadata,
      repeatTrees: { kept: true, customers: 40, gain: 0.01, error: 0.002, repeatGain: 0.02, asOf: 1.7e12 },
    },
  };
}

const accuracy = { recall: 0.2, ndcg: 0.3 };
const mean = { mean: 0.2, standardError: 0.01 };
const found = { recall: mean, ndcg: mean };

/** With every optional part. */
const metadata: Omit<ModelMetadata, 'options' | 'foldIn'> = {
  version: '0123456789abcdef',
  endcap: '0.1.0',
  trainedAt: '2026-01-02T03:04:05.678Z',
  losses: [3.5, 1.25],
  trainingMs: 12.5,
  fingerprint: 'f'.repeat(64),
  account: {
    ...{ read: 5, kept: 3, purchases: 3, returns: 0, firstPurchase: 1.6e12, lastPurchase: 1.7e12 },
    dropped: { 'missing customer': 2 },
    examples: { 'missing customer': [{ line: 3, value: '' }] },
    columns: { customer: 'Kundennummer' },
  },
  kernel: { backend: 'wasm', isa: 'simd', threads: 2 },
  choice: {
    ...{ heldOut: 'orders', customers: 40, beatsDefaults: false, learned: true },
    tried: [{ regularization: 8, unobservedWeight: 0.2, tasteDecay: 0.7, all: { recall: 0.2, ndcg: 0.3 } }],
  },
  validation: { metric: 'recall', values: [0.1, 0.2] },
  reading: {
    files: ['orders.csv'],
    columns: { customer: { column: 'Kundennummer', index: 0, why: 'it is called so' } },
    unusedColumns: ['note'],
    decisions: { dateOrder: { value: 'day first', why: 'no month is 13' } },
    notes: [{ code: 'no-times', text: 'There are no times.' }],
    more: { files: 1, notes: 2 },
  },
  measured: {
    ...{ heldOut: 'orders', n: 10, until: 1.7e12, picked: true },
    results: [
      { question: 'all', customers: 40, model: found, baselines: [{ name: 'popular', ...found, gain: found }] },
    ],
  },
  gate: {
    ...{ outcome: 'better', passed: true, reason: 'it finds more', served: 'fedcba9876543210', damages: [] },
    newOrders: { orders: 90, customers: 40 },
    ...{ heldOut: { orders: 45, from: 1.6e12, to: 1.7e12 }, question: 'all' },
    results: [{ question: 'all', customers: 40, served: accuracy, candidate: accuracy, gain: 0.1, error: 0.01 }],
  },
};

function togetherOf(random: Random, products: number): Model['boughtTogether'] {
  const rows = several(products, () => rowsBelow(random, products, 0.1));
  const all = rows.flat();
  return {
    offsets: offsetsOf(rows),
    products: Uint32Array.from(all),
    lifts: Float32Array.from(all, () => 1 + random.uniform()),
    orders: Uint32Array.from(all, () => whole(random, 1, 50)),
  };
}

function offsetsOf(rows: readonly number[][]): Uint32Array {
  let end = 0;
  return Uint32Array.from([0, ...rows.map(({ length }) => (end += length))]);
}
