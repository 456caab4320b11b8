/** A call of every public function with right and wrong arguments. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import * as library from '../../../src/index.ts';
import type { Model } from '../../../src/model/model.ts';
import type { Recommender } from '../../../src/recommending/types.ts';
import { createApp } from '../../../src/server/app.ts';
import { closeOnSignals, serve } from '../../../src/server/serve.ts';
import { frameOf, requests } from '../../../src/training/solve/protocol.ts';
import { shopWithHistory } from '../../recommending/shop.ts';
import { folderOfCases } from '../folder.ts';
import * as known from './known.ts';
import { optionsOf, spoiled, wild } from './values.ts';

/** Arguments of any kind, and what to do with them. Arguments are what a JavaScript program may pass. */
interface Call {
  args: fc.Arbitrary<unknown[]>;
  run(...args: never[]): unknown;
}

const dataset = shopWithHistory();
const smallTraining = {
  factors: 2,
  iterations: 1,
  regularization: 8,
  unobservedWeight: 0.1,
  tasteDecay: 0.7,
  blend: {},
};
const model: Model = await library.train(dataset, { ...smallTraining, threads: 1 });
export const recommender: Recommender = library.createRecommender(model, { threads: 1 });
const { heldOut } = library.holdOut(dataset);
const evaluation = await library.evaluate(dataset, { training: { ...smallTraining, threads: 1 }, ks: [5] });
const tuned = await library.tune(dataset, { ...smallTraining, minutes: 1e-6, threads: 1 });
const file = Buffer.concat(await library.encodeModel(model));
const seedRequest = Buffer.concat(frameOf(requests.seed.kind, [Float64Array.of(7)]));
const asStream = (pieces: readonly unknown[]) => ({
  async *[Symbol.asyncIterator]() {
    yield* pieces;
  },
});
const records = [...library.sampleOrders({ lines: 60 })];

const folder = folderOfCases();
const path = join(folder, 'model.safetensors');
/** Nothing outside the folder is ever written. */
const anyPath = fc.oneof(
  fc.constant(path),
  fc.constant(folder),
  wild.filter((value) => typeof value !== 'string'),
);

const factors = join(folder, 'factors.csv');
writeFileSync(
  factors,
  ['id,a,b', ...dataset.customers, ...dataset.products].map((id, i) => (i === 0 ? id : `${id},${i},1`)).join('\n'),
);
const factorsPath = fc.oneof({ weight: 5, arbitrary: fc.constant(factors) }, { weight: 1, arbitrary: anyPath });

const name = fc.oneof(fc.string(), wild);
const anyDataset = spoiled(() => dataset as Dataset);
const anyModel = spoiled(() => model);
const id = fc.oneof(fc.constantFrom<unknown>('c01', 'p01', 'p02', 'nothing', 7), wild);
const basket = fc.oneof(
  fc.array(fc.oneof(fc.constantFrom('p01', 'p69'), fc.record({ product: id, quantity: fc.double() }), wild), {
    maxLength: 4,
  }),
  wild,
);
const args = (...each: fc.Arbitrary<unknown>[]) => fc.tuple(...each);
const question = (subject: fc.Arbitrary<unknown>, options: Parameters<typeof optionsOf>[0]) =>
  args(subject, optionsOf(options));

const stopsSoon = (options: unknown) =>
  typeof options === 'object' && options !== null && !('signal' in options)
    ? { ...options, signal: AbortSignal.timeout(300) }
    : options;

