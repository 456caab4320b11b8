/** The shops of workers as the main thread has them: they follow the one that owns the store. */
import type { AttributionStatus } from '../attribution/attribution.ts';
import type { ServedModel } from '../served-model.ts';
import type { ShopStatus } from '../shop-answers.ts';
import type { Shop } from '../types.ts';
import type { Asked, Call, Told, WorkerCounts } from './messages.ts';
import { createSharedModels, type SharedModel } from './shared-models.ts';
import { createWorkerLife, type FollowedShop, type WorkerLife } from './worker-life.ts';

/** Tells a worker of something without an answer, or calls it. */
interface ToldWorker {
  call: Call<Told>;
}

export interface JoinedWorker {
  /** What the worker may ask. */
  readonly asked: Asked;
  /** The worker is gone. */
  leave(): void;
}

/** What the shop tells its workers. */
export interface Followers {
  join(worker: ToldWorker): JoinedWorker;
  /** Calls all workers. Resolves once all have answered that are not gone by then. */
  all: Call<Pick<Told, 'changed' | 'heard' | 'followScenarios' | 'follow'>>;
  forgetAll(): void;
  barred(served: ServedModel, row: number): void;
  /** Lists of a model follow other sales. */
  sold(served: ServedModel): void;
  /** The bonuses of a model are those of another time. */
  aged(served: ServedModel): Promise<void>;
  closed(served: ServedModel): void;
  /** Makes another model ready on all workers; if that fails, on none. It is to answer in the turn in which this resolves. */
  prepare(next: ServedModel): Promise<Prepared>;
  /** What all count. */
  counted(status: ShopStatus): ShopStatus;
}

interface Prepared {
  /** All workers answer with it when this resolves. */
  serve(): Promise<void>;
  /** Resolves once no worker makes lists of a model. */
  unused(before: ServedModel): Promise<void>;
}

export function createFollowers(shop: FollowedShop): Followers {
  const lives = new Set<WorkerLife>();
  const models = createSharedModels();
  /** Of workers that are gone. */
  const before = { kept: 0, dropped: 0 };

  /** All of those that have a model. */
  const eachWith = (served: ServedModel, tell: (life: WorkerLife, of: SharedModel) => void) => {
    const of = models.of(served);
    if (of) for (const life of lives) if (life.has(of.key)) tell(life, of);
  };

  /** A worker that is gone takes what there is when it begins anew. */
  async function unlessGone(life: WorkerLife, work: Promise<unknown>): Promise<void> {
    await work.catch((error) => {
      if (lives.has(life)) throw error;
    });
  }

  const all: Followers['all'] = async (name, ...args) => {
    await Promise.all(Array.from(lives, (life) => unlessGone(life, life.call(name, ...args))));
    return undefined as never;
  };

  /** Of those that are not told, each finds out when it answers the next time. */
  const tell = (life: WorkerLife, told: Promise<unknown>) => void unlessGone(life, told).catch(() => {});

  return {
    join({ call }) {
      const life = createWorkerLife(shop, models, call, (begun) => lives.add(begun));
      return {
        asked: life.asked,
        leave() {
          if (!lives.delete(life)) return;
          life.end();
          before.kept += life.counts?.shown.kept ?? 0;
          before.dropped += life.counts?.shown.dropped ?? 0;
        },
      };
    },
    all,
    forgetAll() {
      for (const life of lives) tell(life, life.call('forgetAll'));
    },
    barred: (served, row) => eachWith(served, (life, { key }) => tell(life, life.call('barred', key, row))),
    sold: (served) =>
      eachWith(served, (life, of) => {
        const release = life.hold(of);
        tell(life, life.call('trend', of.key, of.sharing.trend()).finally(release));
      }),
    async aged(served) {
      const told: Promise<void>[] = [];
      eachWith(served, (life, { key, sharing }) => {
        const bonuses = sharing.bonuses();
        if (bonuses) told.push(unlessGone(life, life.call('bonuses', key, bonuses)));
      });
      await Promise.all(told);
    },
    closed: models.forget,
    async prepare(next) {
      const key = models.keyOf(next);
      const prepared = new Set<WorkerLife>();
      const prepareIn = async (life: WorkerLife) => {
        prepared.add(life);
        await unlessGone(life, life.call('prepare', key));
      };
      const unprepared = () => [...lives].filter((life) => !prepared.has(life));
      // Workers may begin meanwhile, with the model that still answers.
      for (let begun = unprepared(); begun.length > 0; begun = unprepared()) {
        const results = await Promise.allSettled(begun.map(prepareIn));
        const failed = results.find((result) => result.status === 'rejected');
        if (!failed) continue;
        for (const life of prepared) tell(life, life.call('drop', key));
        throw failed.reason;
      }
      return {
        async serve() {
          // Those that begin from now on begin with it.
          await Promise.all(Array.from(prepared, (life) => unlessGone(life, life.call('serve', key))));
        },
        async unused(old) {
          const of = models.of(old);
          if (of) await Promise.all(Array.from(lives, (life) => life.unused(of.key)));
        },
      };
    },
    counted(status) {
      const counts = Array.from(lives, (life) => life.counts).filter((each) => each !== undefined);
      const sum = (of: (each: WorkerCounts) => number) => counts.reduce((total, each) => total + of(each), 0);
      const { attribution } = status;
      const withWorkers: AttributionStatus = {
        ...attribution,
        waiting: attribution.waiting + sum(({ shown }) => shown.waiting),
        kept: attribution.kept + before.kept + sum(({ shown }) => shown.kept),
        dropped: attribution.dropped + before.dropped + sum(({ shown }) => shown.dropped),
      };
      return {
        ...status,
        attribution: withWorkers,
        keptCustomers: status.keptCustomers + sum(({ keptCustomers }) => keptCustomers),
        isFailing: status.isFailing || counts.some(({ isFailing }) => isFailing),
      };
    },
  };
}

const followersOfShops = new WeakMap<object, Followers>();

/** Remembers what tells the workers of a shop, for as long as somebody has it. */
export function setFollowers(shop: Shop, followers: Followers): void {
  followersOfShops.set(shop, followers);
}

/** Undefined for what `createShop` did not return. */
export function followersOf(shop: object): Followers | undefined {
  return followersOfShops.get(shop);
}
