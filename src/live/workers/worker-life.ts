/** One life of a worker, as the main thread has it: what it makes lists of, and what it may ask. */
import { EndcapError } from '../../errors.ts';
import type { Sharing } from '../../recommending/serving/sharing.ts';
import type { CatalogueEntries, EntriesReader, Entry } from '../catalogue/entries.ts';
import { toJson } from '../scenarios/json.ts';
import type { ServedModel } from '../served-model.ts';
import type { ShopStore } from '../store/store.ts';
import type { Shop } from '../types.ts';
import {
  type Asked,
  type Call,
  forwarded,
  type ServedPiece,
  storeMethods,
  type Told,
  type WorkerCounts,
} from './messages.ts';
import type { SharedModel, SharedModels } from './shared-models.ts';

/** The shop that workers follow. */
export interface FollowedShop {
  readonly store: ShopStore | undefined;
  /** How many days lists are kept; 0 if they are not. */
  readonly days: number;
  readonly entries: Pick<CatalogueEntries, 'attach' | 'detach'>;
  current(): ServedModel;
  settings(): Parameters<typeof toJson>[0];
  /** The model of an arm, by its path; undefined if it is not open. */
  arm(path: string): ServedModel | undefined;
  shop(): Pick<Shop, (typeof forwarded)[number]>;
}

export interface WorkerLife {
  readonly asked: Asked;
  readonly call: Call<Told>;
  /** Whether it was given all of a model. */
  has(key: number): boolean;
  /**
   * Keeps for the worker what a model makes lists of now, with what was kept before. Returns what lets go of the latter, to be
   * called once the worker makes no more lists of it.
   */
  hold(of: SharedModel): () => void;
  /** Resolves once it makes no lists of a model. */
  unused(key: number): Promise<void> | undefined;
  readonly counts: WorkerCounts | undefined;
  end(): void;
}

/** Entries that go in one message. */
const entriesOfMessage = 200;

/** @param begun is called before the worker is told anything. */
export function createWorkerLife(
  shop: FollowedShop,
  models: SharedModels,
  call: Call<Told>,
  begun: (life: WorkerLife) => void,
): WorkerLife {
  /** By the key of a model, lets go of what lists are made of. */
  const held = new Map<number, () => void>();
  /** Models that it has, or is getting. */
  const taken = new Map<number, { readonly closed: Promise<void>; close(): void }>();
  const pieces = new Map<number, ReturnType<Sharing['pieces']>>();
  let waiting: Entry[] = [];
  let counts: WorkerCounts | undefined;

  function flush(): void {
    const entries = waiting;
    waiting = [];
    // If it is gone, it hears all of them when it begins anew.
    if (entries.length > 0) call('entries', entries).catch(() => {});
  }

  /** What is said of products is told before anything that is told later. */
  const callInOrder: Call<Told> = (name, ...args) => {
    flush();
    return call(name, ...args);
  };

  const reader: EntriesReader = {
    apply(entry) {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push(entry);
      if (waiting.length === entriesOfMessage) flush();
    },
    govern: () => callInOrder('govern').catch(() => {}),
  };

  function hold({ key, sharing }: SharedModel): () => void {
    const before = held.get(key);
    held.set(key, sharing.hold());
    return () => {
      if (models.has(key)) before?.();
    };
  }

  function take(key: number): void {
    if (!taken.has(key)) taken.set(key, closable());
  }

  function piece(key: number): ServedPiece {
    const of = models.at(key);
    const all = pieces.get(key) ?? of.sharing.pieces();
    pieces.set(key, all);
    take(key);
    const next = all.next();
    if (next.done) throw new EndcapError('aborted', 'there is no further piece of the model');
    if (!('rest' in next.value)) return { piece: next.value };
    pieces.delete(key);
    hold(of)();
    const { learned, isLoaded, barred } = of.served;
    const { seq, isByPlace } = learned;
    return { piece: next.value, last: { learned: { seq, isByPlace }, isLoaded, barred: barred() } };
  }

  function closed(key: number): void {
    taken.get(key)?.close();
    taken.delete(key);
    pieces.delete(key);
    if (models.has(key)) held.get(key)?.();
    held.delete(key);
  }

  const asked: Asked = {
    async begin() {
      begun(life);
      const { store, days } = shop;
      const key = models.keyOf(shop.current());
      take(key);
      await shop.entries.attach(reader);
      flush();
      return { key, store: store?.kind, days };
    },
    piece,
    unitVectors: (of, key) => models.at(key).sharing.unitVectors(of),
    arm(path) {
      const served = shop.arm(path);
      if (!served) throw new EndcapError('aborted', `the model ${path} is not open`);
      return models.keyOf(served);
    },
    settings: () => JSON.stringify(toJson(shop.settings())),
    async store(method, args) {
      if (!storeMethods.includes(method)) throw new TypeError(`no method of the store: ${method}`);
      return (shop.store![method] as (...args: readonly unknown[]) => unknown)(...args);
    },
    async shop(method, args) {
      if (!forwarded.includes(method)) throw new TypeError(`no method of the shop: ${method}`);
      return (shop.shop()[method] as (...args: readonly unknown[]) => unknown)(...args);
    },
    counted(now) {
      counts = now;
    },
    closed,
  };

  const life: WorkerLife = {
    ...{ asked, call: callInOrder, hold },
    has: (key) => held.has(key),
    unused: (key) => taken.get(key)?.closed,
    get counts() {
      return counts;
    },
    end() {
      shop.entries.detach(reader);
      for (const key of [...taken.keys()]) closed(key);
    },
  };
  return life;
}

function closable(): { readonly closed: Promise<void>; close(): void } {
  let close: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  return { closed, close };
}
