import { EndcapError } from '../../errors.ts';
import {
  finiteNumber,
  invalidOption,
  onlyKnown,
  optionalFunctions,
  optionalSignal,
  wholeNumber,
} from '../../options.ts';
import { checkReadOptions, type ReadOptions } from '../../orders/options.ts';
import { pathOf } from '../../orders/sources/inputs.ts';
import { checkTrainOptions, type TrainOptions } from '../../training/fit-on.ts';
import { refuseUnrepeatable } from './candidate/orders.ts';
import { remember } from './history.ts';
import { lockRetraining } from './lock.ts';
import type { RetrainingOutcome, RetrainingProgress, RetrainingStatus } from './outcome.ts';
import { runRetraining } from './run.ts';
import { follow, parseSchedule, type Schedule } from './schedule.ts';

export interface RetrainOptions {
  /** Paths of the orders: files, folders, and patterns, or addresses of databases. What they have is learned together with the purchases of the store. */
  orders: string | readonly string[];
  /**
   * Where the purchases are, for a shop that was given a store that is open: the path of its SQLite file, or the address of its
   * Postgres database. That of the shop by default.
   */
  store?: string;
  /** How they are read, as for `readOrders`, without functions and signals. `acceptLoss` also takes a source that has shrunk. */
  reading?: ReadOptions;
  /** How the model is trained, as for `train`, without functions and signals. One thread by default. */
  training?: TrainOptions;
  /** MiB that the process of the run may take, from 64; as much as there is by default. */
  memory?: number;
  /** Hours that the run may take, at most 500; 12 by default. A source that hangs is given up then. */
  hours?: number;
  /** Ends the run, which then throws `aborted`. */
  signal?: AbortSignal;
  /** Called as the run goes on. */
  onProgress?: (progress: RetrainingProgress) => void;
}

/** Runs that come by themselves. */
export interface ScheduledRetraining extends Omit<RetrainOptions, 'signal'> {
  /** When runs begin: minute, hour, day, month, and day of the week, as in crontab. */
  schedule: string;
  /** The time zone of the schedule, such as `Europe/Vienna`; that of this machine by default. */
  timeZone?: string;
  /** Called when a scheduled run has ended, or was passed over because another one was under way. */
  onEnd?: (ended: RetrainingOutcome | Error) => void;
}

const optionNames = ['orders', 'store', 'reading', 'training', 'memory', 'hours', 'signal', 'onProgress'];

/** @throws `invalid_options` */
export async function checkSchedule({ schedule, timeZone, onEnd, ...options }: ScheduledRetraining): Promise<Schedule> {
  await checkRun(options);
  optionalFunctions({ onEnd });
  return parseSchedule(schedule, timeZone);
}

function pathsOf({ orders }: Pick<RetrainOptions, 'orders'>): readonly string[] {
  return typeof orders === 'string' ? [orders] : orders;
}

/** URLs do not reach another process as what they are. */
function sendable({ join, ...reading }: ReadOptions): ReadOptions {
  const files = join?.map((one) =>
    typeof one === 'string' || one instanceof URL ? pathOf(one) : { ...one, file: pathOf(one.file) },
  );
  return { ...reading, ...(files && { join: files }) };
}

/** @throws `invalid_options` */
async function checkRun(options: RetrainOptions): Promise<void> {
  onlyKnown(options, optionNames);
  const { orders, store, reading = {}, training = {}, memory, hours, signal, onProgress } = options;
  if (store !== undefined && (typeof store !== 'string' || store === ''))
    throw invalidOption('store', store, 'a path, or the address of a Postgres database');
  const paths = pathsOf(options);
  if (!Array.isArray(paths) || paths.length === 0 || paths.some((path) => typeof path !== 'string' || path === ''))
    throw invalidOption('orders', orders, 'the path of the orders, or a list of paths');
  checkReadOptions(paths, reading);
  if (reading.history === false)
    throw invalidOption('history', false, 'true, since models are compared on the newest orders');
  checkTrainOptions(training);
  for (const [name, value] of Object.entries({ ...reading, ...training }))
    if (typeof value === 'function' || value instanceof AbortSignal)
      throw invalidOption(name, value, 'what can be sent to another process');
  if (memory !== undefined) wholeNumber('memory', memory, 64, 2 ** 31);
  if (hours !== undefined) finiteNumber('hours', hours, 1e-6, 500);
  optionalSignal(signal);
  optionalFunctions({ onProgress });
  await refuseUnrepeatable(paths).catch((error) => {
    // Orders that are gone may be there when they are read; if not, that is the outcome of the run.
    if (error instanceof EndcapError && error.code === 'invalid_options') throw error;
  });
}

