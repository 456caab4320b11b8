import { EndcapError } from '../../src/errors.ts';
import type { Model } from '../../src/model/model.ts';
import type { Recommendation, Recommender, RecommendOptions } from '../../src/recommending/types.ts';

/** The calls to the fake, in order. */
export type Asked = { call: string; subject: unknown; options: unknown }[];

const products = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8'];

const model: Model = {
  algorithm: 'als',
  factors: 2,
  customers: ['10000', 'anna'],
  products,
  productInfo: products.map((_, row) => (row % 2 === 0 ? { name: `Product ${row}`, category: 'Things' } : {})),
  customerFactors: new Float32Array(4),
  productFactors: new Float32Array(16),
  purchases: {
    offsets: Uint32Array.of(0, 2, 3),
    products: Uint32Array.of(0, 1, 0),
    quantities: Float32Array.of(1, 2, 1),
    orders: Uint32Array.of(1, 1, 1),
    lastPurchase: new Float64Array(3).fill(Number.NaN),
  },
  metadata: {
    version: '0123456789abcdef',
    endcap: '0.1.0',
    trainedAt: '2026-01-02T03:04:05.000Z',
    options: { factors: 2, unobservedWeight: 0.1, confidence: 'orders', exact: false },
    losses: [3.5, 1.25],
    trainingMs: 12.5,
    fingerprint: 'f'.repeat(64),
    account: {
      read: 6,
      kept: 4,
      purchases: 3,
      returns: 1,
      dropped: { 'missing customer': 2 },
      examples: { 'missing customer': [{ line: 2, value: 'secret' }] },
      columns: { customer: 'CustomerID', orderId: 'InvoiceNo' },
      firstPurchase: Date.UTC(2026, 0, 1),
      lastPurchase: Date.UTC(2026, 0, 2),
    },
    kernel: { backend: 'native', isa: 'avx2', threads: 2 },
    foldIn: {},
    imported: {
      from: 'spark',
      customers: 2,
      products: 7,
      cold: { customers: 0, products: 1, foldedIn: 0 },
      weights: 'kept',
    },
    ranking: { taste: 2, habit: 4, trend: 0.1, bought: 0, repeat: 0.3, decay: 0.9, windowDays: 60 },
    choice: {
      heldOut: 'orders',
      customers: 40,
      tried: [{ regularization: 8, unobservedWeight: 0.2, all: { recall: 0.2, ndcg: 0.3 } }],
      beatsDefaults: false,
      learned: false,
    },
  },
};

function noBatches(): never {
  throw new Error('the fake makes no batches');
}

/** Answers from eight products in a fixed order; the customers "broken", "picky" and "closed" make it throw. */
export function fakeRecommender(options: { version?: string; asked?: Asked } = {}): Recommender {
  const { version = model.metadata.version, asked = [] } = options;

  const list = ({ n = 10, allow, deny }: RecommendOptions = {}): Recommendation[] =>
    products
      .map((product, row) => ({ product, row, score: 8 - row, ...model.productInfo[row] }))
      .filter(({ product }) => (allow?.includes(product) ?? true) && !deny?.includes(product))
      .slice(0, n);

  function checkKnown(product: string | number): void {
    if (products.includes(String(product))) return;
    throw new EndcapError('unknown_product', `no product ${product} in this model`, { product });
  }

  return {
    model: { ...model, metadata: { ...model.metadata, version } },
    kernel: { backend: 'wasm', isa: 'simd', threads: 1, failed: [{ what: 'native, /srv/secret', reason: 'secret' }] },
    async recommend(customer, { signal: _, ...options } = {}) {
      asked.push({ call: 'recommend', subject: customer, options });
      if (customer === 'broken') throw new TypeError('secret path /srv/model');
      if (customer === 'picky') throw new EndcapError('invalid_options', 'not this', { why: 'picky' });
      if (customer === 'closed') throw new EndcapError('kernel_unavailable', 'the workers have gone');
      return { items: list(options), source: model.customers.includes(String(customer)) ? 'personal' : 'popular' };
    },
    async recommendForBasket(lines, { signal: _, ...options } = {}) {
      asked.push({ call: 'recommendForBasket', subject: lines, options });
      return { items: list(options), source: lines.length > 0 ? 'basket' : 'popular' };
    },
    async similarProducts(product, { signal: _, ...options } = {}) {
      asked.push({ call: 'similarProducts', subject: product, options });
      checkKnown(product);
      return list(options).filter((item) => item.product !== product);
    },
    async boughtTogether(product, options) {
      asked.push({ call: 'boughtTogether', subject: product, options });
      checkKnown(product);
      if (product === 'P8') throw new EndcapError('no_bought_together', 'trained without');
      return list(options).map(({ score, ...item }) => ({ ...item, lift: score, orders: 2 }));
    },
    async similarCustomers(customer, { signal: _, ...options } = {}) {
      asked.push({ call: 'similarCustomers', subject: customer, options });
      if (!model.customers.includes(String(customer))) {
        throw new EndcapError('unknown_customer', `no customer ${customer} in this model`, { customer });
      }
      return [{ customer: 'anna', row: 1, score: 0.5 }];
    },
    customerRow: (id) => rowIn(model.customers, id),
    productRow: (id) => rowIn(products, id),
    recommendSync: blocking,
    recommendForBasketSync: blocking,
    similarProductsSync: blocking,
    boughtTogetherSync: blocking,
    similarCustomersSync: blocking,
    recommendBlocks: noBatches,
    recommendAll: noBatches,
    refresh: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function rowIn(ids: readonly string[], id: string | number): number | undefined {
  const row = ids.indexOf(String(id));
  return row < 0 ? undefined : row;
}

function blocking(): never {
  throw new Error('the server does not compute on the thread that answers requests');
}
