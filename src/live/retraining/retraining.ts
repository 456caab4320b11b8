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
import { checkTrainOptions, type TrainOptions } from '../../training/fit.ts';
import type { RetrainingOutcome, RetrainingProgress, RetrainingStatus } from './outcome.ts';
import { runRetraining } from './run.ts';
import { follow, parseSchedule } from './schedule.ts';

export interface RetrainOptions {
  /** Paths of the orders: files, folders, and patterns. What they have is learned together with the purchases of the store. */
  orders: string | readonly string[];
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
  onEnd?: (ended: RetrainingOutcome | EndcapError) => void;
}

const optionNames = ['orders', 'reading', 'training', 'memory', 'hours', 'signal', 'onProgress'];

/** @throws `invalid_options` */
export function checkRetrainOptions(options: RetrainOptions): void {
  onlyKnown(options, optionNames);
  const { orders, reading = {}, training = {}, memory, hours, signal, onProgress } = options;
  const paths = typeof orders === 'string' ? [orders] : orders;
  if (!Array.isArray(paths) || paths.length === 0 || paths.some((path) => typeof path !== 'string' || path === ''))
    throw invalidOption('orders', orders, 'the path of the orders, or a list of paths');
  // A run may have to read them twice.
  if (paths.includes('-')) throw invalidOption('orders', '-', 'paths of files');
  checkReadOptions(paths, reading);
  checkTrainOptions(training);
  for (const [name, value] of Object.entries({ ...reading, ...training }))
    if (typeof value === 'function' || value instanceof AbortSignal)
      throw invalidOption(name, value, 'what can be sent to another process');
  if (memory !== undefined) wholeNumber('memory', memory, 64, 2 ** 31);
  if (hours !== undefined) finiteNumber('hours', hours, 1e-6, 500);
  optionalSignal(signal);
  optionalFunctions({ onProgress });
}

export type Retraining = ReturnType<typeof createRetraining>;

/**
 * @param model the path of the model's file.
 * @param store where its purchases are: the path of a SQLite file, or the address of a Postgres database; none if undefined.
 * @param take serves the new file once it is in its place.
 */
export function createRetraining(model: string, store: string | undefined, take?: () => Promise<void>) {
  const ending = new AbortController();
  const runs = { swapped: 0, refused: 0, failed: 0, unchanged: 0 };
  let running: RetrainingStatus['running'];
  let last: RetrainingOutcome | undefined;
  let current: Promise<unknown> = Promise.resolve();
  let scheduled: ReturnType<typeof follow> | undefined;

  /** @throws `invalid_options`; `retraining_busy` if a run is under way, here or elsewhere; `aborted`. */
  async function run(options: RetrainOptions): Promise<RetrainingOutcome> {
    checkRetrainOptions(options);
    const { orders, reading = {}, training = {}, memory, hours = 12, signal, onProgress } = options;
    if (running)
      throw new EndcapError(
        'retraining_busy',
        `${model} is being retrained since ${new Date(running.startedAt).toISOString()}, by this process; wait until it is done`,
        { file: model, since: running.startedAt },
      );
    const startedAt = Date.now();
    running = { stage: 'reading', startedAt };
    const work = runRetraining({
      ...{ model, store, reading, hours, memory, take },
      training: { ...training, threads: training.threads ?? 1 },
      orders: typeof orders === 'string' ? [orders] : orders,
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

  return {
    run,
    /** @throws `invalid_options`, before anything begins. */
    async schedule({ schedule: pattern, timeZone, onEnd, ...options }: ScheduledRetraining): Promise<void> {
      checkRetrainOptions(options);
      optionalFunctions({ onEnd });
      const schedule = await parseSchedule(pattern, timeZone);
      scheduled = follow(schedule, () => {
        run(options).then(onEnd, (error) => {
          if (!(error instanceof EndcapError)) throw error;
          if (error.code !== 'aborted') onEnd?.(error);
        });
      });
    },
    status: (): RetrainingStatus => ({
      ...(running && { running }),
      ...(last && { last }),
      ...(scheduled && { next: scheduled.next() }),
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
