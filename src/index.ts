/** Endcap's library. `endcap/server` has the HTTP app. Nothing is loaded or started by importing this. */
export type { Account, Dataset, DropReason, History, OrderLines, ProductInfo, Purchases } from './dataset/dataset.ts';
export { readOrders } from './dataset/read.ts';
export type { HeldOut } from './dataset/split.ts';
export { EndcapError, type ErrorCode } from './errors.ts';
export { baselinesOf } from './evaluation/baselines.ts';
export { type EvaluateOptions, type EvaluateProgress, evaluate } from './evaluation/evaluate.ts';
export { reportHtml } from './evaluation/report/report.ts';
export type { Evaluation, EvaluationAccount, ExampleCustomer } from './evaluation/types.ts';
export type { Kernel } from './kernel/kernel.ts';
export { type KernelOptions, openKernel } from './kernel/open.ts';
export type { Contestant, Lister } from './measuring/contestants.ts';
export { type MeasureOptions, type MeasureProgress, measure } from './measuring/measure.ts';
export type { ProtocolReport } from './measuring/protocols.ts';
export { type HeldOutPart, holdOut, type ProtocolOptions } from './measuring/protocols.ts';
export type { EvaluationQuestion } from './measuring/questions.ts';
export type {
  Comparison,
  ContestantReport,
  GroupResult,
  Measure,
  Metric,
  Result,
  Verdict,
} from './measuring/results.ts';
export { loadModel, saveModel } from './model/file.ts';
export { decodeModel, encodeModel } from './model/format.ts';
export type { BoughtTogether, Model, ModelMetadata } from './model/model.ts';
export { describeAccount } from './orders/account.ts';
export type { OrderSource, ReadOptions } from './orders/options.ts';
export type { Signals } from './ranking/signals.ts';
export type { Blend, Ranking, RankingOptions } from './ranking/weights.ts';
export { createRecommender } from './recommending/create.ts';
export {
  type BasketLine,
  type BasketOptions,
  type BatchOptions,
  type BoughtTogetherProduct,
  type CustomerRecommendations,
  type Explanation,
  type ListOptions,
  noRow,
  type PurchasedFilter,
  type Reason,
  type Recommendation,
  type RecommendationBlock,
  type Recommendations,
  type Recommender,
  type RecommendOptions,
  type SimilarCustomer,
  type Source,
  type SpreadOptions,
} from './recommending/types.ts';
export { sampleCsv, sampleOrders } from './sample/sample.ts';
export type { TrainingProgress } from './training/algorithm.ts';
export type { AlsOptions } from './training/als-options.ts';
export type { Confidence } from './training/confidence.ts';
export type { TrainOptions } from './training/fit.ts';
export type { QuantityOptions } from './training/quantity.ts';
export { train } from './tuning/train.ts';
export { type TuneOptions, type TuneProgress, tune } from './tuning/tune.ts';
export type { Trial, Tuned, TunedOptions } from './tuning/tuned.ts';
export { parseOptions, parseTuned } from './tuning/tuned-file.ts';
export { version } from './version.ts';
