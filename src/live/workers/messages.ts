/** What the shop of a worker and that of the main thread say to each other. All of it survives a structured clone. */
import type { SharedBonuses, SharedCandidates, SharedPiece } from '../../recommending/serving/sharing.ts';
import type { SharedTrend } from '../../recommending/serving/trend.ts';
import type { ShowingStatus } from '../attribution/showing.ts';
import type { Entry } from '../catalogue/entries.ts';
import type { LearnedPurchases } from '../purchases/learned.ts';
import type { ShopStatus } from '../shop-answers.ts';
import type { ShopStore } from '../store/store.ts';
import type { Shop } from '../types.ts';

/** What a worker's shop is to begin with. */
interface Beginning {
  /** Of the model that answers. */
  readonly key: number;
  /** The kind of the store; undefined without one. */
  readonly store: string | undefined;
  /** How many days lists are kept; 0 if they are not. */
  readonly days: number;
}

/** A piece of a model; with the last one, what the shop has made of it. */
export interface ServedPiece {
  readonly piece: SharedPiece;
  readonly last?: {
    readonly learned: Pick<LearnedPurchases, 'seq' | 'isByPlace'>;
    readonly isLoaded: boolean;
    /** Rows of customers who were erased. */
    readonly barred: readonly number[];
  };
}

/** What a worker counts for the status of the shop. */
export interface WorkerCounts extends Pick<ShopStatus, 'keptCustomers' | 'isFailing'> {
  readonly shown: Pick<ShowingStatus, 'waiting' | 'kept' | 'dropped'>;
}

/** What only the shop on the main thread does. */
export const forwarded = [
  'putProducts',
  'patchProducts',
  'putScenarios',
  'recordPurchases',
  'eraseCustomer',
  'customerData',
  'findCustomers',
  'reload',
  'retrain',
  'rollback',
  'models',
  'retrainingHistory',
  'attribution',
  'experiments',
  'experiment',
  'status',
] as const satisfies (keyof Shop)[];

/** What a worker asks of the store. */
export const storeMethods = ['purchasesAfter', 'purchasesOf', 'recordShown'] as const satisfies (keyof ShopStore)[];

/** What a worker asks. */
export interface Asked {
  /** From then on the worker is told what happens. Resolves once it was told what the shop says of products. */
  begin(): Promise<Beginning>;
  /** The next piece of a model. */
  piece(key: number): ServedPiece;
  unitVectors(of: 'products' | 'customers', key: number): Promise<SharedCandidates>;
  /** The key of the model of an experiment's arm, by its path. */
  arm(path: string): number;
  /** Scenarios, rules, and experiments as JSON. */
  settings(): string;
  store(method: (typeof storeMethods)[number], args: readonly unknown[]): Promise<unknown>;
  shop(method: (typeof forwarded)[number], args: readonly unknown[]): Promise<unknown>;
  counted(counts: WorkerCounts): void;
  /** The worker makes no more lists of a model. */
  closed(key: number): void;
}

/** What a worker is told. The main thread answers whoever wrote something once all workers have answered this. */
export interface Told {
  /** Something is known of these customers that was not. */
  changed(customers: readonly string[]): void;
  forgetAll(): void;
  entries(entries: readonly Entry[]): void;
  govern(): Promise<void>;
  /** Answers once all that was told before is there. */
  heard(): void;
  followScenarios(): Promise<void>;
  /** Somebody else may have written to the store. */
  follow(): Promise<void>;
  barred(key: number, row: number): Promise<void>;
  /** Answered once no list is made with what sold before. */
  trend(key: number, trend: SharedTrend): Promise<void>;
  bonuses(key: number, bonuses: SharedBonuses): Promise<void>;
  /** Makes a model ready beside the one that answers. */
  prepare(key: number): Promise<void>;
  /** Answers with a model that was prepared. */
  serve(key: number): Promise<void>;
  /** A model that was prepared does not answer after all. */
  drop(key: number): Promise<void>;
}

/** Calls a method of the other thread. */
export type Call<Methods> = <Name extends keyof Methods>(
  name: Name,
  ...args: Methods[Name] extends (...args: infer Args) => unknown ? Args : never
) => Promise<Methods[Name] extends (...args: never[]) => infer Result ? Awaited<Result> : never>;
