/** What the main thread and its workers say to each other. */
import type { Asked, Told } from '../../live/workers/messages.ts';
import type { SharedBonuses, SharedCandidates, SharedPiece } from '../../recommending/serving/sharing.ts';
import type { AppOptions } from '../app.ts';
import type { ServingLimits } from '../http/serving-limits.ts';
import type { MetricValues } from '../metrics.ts';
import type { RequestLog } from '../observing.ts';
import type { RecentCounts } from '../page/live/recent.ts';
import type { ToldError } from './calls.ts';
import type { Frames } from './frames.ts';

/** Who may call, and how often, as it can go to a thread. */
export interface WorkerAccess {
  /** The file of the keys, which each worker follows. */
  readonly keys?: string;
  readonly perSecond?: number;
  readonly burst?: number;
  readonly behindProxy?: boolean;
}

/** Options of the app that can go to a thread. */
export type WorkerAppOptions = Pick<
  AppOptions,
  'maxBodyBytes' | 'maxConcurrentRequests' | 'deadlineMs' | 'basePath' | 'cors' | 'explorer'
>;

/** What a worker starts with. */
export interface WorkerStart {
  readonly app: WorkerAppOptions;
  readonly limits: Omit<ServingLimits, 'port'>;
  readonly access: WorkerAccess & { readonly buckets: SharedArrayBuffer };
  readonly isLogged: boolean;
  /** Whether a running shop answers, rather than a recommender. */
  readonly hasShop: boolean;
  /** How many workers there are, how many of them serve, and how many were replaced. */
  readonly counts: Int32Array;
}

/** What the main thread asks of a worker. */
export interface WorkerMethods {
  [name: string]: (...args: never[]) => unknown;
  /** Listens by itself on a port that all workers share. Returns the port. */
  listen(port: number): Promise<number>;
  /** Takes a piece of the recommender of this id, which answers after `serveAdded`. */
  add(id: number, piece: SharedPiece): Promise<void>;
  /** Answers with the recommender that was added from the next request on, if it is not older. */
  serveAdded(id: number): void;
  putBonuses(bonuses: SharedBonuses): void;
  /** Answers with the shop of the main thread from now on. */
  joinShop(): Promise<void>;
  tellShop(name: keyof Told, args: readonly unknown[]): unknown;
  metrics(): Promise<MetricValues[]>;
  /** The requests of the last hour that it answered. */
  recent(): RecentCounts;
  frames(frames: Frames): void;
  /** Ends the server as it should end. */
  close(): Promise<void>;
}

/** What a worker asks of the main thread. */
export interface MainMethods {
  [name: string]: (...args: never[]) => unknown;
  /** @param id of what the worker answers with, which may be what was answered with before. */
  unitVectors(of: 'products' | 'customers', id: number): Promise<SharedCandidates>;
  askShop(name: keyof Asked, args: readonly unknown[]): unknown;
  /** The metrics of all threads as text. */
  metrics(): Promise<string>;
  /** The requests of the last hour that any thread answered. */
  recent(): Promise<RecentCounts>;
  frames(frames: Frames): void;
  log(requests: readonly RequestLog[]): void;
  failed(error: ToldError): void;
}
