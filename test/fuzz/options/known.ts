/** The options of every public function, each with the values it may have. The types fail if one is missing here. */
import fc from 'fast-check';
import type { EvaluateOptions } from '../../../src/evaluation/evaluate.ts';
import type { ExportOptions } from '../../../src/exchange/export/export.ts';
import type { ImportOptions } from '../../../src/exchange/import/import.ts';
import type { PairsOptions } from '../../../src/exchange/pairs/read.ts';
import type { KernelOptions } from '../../../src/kernel/open.ts';
import type { MeasureOptions } from '../../../src/measuring/measure-options.ts';
import type { ProtocolOptions } from '../../../src/measuring/protocols/protocols.ts';
import type { ReadOptions } from '../../../src/orders/options.ts';
import type { RankingOptions } from '../../../src/ranking/weights.ts';
import type { BasketOptions, BatchOptions, ListOptions, RecommendOptions } from '../../../src/recommending/types.ts';
import type { SampleOptions } from '../../../src/sample/sample.ts';
import type { AppOptions } from '../../../src/server/app.ts';
import { createRecent } from '../../../src/server/page/live/recent.ts';
import type { ServeOptions } from '../../../src/server/serve.ts';
import type { AlsOptions } from '../../../src/training/als-options.ts';
import type { QuantityOptions } from '../../../src/training/quantity.ts';
import type { TuneOptions } from '../../../src/tuning/search/tune.ts';

type Known<Options> = { [Name in keyof Required<Options>]: fc.Arbitrary<unknown> };

const callback = fc.constant(() => {});
/** Work that takes too long stops by itself. */
export const signal = fc.constantFrom(300, 0).map((ms) => AbortSignal.timeout(ms));
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const positive = fc.double({ min: 1e-3, max: 100, noNaN: true });
const seed = fc.nat();

export const kernelOptions: Known<KernelOptions> = {
  backend: fc.constantFrom('native', 'wasm'),
  isa: fc.constantFrom('avx512', 'avx2', 'sse2', 'scalar', 'simd'),
  threads: fc.constantFrom(1, 1, 2),
};

/** But for those of databases, which are refused for anything else. */
export const readOptions: Known<Omit<ReadOptions, 'query' | 'table' | 'since'>> = {
  columns: fc.constantFrom({}, { quantity: false }, { customer: 'customer' }, { time: false }),
  delimiter: fc.constantFrom(',', ';', '\t'),
  headerLine: fc.constantFrom(1, 1, 3),
  header: fc.boolean(),
  encoding: fc.constantFrom('auto', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'latin1', 'shift-jis'),
  dateOrder: fc.constantFrom('auto', 'mdy', 'dmy'),
  decimal: fc.constantFrom('auto', 'comma', 'point'),
  timeUnit: fc.constantFrom('auto', 'seconds', 'milliseconds', 'microseconds', 'nanoseconds', 'days'),
  duplicates: fc.constantFrom('keep', 'drop'),
  where: fc.constantFrom([], ['quantity!=0'], ['customer=a,b']),
  customersOut: fc.constantFrom([], ['0000'], ['a', 'b']),
  productsOut: fc.constantFrom([], ['x'], ['P*', '*']),
  productsIn: fc.constantFrom([], ['x*']),
  acceptLoss: fc.boolean(),
  lines: fc.boolean(),
  history: fc.boolean(),
  join: fc.constantFrom([], ['nowhere.csv']),
  format: fc.constantFrom('auto', 'csv', 'tsv', 'json', 'jsonl', 'parquet'),
  idleTimeoutMs: fc.integer({ min: 1, max: 1e6 }),
  signal,
  onProgress: callback,
};

export const sampleOptions: Known<SampleOptions> = {
  lines: fc.integer({ min: 1, max: 300 }),
  customers: fc.integer({ min: 1, max: 40 }),
  products: fc.integer({ min: 1, max: 40 }),
  seed,
};

const rankingOptions: Known<RankingOptions> = {
  decay: fc.double({ min: 1e-3, max: 1, noNaN: true }),
  windowDays: positive,
  blend: fc.record(
    { taste: positive, habit: positive, trend: positive, bought: positive, repeat: positive },
    { requiredKeys: [] },
  ),
  easeRegularization: fc.constantFrom(0, 1e-30, 200, 1e9),
  together: fc.integer({ min: 0, max: 1000 }),
};

const alsOptions: Known<AlsOptions> = {
  factors: fc.constantFrom(1, 2, 8, 17),
  iterations: fc.integer({ min: 1, max: 3 }),
  regularization: fc.constantFrom(0, 1e-30, 8, 1e30, Number.MAX_VALUE),
  unobservedWeight: fc.constantFrom(0, 1e-30, 0.1, 1e30, Number.MAX_VALUE),
  frequencyExponent: fc.double({ min: 0, max: 2, noNaN: true }),
  confidence: fc.constantFrom('orders', 'quantity', 'log-quantity', 'equal'),
  decay: rankingOptions.decay,
  tasteDecay: rankingOptions.decay,
  alpha: fc.constantFrom(1e-6, 1, 1e30, Number.MAX_VALUE),
  solver: fc.constantFrom('auto', 'cg', 'exact'),
  cgSteps: fc.integer({ min: 1, max: 100 }),
  seed,
};

const control = { ...kernelOptions, signal, onProgress: callback };

export const trainOptions = {
  algorithm: fc.constant('als'),
  earlyStopping: fc.boolean(),
  trees: fc.boolean(),
  onChoice: callback,
  ...alsOptions,
  ...rankingOptions,
  ...control,
};