export type Retraining = ReturnType<typeof createRetraining>;

interface Parts {
  /** The path of the model's file. */
  model(): string;
  /** Where the purchases are: the path of a SQLite file, or the address of a Postgres database; nowhere if undefined. */
  store?: string;
  /** Serves the new file once it is in its place. */
  take?: (file: string, acceptLoss: boolean) => Promise<unknown>;
}

export function createRetraining({ model: path, store, take }: Parts) {
  const ending = new AbortController();
  const runs = { swapped: 0, refused: 0, failed: 0, unchanged: 0 };
  let running: RetrainingStatus['running'];
  let last: RetrainingOutcome | undefined;
  let current: Promise<unknown> = Promise.resolve();
  let scheduled: ReturnType<typeof follow> | undefined;

  /** @throws `invalid_options`; `retraining_busy` if a run is under way, here or elsewhere; `aborted`. */
  async function run(options: RetrainOptions): Promise<RetrainingOutcome> {
    await checkRun(options);
    const { reading = {}, training = {}, memory, hours = 12, signal, onProgress } = options;
    if (running)
      throw new EndcapError(
        'retraining_busy',
        `${path()} is being retrained since ${new Date(running.startedAt).toISOString()}, by this process; wait until it is done`,
        { file: path(), since: running.startedAt },
      );
    const model = path();
    const startedAt = Date.now();
    running = { stage: 'reading', startedAt };
    const work = runRetraining({
      ...{ model, store: options.store ?? store, reading: sendable(reading), hours, memory },
      ...(take && { take: () => take(model, reading.acceptLoss ?? false) }),
      training: { ...training, threads: training.threads ?? 1 },
      orders: pathsOf(options),
      signal: signal ? AbortSignal.any([signal, ending.signal]) : ending.signal,
      onProgress(progress) {
        running = { ...progress, startedAt };
        onProgress?.(progress);
      },
    });
    current = work.catch(() => {});
    try {
      last = await work;
      runs[last.outcome]++;
      return last;
    } finally {
      running = undefined;
    }
  }

  /** A run that nobody waits for: that it could not begin is an outcome as well. */
  async function runDue(options: RetrainOptions): Promise<RetrainingOutcome> {
    const startedAt = Date.now();
    const began = performance.now();
    try {
      return await run(options);
    } catch (error) {
      if (error instanceof EndcapError && ['retraining_busy', 'aborted'].includes(error.code)) throw error;
      const { message } = error as Error;
      last = { outcome: 'failed', reason: message, notes: [], startedAt, seconds: (performance.now() - began) / 1000 };
      runs.failed++;
      await rememberAlone(path(), last).catch(() => {});
      throw error;
    }
  }

  return {
    run,
    /** @throws `invalid_options`, before anything begins. */
    async schedule(runs: ScheduledRetraining): Promise<void> {
      const schedule = await checkSchedule(runs);
      const { schedule: _, timeZone: __, onEnd, ...options } = runs;
      scheduled = follow(schedule, () => {
        runDue(options)
          .then(onEnd, (error) => {
            if (!(error instanceof EndcapError && error.code === 'aborted')) onEnd?.(error);
          })
          // Whoever is told must not end the server.
          .catch(console.error);
      });
    },
    status: (): RetrainingStatus => ({
      ...(running && { running }),
      ...(last && { last }),
      ...(scheduled && Number.isFinite(scheduled.next()) && { next: scheduled.next() }),
      runs: { ...runs },
    }),
    /** Ends the run and the schedule. */
    async end(): Promise<void> {
      scheduled?.end();
      ending.abort();
      await current;
    },
  };
}

/** A run that did not come so far as to hold the lock. */
async function rememberAlone(model: string, outcome: RetrainingOutcome): Promise<void> {
  const lock = await lockRetraining(model);
  await remember(model, outcome).finally(lock.release);
}
