import { EndcapError } from '../../errors.ts';
import type { ModelMetadata } from '../../model/model.ts';
import { invalidOption } from '../../options.ts';
import { keptModels } from '../models/kept.ts';
import { type RolledBack, rollBack } from '../models/rollback.ts';
import { type RetrainingHistory, retrainingHistory } from './history.ts';
import type { RetrainingOutcome, RetrainingStatus } from './outcome.ts';
import type { Retraining, RetrainOptions, ScheduledRetraining } from './retraining.ts';

/** What retraining takes of a shop. */
interface Parts {
  /** The path of the file of the model that answers; undefined if it was given as an object. */
  path(): string | undefined;
  /** Whether the shop has a store, and where it is, if it was opened by its path or address. */
  store: { kind: string; where?: string } | undefined;
  /** Lets the model of a file answer. */
  use(file: string, result: 'swapped' | 'rolled_back', acceptLoss: boolean): Promise<unknown>;
  /** Of the model that answers. */
  served(): ModelMetadata;
}

/** A model that answers, or that did and is kept. */
export interface ShopModel extends Pick<ModelMetadata, 'version' | 'measured' | 'gate'> {
  /** When its training ended, in milliseconds since 1970 UTC; 0 if its file does not say so. */
  readonly trainedAt: number;
  readonly isServed: boolean;
  /** Whether a rollback put another one in its place. */
  readonly wasRolledBack: boolean;
  /** Why its file cannot be used. */
  readonly problem?: string;
}

/** How a shop comes to a new model, or back to an earlier one. */
export interface ShopRetraining {
  /**
   * Trains a new model on orders and on the purchases of the store, in a process of its own, and lets it answer if it is not
   * worse than the one that answers on the newest orders. Whatever becomes of the run is in what this resolves to; unless it is
   * `swapped`, nothing has changed. The file of the one before is kept for `rollback`.
   *
   * @throws `invalid_options`; `retraining_busy` if a run of the same file is under way, here or elsewhere; `aborted` by its
   * signal, or since the shop was closed.
   *
   * @example
   * const { outcome, reason } = await shop.retrain({ orders: 'orders.csv' });
   */
  retrain(options: RetrainOptions): Promise<RetrainingOutcome>;
  /**
   * Goes back to a model that answered before, whose file was kept; the three newest are. The one that answers is kept as well.
   *
   * @param version by default that of the newest kept model that was trained before the one that answers, and that no rollback took away.
   * @throws `unknown_version`, which lists those there are; `model_unreadable` if its file is damaged; `write_failed`: the model
   * that answers does so on.
   *
   * @example
   * const { version, before } = await shop.rollback();
   */
  rollback(version?: string): Promise<RolledBack>;
  /**
   * The model that answers, then those that are kept, newest first: how good each was when it was trained, and what the gate
   * said of it.
   */
  models(): Promise<ShopModel[]>;
  /** The last 50 retraining runs of the model's file, newest first, by whichever process; none if it was given as an object. */
  retrainingHistory(): Promise<RetrainingHistory>;
}

/** The same with what only the shop itself calls. */
interface Retrainings {
  /** What the shop offers. */
  readonly offered: ShopRetraining;
  /** Begins runs by themselves. @throws `invalid_options` */
  schedule(runs: ScheduledRetraining): Promise<void>;
  /** Undefined until there was a run, or a schedule. */
  status(): RetrainingStatus | undefined;
  /** Ends the run and the schedule. */
  end(): Promise<void>;
}

export function createShopRetraining({ path, store, use, served }: Parts): Retrainings {
  let retraining: Retraining | undefined;
  let rollingBack: Promise<unknown> = Promise.resolve();
  let isEnded = false;

  function fileOf(what: string): string {
    if (isEnded) throw new EndcapError('invalid_options', 'this shop is closed; open another one');
    const file = path();
    if (file !== undefined) return file;
    throw new EndcapError('invalid_options', `${what} needs the file of a model; open the shop with its path`);
  }

  /** What trains loads with the first run, not with the shop. */
  async function opened(): Promise<Retraining> {
    const { createRetraining } = await import('./retraining.ts');
    retraining ??= createRetraining({
      model: () => fileOf('retraining'),
      store: store?.where,
      take: (file, acceptLoss) => use(file, 'swapped', acceptLoss),
    });
    return retraining;
  }

  /** The purchases of a store of one's own are in no place that another process could read. */
  function checkStore(options: RetrainOptions): void {
    if (store && store.where === undefined && options?.store === undefined)
      throw invalidOption(
        'store',
        undefined,
        'the path or address of the store, since the shop was given one that is open',
      );
  }

  const offered: ShopRetraining = {
    async retrain(options) {
      fileOf('retraining');
      checkStore(options);
      return (await opened()).run(options);
    },
    async rollback(version) {
      if (version !== undefined && (typeof version !== 'string' || version === ''))
        throw invalidOption('version', version, 'the version of a kept model, as text');
      const file = fileOf('a rollback');
      const done = rollingBack.then(() => rollBack(file, version, () => use(file, 'rolled_back', true)));
      rollingBack = done.catch(() => {});
      return done;
    },
    async models() {
      const { version, trainedAt, measured, gate } = served();
      const own = { version, trainedAt: Date.parse(trainedAt), measured, gate, isServed: true, wasRolledBack: false };
      const file = path();
      const kept = file === undefined ? [] : await keptModels(file);
      const others = kept.filter((each, i) => kept.findIndex((other) => other.version === each.version) === i);
      return [
        own,
        ...others
          .filter((each) => each.version !== version)
          .map(({ file: _, fingerprint: __, ...each }) => ({ ...each, isServed: false })),
      ];
    },
    async retrainingHistory() {
      const file = path();
      return file === undefined ? { runs: [] } : retrainingHistory(file);
    },
  };
  return {
    offered,
    async schedule(runs) {
      fileOf('retraining');
      checkStore(runs);
      await (await opened()).schedule(runs);
    },
    status: () => retraining?.status(),
    async end() {
      isEnded = true;
      await retraining?.end();
      await rollingBack;
    },
  };
}