export const importOptions: Known<Omit<ImportOptions, 'customers' | 'products' | 'orders'>> = {
  from: fc.constantFrom('spark', 'implicit', 'csv'),
  ids: fc.constant('no-such-folder'),
  customerIds: fc.constant('no-such-file.csv'),
  productIds: fc.constant('no-such-file.csv'),
  alpha: fc.constantFrom(1e-6, 1, 40),
  regularization: fc.constantFrom(0, 0.1, 1e9),
  explicit: fc.boolean(),
  convention: fc.constantFrom('spark', 'implicit'),
  confidence: alsOptions.confidence,
  fast: fc.boolean(),
  acceptLoss: fc.boolean(),
  idleTimeoutMs: fc.constantFrom(1000),
  ...rankingOptions,
  ...kernelOptions,
  signal,
};

export const exportOptions: Known<ExportOptions> = { signal, onProgress: callback };

export const pairsOptions: Known<PairsOptions> = {
  products: fc.constant('no-such-file.parquet'),
  productsOut: fc.constantFrom(['p01'], ['*']),
  productsIn: fc.constantFrom(['p01'], ['*']),
  idleTimeoutMs: fc.constantFrom(1000),
  signal,
  onProgress: callback,
};

const quantityOptions: Known<QuantityOptions> = {
  factors: alsOptions.factors,
  iterations: alsOptions.iterations,
  learningRate: fc.constantFrom(0, 1e-30, 0.01, 1, 1e30, Number.MAX_VALUE),
  batchSize: fc.integer({ min: 1, max: 65_536 }),
  seed,
};

export const trainQuantityOptions = { ...quantityOptions, ...control };

export const tuneOptions: Known<TuneOptions> = {
  ...alsOptions,
  ...rankingOptions,
  ...control,
  minutes: fc.constantFrom(1e-6, 1e-3),
  purchased: fc.constantFrom('allow', 'exclude'),
  lastDays: positive,
  resume: fc.constant(undefined),
};

export const protocolOptions: Known<ProtocolOptions> = {
  from: fc.constantFrom<unknown>(1.7e12 + 100 * 86_400_000, new Date(1.71e12), -8.64e15),
  lastDays: positive,
  test: fc.constant(undefined),
};

export const evaluateOptions: Known<EvaluateOptions> = {
  ...protocolOptions,
  protocol: fc.constantFrom('next-order', 'time'),
  windows: fc.integer({ min: 1, max: 4 }),
  training: fc.record({ ...trainOptions }, { requiredKeys: ['iterations', 'factors'] }),
  ks: fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 3 }),
  baselines: fc.boolean(),
  signal,
  onProgress: callback,
};

export const measureOptions: Known<MeasureOptions> = {
  ks: evaluateOptions.ks,
  questions: fc.subarray(['all', 'explore', 'repeat']),
  onList: callback,
  onMeasured: callback,
  signal,
  onProgress: callback,
};

const ids = fc.array(fc.constantFrom('p01', 'p02', 'p69', 'nothing'), { maxLength: 5 });

export const listOptions: Known<ListOptions> = {
  n: fc.integer({ min: 1, max: 10_000 }),
  allow: ids,
  deny: ids,
  // Only shops take these.
  filter: fc.constant(undefined),
  boost: fc.constant(undefined),
  pin: fc.constant(undefined),
};

export const recommendOptions: Known<RecommendOptions> = {
  ...listOptions,
  purchased: fc.constantFrom('allow', 'exclude', 'only'),
  diversity: unit,
  perCategory: fc.integer({ min: 1, max: 10_000 }),
  mix: fc.integer({ min: 0, max: 10 }),
  explain: fc.boolean(),
};

export const basketOptions: Known<BasketOptions> = {
  ...recommendOptions,
  customer: fc.constantFrom<unknown>('c01', 7),
};

const { explain: _, ...spreadOptions } = recommendOptions;

export const batchOptions: Known<BatchOptions> = {
  ...spreadOptions,
  from: fc.integer({ min: 0, max: 70 }),
  to: fc.integer({ min: 0, max: 70 }),
  shard: fc.constantFrom<unknown>('1/1', '2/3', '70/70'),
  signal,
  onProgress: callback,
  inBackground: fc.boolean(),
};

export const appOptions: Known<Omit<AppOptions, 'recommender' | 'shop'>> = {
  maxBodyBytes: fc.integer({ min: 1, max: 2 ** 31 }),
  maxConcurrentRequests: fc.integer({ min: 1, max: 100 }),
  deadlineMs: fc.integer({ min: 1, max: 1e5 }),
  basePath: fc.constantFrom('/', '/shop', '/a/b/'),
  access: fc.constantFrom<unknown>({}, { perSecond: 5 }, { perSecond: 5, burst: 10, keys: { find: () => undefined } }),
  metrics: fc.constantFrom<unknown>({ contentType: 'text/plain', observe: () => {}, text: async () => '' }),
  explorer: fc.boolean(),
  recent: fc.constantFrom<unknown>({ observe: () => {}, counts: () => createRecent().counts() }),
  workers: fc.constant(() => ({ workers: 2, serving: 2, replaced: 0 })),
  cors: fc.constantFrom<unknown>('*', 'https://a.example', ['https://a.example', 'https://b.example']),
  log: callback,
  onError: callback,
};

export const serveOptions: Known<Omit<ServeOptions, 'app'>> = {
  host: fc.constantFrom('127.0.0.1', ''),
  port: fc.constant(0),
  signal,
  graceMs: fc.integer({ min: 0, max: 100 }),
  drainMs: fc.integer({ min: 0, max: 100 }),
  maxConnections: fc.integer({ min: 1, max: 100 }),
  requestTimeoutMs: fc.integer({ min: 1, max: 1e5 }),
  keepAliveTimeoutMs: fc.integer({ min: 1, max: 1e5 }),
  onError: callback,
};
