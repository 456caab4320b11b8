/** What a shop answers besides lists. */
import type { AttributionStatus } from './attribution/attribution.ts';
import type { CatalogueCounts } from './catalogue/catalogue.ts';
import type { CatalogueReport } from './catalogue-file/load.ts';
import type { RetrainingStatus } from './retraining/outcome.ts';
import type { ShownList } from './store/store.ts';
import type { ModelStatus, ModelSwap } from './swapping/swapping.ts';

/** What was read, by file. */
export interface ReloadReport {
  /** Absent if the file has the model that answered before. */
  model?: ModelSwap;
  catalogue?: CatalogueReport;
  /** How many scenarios, rules, and experiments there are now. */
  scenarios?: { file: string; scenarios: number; rules: number; experiments: number };
}

export interface PurchaseReceipt {
  /** Lines that were added. */
  accepted: number;
  /** Lines that were there before. */
  duplicates: number;
  /** Products of these lines that the model does not know, each once: they count once a model knows them. */
  unknownProducts: string[];
}

export interface ErasedCustomer {
  /** Lines that were removed from the store. */
  purchases: number;
  /** Whether a model's file still has them: it could not be written, or not within five seconds. Or the model itself does. */
  inModel: boolean;
}

interface CustomerPurchase {
  order: string;
  product: string;
  quantity: number;
  time: number;
  recommendation?: string;
  /** Whether the model has learned it, so that it counts as one of its orders; false if the model does not know them. */
  isLearned: boolean;
}

export interface CustomerData {
  customer: string;
  /** What the store has, newest first: what came last. */
  purchases: CustomerPurchase[];
  /** The lists that were shown to them, as far as these are kept, newest first. */
  lists: Omit<ShownList, 'customer'>[];
  /** What the model has, ascending by product; absent if it does not know them. */
  model?: { version: string; products: { product: string; quantity: number }[] };
  /** Names the page that follows; absent if there is nothing more. */
  next?: string;
}

export interface ShopStatus {
  /** The `kind` of the store; undefined without one. */
  store: string | undefined;
  /** The place in the store up to which purchases were read. Those that came through this process count at once. */
  seq: number;
  /** Order lines that the model has not learned, without those that came in the last minute; 0 without a store. */
  newPurchases: number;
  /** Whether the store did not answer lately, or the last thing could not be written, as on a full disk. Lists go on. */
  isFailing: boolean;
  /** Lines of orders that wait for the disk. */
  waitingPurchases: number;
  /** Lists that were shown, and what they led to. */
  attribution: AttributionStatus;
  catalogue: CatalogueCounts;
  /** What was read when the files were read last. */
  files: Omit<ReloadReport, 'model'>;
  model: ModelStatus;
  /** How many scenarios, rules, and experiments there are, and why those of the store are not used, if they are not. */
  scenarios: { scenarios: number; rules: number; experiments: number; problem?: string };
  /** Customers whose purchases are in memory. */
  keptCustomers: number;
  erasedCustomers: number;
  /** How many days purchases are kept; absent if for ever, or there is no store. */
  keepDays?: number;
  /**
   * Erased customers whom the model's file still has, and what went wrong when they were last taken out of it; each file of an
   * arm counts as well. Absent if no model is of a file, or there is no store.
   */
  modelFile?: { pending: number; problem?: string };
  /** Absent until there was a run, or a schedule. */
  retraining?: RetrainingStatus;
}