/** Of the public functions, by name. */
export const calls: Readonly<Record<string, Call>> = {
  readOrders: {
    args: args(fc.oneof(fc.constant(records), fc.array(wild, { maxLength: 5 }), wild), optionsOf(known.readOptions)),
    run: library.readOrders,
  },
  parseRecommendationId: {
    args: args(fc.oneof(fc.string({ maxLength: 30 }), wild)),
    run: library.parseRecommendationId,
  },
  describeAccount: { args: args(fc.constant(dataset.account)), run: library.describeAccount },
  sampleOrders: {
    args: args(optionsOf(known.sampleOptions)),
    run: (options: never) => first(library.sampleOrders(options)),
  },
  sampleCsv: { args: args(optionsOf(known.sampleOptions)), run: (options: never) => first(library.sampleCsv(options)) },
  train: {
    args: args(anyDataset, fc.oneof(optionsOf(known.trainOptions), optionsOf(known.trainQuantityOptions))),
    run: (data: never, options) => library.train(data, stopsSoon(options) as never),
  },
  tune: {
    args: args(anyDataset, optionsOf({ ...known.tuneOptions, resume: spoiled(() => tuned) })),
    run: (data: never, options) => library.tune(data, stopsSoon(options) as never),
  },
  parseOptions: { args: args(anyText({ options: smallTraining }), name), run: library.parseOptions },
  parseTuned: { args: args(anyText(tuned), name), run: library.parseTuned },
  loadModel: { args: args(anyPath), run: library.loadModel },
  saveModel: { args: args(anyModel, anyPath), run: library.saveModel },
  encodeModel: { args: args(anyModel), run: library.encodeModel },
  decodeModel: { args: args(fc.oneof(fc.constant(file), wild), name), run: library.decodeModel },
  solveBlocks: {
    args: args(
      fc.oneof(fc.array(fc.oneof(fc.constant(seedRequest), wild), { maxLength: 3 }).map(asStream), wild),
      optionsOf(known.kernelOptions),
    ),
    async run(source: never, options: never) {
      const answers: Uint8Array[] = [];
      for await (const bytes of library.solveBlocks(source, options)) answers.push(bytes);
      return answers;
    },
  },
  importModel: {
    args: args(
      optionsOf({ ...known.importOptions, customers: factorsPath, products: factorsPath, orders: anyDataset }),
    ),
    run: (options: never) => library.importModel(stopsSoon(options) as never),
  },
  exportModel: {
    args: args(anyModel, anyPath, optionsOf(known.exportOptions)),
    run: library.exportModel,
  },
  readPairs: { args: args(anyPath, optionsOf(known.pairsOptions)), run: library.readPairs },
  createRecommender: {
    args: args(anyModel, optionsOf(known.kernelOptions)),
    async run(given: never, options: never) {
      const opened = library.createRecommender(given, options);
      try {
        return await askAll(opened);
      } finally {
        await opened.close();
      }
    },
  },
  createShop: {
    args: args(optionsOf({ ...known.kernelOptions, model: anyModel })),
    async run(options: never) {
      const shop = await library.createShop(options);
      try {
        await shop.putProducts([{ product: 'p01', available: false }]);
        return await askAll(shop);
      } finally {
        await shop.close();
      }
    },
  },
  baselinesOf: { args: args(fc.constant(heldOut)), run: library.baselinesOf },
  evaluate: {
    args: args(
      anyDataset,
      optionsOf({ ...known.evaluateOptions, training: optionsOf(known.trainOptions), test: anyDataset }),
    ),
    run: (data: never, options) => library.evaluate(data, stopsSoon(options) as never),
  },
  reportHtml: { args: args(fc.constant(evaluation)), run: library.reportHtml },
  holdOut: { args: args(anyDataset, optionsOf({ ...known.protocolOptions, test: anyDataset })), run: library.holdOut },
  measure: {
    args: args(
      fc.constant(heldOut),
      fc.oneof(fc.constant(library.baselinesOf(heldOut).baselines), fc.array(wild, { maxLength: 2 }), wild),
      optionsOf(known.measureOptions),
    ),
    run: library.measure,
  },
  createApp: {
    args: args(
      optionsOf({ ...known.appOptions, recommender: fc.constantFrom<unknown>(recommender, () => recommender) }),
    ),
    async run(options: never) {
      const app = createApp(options);
      const { status } = await app.request('/health/live');
      if (status !== 200) throw new Error(`/health/live is answered with ${status}`);
    },
  },
  serve: {
    args: args(optionsOf({ ...known.serveOptions, app: fc.constant(createApp({ recommender })) })),
    async run(options: never) {
      const server = await serve(options);
      await server.close();
    },
  },
  closeOnSignals: {
    args: args(fc.constant({ close: async () => {} })),
    async run(server: never) {
      const closed = closeOnSignals(server);
      process.emit('SIGTERM');
      await closed;
    },
  },
};

/** Of a recommender, by name. */
export const questions: Readonly<Record<string, Call>> = {
  recommend: { args: question(id, { ...known.recommendOptions, signal: known.signal }), run: recommender.recommend },
  recommendSync: { args: question(id, known.recommendOptions), run: recommender.recommendSync },
  recommendForBasket: {
    args: question(basket, { ...known.basketOptions, signal: known.signal }),
    run: recommender.recommendForBasket,
  },
  recommendForBasketSync: { args: question(basket, known.basketOptions), run: recommender.recommendForBasketSync },
  similarProducts: {
    args: question(id, { ...known.listOptions, signal: known.signal }),
    run: recommender.similarProducts,
  },
  similarProductsSync: { args: question(id, known.listOptions), run: recommender.similarProductsSync },
  boughtTogether: { args: question(id, known.listOptions), run: recommender.boughtTogether },
  boughtTogetherSync: { args: question(id, known.listOptions), run: recommender.boughtTogetherSync },
  similarCustomers: {
    args: question(id, { ...{ n: known.listOptions.n }, signal: known.signal }),
    run: recommender.similarCustomers,
  },
  similarCustomersSync: { args: question(id, { n: known.listOptions.n }), run: recommender.similarCustomersSync },
  customerRow: { args: args(id), run: recommender.customerRow },
  productRow: { args: args(id), run: recommender.productRow },
  recommendBlocks: {
    args: args(optionsOf(known.batchOptions)),
    run: (options: never) => drain(recommender.recommendBlocks(options)),
  },
  recommendAll: {
    args: args(optionsOf(known.batchOptions)),
    run: (options: never) => drain(recommender.recommendAll(options)),
  },
  refresh: { args: args(fc.oneof(fc.date(), fc.double(), wild)), run: recommender.refresh },
  close: {
    args: args(),
    async run() {
      const opened = library.createRecommender(model, { threads: 1 });
      await opened.close();
      await opened.close();
    },
  },
};

/** JSON of the value, of a spoiled one, or any text. */
function anyText(value: object): fc.Arbitrary<unknown> {
  const json = spoiled(() => value).map((part) =>
    JSON.stringify(part, (_, inner) => (typeof inner === 'bigint' ? 1 : inner)),
  );
  return fc.oneof(json, fc.json(), fc.string(), wild);
}

async function askAll({ model: { customers, products }, ...opened }: Recommender): Promise<void> {
  await opened.recommend(customers[0], { explain: true, diversity: 0.5, perCategory: 1 });
  opened.recommendForBasketSync([products[0]]);
  opened.similarCustomersSync(customers[0]);
  await drain(opened.recommendAll({ purchased: 'exclude' }));
}

async function drain(lists: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of lists);
}

/** Options may ask for a billion lines. */
function first(lines: Iterable<unknown>): void {
  let count = 0;
  for (const _ of lines) if (++count >= 500) return;
}
