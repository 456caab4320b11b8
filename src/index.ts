/** Endcap's library. `endcap/server` has the HTTP app. Nothing is loaded or started by importing this. */
export type { Account, Dataset, DropReason, History, OrderLines, ProductInfo, Purchases } from './dataset/dataset.ts';
export { readOrders } from './dataset/read.ts';
export type { Signals } from './dataset/signals.ts';
export type { HeldOut } from './dataset/split.ts';
export { EndcapError, type ErrorCode } from './errors.ts';
export { baselinesOf } from './evaluation/baselines.ts';
export { type EvaluateOptions, type EvaluateProgress, evaluate } from './evaluation/evaluate.ts';
export type {
  Comparison,
  ContestantReport,
  Evaluation,
  EvaluationAccount,
  EvaluationQuestion,
  ExampleCustomer,
  GroupResult,
  Measure,
  Metric,
  ProtocolReport,
  Result,
  Verdict,
} from './evaluation/evaluation.ts';
export {
  type Contestant,
  type Lister,
  type Measured,
  type MeasureOptions,
  type MeasureProgress,
  measure,
} from './evaluation/measure.ts';
export { type HeldOutPart, holdOut, type ProtocolOptions } from './evaluation/protocols.ts';
export { reportHtml } from './evaluation/report.ts';
export { train } from './evaluation/train.ts';
export { type TuneOptions, type TuneProgress, tune } from './evaluation/tune.ts';
export { parseOptions, parseTuned, type Trial, type Tuned, type TunedOptions } from './evaluation/tuned.ts';
export type { Kernel } from './kernel/kernel.ts';
export { type KernelOptions, openKernel } from './kernel/select.ts';
export { loadModel, saveModel } from './model/file.ts';
export { decodeModel, encodeModel } from './model/format.ts';
export type { BoughtTogether, Model, ModelMetadata, Ranking } from './model/model.ts';
export { describeAccount } from './orders/account.ts';
export type { OrderSource, ReadOptions } from './orders/options.ts';
export { recommendWith } from './recommending/create.ts';
export { createRecommender } from './recommending/open.ts';
export {
  type BasketLine,
  type BasketOptions,
  type BatchOptions,
  type CustomerRecommendations,
  type Explanation,
  type ListOptions,
  noRow,
  type PromisedAnswers,
  type PurchasedFilter,
  type Questions,
  type Reason,
  type Recommendation,
  type RecommendationBlock,
  type Recommendations,
  type Recommender,
  type RecommendOptions,
  type SimilarCustomer,
  type Source,
  type SpreadOptions,
  type TogetherProduct,
} from './recommending/recommender.ts';
export { sampleCsv, sampleOrders } from './sample/sample.ts';
export type { TrainingProgress } from './training/algorithm.ts';
export type { AlsOptions, Confidence } from './training/als.ts';
export type { TrainOptions } from './training/fit.ts';
export type { QuantityOptions } from './training/quantity.ts';
export type { Blend, RankingOptions } from './training/ranking.ts';
export { version } from './version.ts';
