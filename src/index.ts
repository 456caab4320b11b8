/**
 * Endcap's library: orders in, a model, lists out. `endcap/server` has the HTTP app, `endcap/serve` runs it on Node.
 * Importing this loads no kernel and starts nothing. `src/README.md` is the reference.
 *
 * Types that are only parts of these are reached through them: `Evaluation['results'][number]`.
 */

// --- Orders in: a file or objects become a dataset, with an account of every record. ---

export type { Account, Dataset, History, ProductInfo, Purchases, Returned } from './dataset/dataset.ts';
export { readOrders } from './dataset/read.ts';
export { describeAccount } from './orders/cleaning/account.ts';
export type { OrderSource, ReadOptions } from './orders/options.ts';
export { type SampleOptions, sampleCsv, sampleOrders } from './sample/sample.ts';

// --- Training, and the search for better options. ---

export type { Blend, Ranking } from './ranking/weights.ts';
export type { PickingProgress, TrainingProgress } from './training/algorithm.ts';
export type { TrainOptions } from './training/fit-on.ts';
export { solveBlocks } from './training/solve/solve.ts';
export { type TuneOptions, type TuneProgress, tune } from './tuning/search/tune.ts';
export type { Trial, Tuned } from './tuning/search/tuned.ts';
export { parseOptions, parseTuned } from './tuning/search/tuned-file.ts';
export { train } from './tuning/train.ts';

// --- Models from other systems. ---

export { type ImportedModel, type ImportOptions, importModel } from './exchange/import/import.ts';

// --- A model and its file. ---

export { loadModel, saveModel } from './model/file/file.ts';
export { decodeModel, encodeModel } from './model/file/format.ts';
export type { Model, ModelMetadata } from './model/model.ts';

// --- From and to other systems. ---

export { type Exported, type ExportOptions, exportModel } from './exchange/export/export.ts';
export { type PairsOptions, readPairs } from './exchange/pairs/read.ts';

// --- Lists out: one at a time, or for everybody. ---

export type { Kernel } from './kernel/kernel.ts';
export type { KernelOptions } from './kernel/open.ts';
export { createRecommender } from './recommending/create.ts';
export type { Shard } from './recommending/lists/shard.ts';
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

// --- A running shop: lists that follow what is sold out, what was bought, and who is erased. ---

export type { AttributionOptions } from './live/attribution/attribution.ts';
export { parseRecommendationId } from './live/attribution/ids.ts';
export type { AttributionCounts, AttributionReport } from './live/attribution/report.ts';
export type { CatalogueChange, CatalogueProduct, CatalogueReceipt } from './live/catalogue/catalogue.ts';
export type { CatalogueReport, ReloadOptions } from './live/catalogue-file/load.ts';
export type { ArmDifference, ArmMetric, ExperimentMetric, ExperimentVerdict } from './live/experiments/comparing.ts';
export type { ArmComparison, ArmReport, ExperimentReport } from './live/experiments/report.ts';
export type { ExperimentSummary } from './live/experiments/reports.ts';
export type { Experiment, ExperimentArm } from './live/experiments/settings.ts';
export type { RolledBack } from './live/models/rollback.ts';
export type { FoundCustomers } from './live/purchases/find.ts';
export type { ShopPurchase } from './live/purchases/purchases.ts';
export type { RetrainingHistory, RetrainingRun } from './live/retraining/history.ts';
export type { RetrainingOutcome, RetrainingProgress, RetrainingStatus } from './live/retraining/outcome.ts';
export type { RetrainOptions, ScheduledRetraining } from './live/retraining/retraining.ts';
export type { ShopModel } from './live/retraining/shop-retraining.ts';
export type { Scenario, ScenarioRule, ScenarioSettings } from './live/scenarios/settings.ts';
export { createShop } from './live/shop.ts';
export type { CustomerData, ErasedCustomer, PurchaseReceipt, ReloadReport, ShopStatus } from './live/shop-answers.ts';
export type { ShopStore } from './live/store/store.ts';
export type {
  BatchScenario,
  ListedField,
  NewProductsOptions,
  ProductsShown,
  Shop,
  ShopListOptions,
  ShopOptions,
  ShopRecommendations,
} from './live/types.ts';
export type { Boost, Condition, Pin } from './recommending/serving/options.ts';

// --- How good the lists are: a model next to the baselines, or lists of any origin. ---

export type { HeldOut } from './dataset/split.ts';
export { type EvaluateOptions, type EvaluateProgress, evaluate } from './evaluation/evaluate.ts';
export { reportHtml } from './evaluation/report/report.ts';
export type { Evaluation } from './evaluation/types.ts';
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
