/**
 * Endcap's library without Node's modules, for browsers and edge runtimes: a model in, lists out, on WebAssembly. Importing
 * this loads no kernel and starts nothing. `src/README.md` is the reference.
 */

// --- The kernel: WebAssembly, on Web Workers where the host can share memory with them. ---

export type { Kernel, OpenKernel } from './kernel/kernel.ts';
export type { WebKernelOptions } from './kernel/web/open.ts';
export { openKernel } from './recommending/web/open.ts';

// --- Orders in: objects, bytes, or files of a page become a dataset, with an account of every record. ---

export type { Account, Dataset, History, ProductInfo, Purchases, Returned } from './dataset/dataset.ts';
export { readOrders, type WebReadOptions } from './dataset/read-web.ts';
export { describeAccount } from './orders/cleaning/account.ts';
export type { BlobLike, GivenSource, StreamLike } from './orders/given-sources.ts';
export { type SampleOptions, sampleCsv, sampleOrders } from './sample/sample.ts';

// --- Training, with the search for options. ---

export type { Blend, Ranking } from './ranking/weights.ts';
export type { PickingProgress, TrainingProgress } from './training/algorithm.ts';
export { train, type WebTrainOptions } from './tuning/train-web.ts';

// --- A model, as the bytes of its file. ---

export { decodeModel, encodeModel } from './model/file/format.ts';
export type { Model, ModelMetadata } from './model/model.ts';

// --- Lists out: one at a time, or for everybody; and the HTTP app. ---

export type { Shard } from './recommending/lists/shard.ts';
export type { Boost, Condition, Pin } from './recommending/serving/options.ts';
export {
  type BasketLine,
  type BasketOptions,
  type BatchOptions,
  type BoughtTogetherProduct,
  type CustomerRecommendations,
  type Explanation,
  type ListOptions,
  noRow,
  type Recommendation,
  type RecommendationBlock,
  type Recommendations,
  type Recommender,
  type RecommendOptions,
  type SimilarCustomer,
} from './recommending/types.ts';
export { createRecommender, type WebRecommenderOptions } from './recommending/web/create.ts';
export type { RemoteRecommender } from './recommending/web/remote.ts';
export { type AppOptions, createApp } from './server/app.ts';

// --- How good the lists are: lists of any origin, on orders that are held out. ---

export type { HeldOut } from './dataset/split.ts';
export { baselinesOf } from './measuring/baselines/baselines.ts';
export type { Contestant, Lister } from './measuring/contestants.ts';
export { measure } from './measuring/measure.ts';
export type { MeasureOptions } from './measuring/measure-options.ts';
export { holdOut, type ProtocolOptions } from './measuring/protocols/protocols.ts';
export type { EvaluationQuestion } from './measuring/questions.ts';
export type { Measured, Metric } from './measuring/results.ts';

// --- Errors and the version. ---

export { EndcapError, type ErrorCode } from './errors.ts';
export { version } from './version.ts';
