/** The shop of a worker: it makes lists as the one on the main thread would, and asks that one for everything else. */
import { EndcapError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import type { OpenModel } from '../../recommending/create.ts';
import { joinRecommender, putBonuses } from '../../recommending/serving/sharing.ts';
import type { Pace } from '../../turns.ts';
import { recordedList } from '../attribution/recorded.ts';
import { createShowing } from '../attribution/showing.ts';
import { withIds } from '../attribution/with-ids.ts';
import { createCatalogueEntries } from '../catalogue/entries.ts';
import { columnsOf } from '../conditions/columns.ts';
import { createExperiments } from '../experiments/experiments.ts';
import { storedIdOf } from '../purchases/customer-data.ts';
import { learnedByPlace, learnedByTime } from '../purchases/learned.ts';
import { createScenarios } from '../scenarios/scenarios.ts';
import { type ServedModel, type ShopParts, serveOpened } from '../served-model.ts';
import type { ShopStore } from '../store/store.ts';
import { createAnswering, setServed } from '../swapping/answering.ts';
import type { ServingShop, Shop } from '../types.ts';
import { type Asked, type Call, type forwarded, type ServedPiece, storeMethods, type Told } from './messages.ts';

export interface WorkerShop {
  /** What the main thread tells it. */
  readonly told: Told;
  /** Resolves once it answers. */
  readonly opened: Promise<ServingShop>;
  /** Tells the main thread what is left to tell. */
  close(): Promise<void>;
}

/** How often a worker says what it counts. */
const countMs = 1000;

export function createWorkerShop(ask: Call<Asked>): WorkerShop {
  const entries = createCatalogueEntries(undefined);
  const models = new Set<ServedModel>();
  const closing = new AbortController();
  /** Models that are open or being opened, by key. */
  const opening = new Map<number, Promise<ServedModel>>();
  let isAnswering = false;
  const opened = open();
  // Whoever waits for it hears of its failure.
  opened.catch(() => {});

  async function open() {
    const { key, store: kind, days } = await ask('begin');
    const store = kind === undefined ? undefined : storeOver(kind, ask);
    const experiments = createExperiments({
      ...{ store, days, signal: closing.signal },
      settings: () => scenarios.current(),
      current: () => answering.current(),
      open: async (path) => openModel(await ask('arm', path)),
    });
    const scenarios = createScenarios(
      columnsOf(models),
      undefined,
      {
        settings: () => ask('settings'),
        putSettings: () => Promise.reject(new TypeError('only the main thread writes')),
      },
      experiments,
    );
    const parts: ShopParts = {
      ...{ store, entries, erasures: undefined, models, scenarios },
      followers: { barred() {}, sold() {}, forgetAll() {}, closed },
    };

    function closed(served: ServedModel): void {
      for (const [key, promise] of opening)
        void promise.then((each) => {
          if (each === served) forget(key);
        });
    }

    async function openModel(key: number): Promise<ServedModel> {
      const known = opening.get(key);
      if (known) return known;
      const pace = { signal: closing.signal, inBackground: isAnswering };
      const promise = pulled(key, ask, pace).then(({ model, last }) => {
        const { learned, isLoaded } = last;
        return serveOpened(model, parts, {
          learned: learned.isByPlace ? learnedByPlace(learned.seq) : learnedByTime(model.model),
          ...{ isLoaded, countsSales: false, ...pace },
        }).then((served) => {
          for (const row of last.barred) served.bar(row);
          return served;
        });
      });
      opening.set(key, promise);
      promise.catch(() => forget(key));
      return promise;
    }

    function forget(key: number): void {
      if (opening.delete(key)) ask('closed', key).catch(() => {});
    }

    let answeringKey = key;
    const answering = createAnswering(await openModel(key));
    await scenarios.follow();
    isAnswering = true;
    const { current, questions } = answering;
    const preview = experiments.questions(questions);
    const showing = createShowing(days > 0 ? store : undefined, days, (id) => storedIdOf(current(), id));
    const shop = {
      get model(): Model {
        return current().model;
      },
      get kernel() {
        return current().kernel;
      },
      ...questions,
      preview,
      ...withIds(preview, showing.give, () => current().model.metadata.version),
      recordShown: (list: Parameters<Shop['recordShown']>[0]) =>
        showing.give({ ...recordedList(list), model: current().model.metadata.version }),
      scenarios: () => scenarios.current().settings,
      refresh: refuse,
      useModel: refuse,
      close: refuse,
      ...forwardedTo(ask),
    };
    setServed(shop, current);
    return {
      shop: shop satisfies ServingShop,
      ...{ scenarios, showing, answering, openModel },
      async serve(next: number) {
        if (next === answeringKey) return;
        answeringKey = next;
        answering.replace(await openModel(next));
      },
    };
  }

  const counting = setInterval(() => void count().catch(() => {}), countMs).unref();
  let lastCounts = '';

  async function count(): Promise<void> {
    const { showing, answering } = await opened;
    const { keptCustomers, isFailing } = answering.current();
    const { waiting, kept, dropped } = showing.status();
    const counts = { keptCustomers: keptCustomers(), isFailing: isFailing(), shown: { waiting, kept, dropped } };
    const text = JSON.stringify(counts);
    if (text !== lastCounts) await ask('counted', counts);
    lastCounts = text;
  }

  const each = (tell: (served: ServedModel) => void) => {
    for (const served of models) tell(served);
  };

  return {
    told: {
      changed: (customers) => each(({ changed }) => customers.forEach(changed)),
      forgetAll: () => each(({ forgetAll }) => forgetAll()),
      heard() {},
      entries(given) {
        for (const entry of given) entries.told.apply(entry);
      },
      govern: () => entries.told.govern(),
      followScenarios: async () => (await opened).scenarios.follow(),
      async follow() {
        const { scenarios } = await opened;
        await scenarios.follow();
        for (const served of models) await served.follow();
      },
      barred: async (key, row) => (await opening.get(key))?.bar(row),
      trend: async (key, trend) => (await opening.get(key))?.takeTrend(trend),
      async bonuses(key, bonuses) {
        const served = await opening.get(key);
        if (served) putBonuses(served, bonuses);
      },
      async prepare(key) {
        await (await opened).openModel(key);
      },
      serve: async (key) => (await opened).serve(key),
      drop: async (key) => (await opening.get(key))?.close(),
    },
    opened: opened.then(({ shop }) => shop),
    async close() {
      clearInterval(counting);
      closing.abort();
      const { showing } = await opened;
      await showing.end();
      await count();
    },
  };
}

/** A model of the main thread, piece by piece. */
async function pulled(
  key: number,
  ask: Call<Asked>,
  pace: Pace,
): Promise<{ model: OpenModel; last: NonNullable<ServedPiece['last']> }> {
  const joining = joinRecommender((of) => ask('unitVectors', of, key), pace);
  for (;;) {
    const { piece, last } = await ask('piece', key);
    const model = joining.add(piece);
    if (model && last) return { model, last };
  }
}

/** What a worker needs of the store, which the main thread has. Nothing else is asked for. */
function storeOver(kind: string, ask: Call<Asked>): ShopStore & Required<Pick<ShopStore, 'recordShown'>> {
  const methods = storeMethods.map((method) => [method, (...args: unknown[]) => ask('store', method, args)]);
  return { kind, ...Object.fromEntries(methods) };
}

function forwardedTo(ask: Call<Asked>) {
  const to =
    <Name extends (typeof forwarded)[number]>(name: Name) =>
    (...args: Parameters<Shop[Name]>) =>
      ask('shop', name, args) as Promise<Awaited<ReturnType<Shop[Name]>>>;
  return {
    putProducts: to('putProducts'),
    patchProducts: to('patchProducts'),
    putScenarios: to('putScenarios'),
    recordPurchases: to('recordPurchases'),
    eraseCustomer: to('eraseCustomer'),
    customerData: to('customerData'),
    findCustomers: to('findCustomers'),
    reload: to('reload'),
    retrain: to('retrain'),
    rollback: to('rollback'),
    models: to('models'),
    retrainingHistory: to('retrainingHistory'),
    attribution: to('attribution'),
    experiments: to('experiments'),
    experiment: to('experiment'),
    status: to('status'),
  };
}

function refuse(): Promise<never> {
  return Promise.reject(new EndcapError('invalid_options', 'this is for the shop on the main thread'));
}
