import { EndcapError } from '../../errors.ts';
import type { KernelOptions } from '../../kernel/open.ts';
import type { Model } from '../../model/model.ts';
import type { Pace } from '../../turns.ts';
import type { ReloadOptions } from '../catalogue-file/load.ts';
import type { ModelFiles } from '../erasing/model-file.ts';
import { isRolledBack } from '../models/kept.ts';
import { openServedModel, type ServedModel, type ShopParts } from '../served-model.ts';
import type { Followers } from '../workers/followers.ts';
import type { Answering } from './answering.ts';
import { checkSameShop } from './foreign.ts';
import { type ModelSource, openModelSource } from './source.ts';
import { checkNotWorse } from './worse.ts';

/** A model that took the place of another one. */
export interface ModelSwap {
  /** Where it was loaded from; absent if it was given as an object. */
  file?: string;
  version: string;
  /** The version of the one that answered before. */
  before: string;
}

/** What became of a model that was to answer. */
export type ModelChange =
  | ({ result: 'swapped' | 'rolled_back'; seconds: number } & ModelSwap)
  | { result: 'refused'; file?: string; reason: string };

export interface ModelStatus {
  /** Of the model that answers. */
  version: string;
  /** Since when it answers, in milliseconds since 1970 UTC. */
  since: number;
  /** How often another model took its place since the shop was opened, how often an earlier one, and how often one was refused. */
  swaps: number;
  rollbacks: number;
  refusals: number;
  /** How long the last swap took, from the file to the first list. */
  swapSeconds?: number;
  /** Why the last model that was to answer does not; absent once one does. */
  refused?: { at: number; reason: string };
}

/** Puts other models in the place of the one that answers, one at a time. */
export interface Swapping {
  /**
   * Lets the model of the shop's file answer, if that is another one; undefined if it is the same, the file was looked at
   * before, or there is none. A file that was refused is looked at again only if somebody asks.
   *
   * @throws `model_unreadable`, `model_lost`, `model_worse`, and what `openServedModel` throws: the model before answers on.
   */
  takeFile(options: ReloadOptions, isAsked: boolean): Promise<ModelSwap | undefined>;
  /** Lets a model answer, or that of a file, which is the shop's from then on. Throws the same. */
  use(given: Model | string, options: ReloadOptions, result?: 'swapped' | 'rolled_back'): Promise<ModelSwap>;
  /** The path of the shop's file. */
  path(): string | undefined;
  status(): ModelStatus;
  /** Waits for what was begun. */
  end(): Promise<void>;
}

interface Parts {
  readonly answering: Answering;
  readonly shop: ShopParts;
  readonly kernel: KernelOptions;
  readonly files: Pick<ModelFiles, 'of'>;
  /** Brings a model that is open to where the one that answers is, besides what both hear of. */
  prepare(served: ServedModel): Promise<void>;
  /** The same shop on other threads. */
  readonly followers: Pick<Followers, 'prepare'>;
  /** Is told of each change, and of each refusal. */
  changed(change: ModelChange): void;
  readonly closing: AbortSignal;
}

/** What is wrong with a file, and stays wrong until it is another one. */
const lasting = ['model_unreadable', 'model_lost', 'model_worse'];

/** @param source the file that the model that answers was loaded from. */
export function createSwapping(
  { answering, shop, kernel, files, prepare, followers, changed, closing }: Parts,
  source: ModelSource | undefined,
): Swapping {
  /** Of all that is done for a model while another one answers. */
  const background: Pace = { signal: closing, inBackground: true };
  const compared = { store: shop.store, kernel, ...background };
  let file = source;
  let isServedLoaded = source !== undefined;
  let isFileRefused = false;
  let last: Promise<unknown> = Promise.resolve();
  const status: ModelStatus = { version: '', since: answering.current().since, swaps: 0, rollbacks: 0, refusals: 0 };
  const versionNow = () => answering.current().model.metadata.version;

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  }

  function checkOpen(): void {
    if (closing.aborted) throw new EndcapError('aborted', 'the shop was closed before another model could answer');
  }

  async function swap(
    given: Model | string,
    { acceptLoss = false }: ReloadOptions,
    result: 'swapped' | 'rolled_back',
  ): Promise<ModelSwap> {
    checkOpen();
    const began = performance.now();
    const path = typeof given === 'string' ? given : undefined;
    const name = path ?? 'the model';
    const served = answering.current().model;
    const next = await openServedModel(given, shop, {
      kernel,
      file: files.of(path ?? file?.path),
      check: async (model) => {
        if (acceptLoss) return;
        await checkSameShop(name, model, served, background);
        if (result === 'swapped') await checkNotWorse(name, model, { ...compared, served, isServedLoaded });
      },
      ...background,
    });
    let onOthers: Awaited<ReturnType<Followers['prepare']>>;
    try {
      await prepare(next);
      // What came while that was done.
      await next.follow();
      onOthers = await followers.prepare(next);
      checkOpen();
    } catch (error) {
      await next.close();
      throw error;
    }
    const before = versionNow();
    // Other threads may still ask it for something.
    void answering.holding((old) => onOthers.unused(old));
    answering.replace(next);
    await onOthers.serve();
    isServedLoaded = path !== undefined;
    status.since = Date.now();
    status[result === 'swapped' ? 'swaps' : 'rollbacks']++;
    status.swapSeconds = (performance.now() - began) / 1000;
    delete status.refused;
    const report = { ...(path !== undefined && { file: path }), version: versionNow(), before };
    changed({ result, ...report, seconds: status.swapSeconds });
    return report;
  }

  /** Remembers why a model does not answer. */
  async function orRefused<T>(path: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (closing.aborted) throw error;
      const reason = (error as Error).message;
      status.refused = { at: Date.now(), reason };
      status.refusals++;
      changed({ result: 'refused', ...(path !== undefined && { file: path }), reason });
      throw error;
    }
  }

  async function takeFile(options: ReloadOptions, isAsked: boolean): Promise<ModelSwap | undefined> {
    const looked = await file?.changed();
    if (!file || (!looked && !(isAsked && isFileRefused))) return undefined;
    try {
      const isOther = (await file.version()) !== versionNow();
      // Somebody rolled back by the command: it is not for a comparison to say otherwise.
      const wasRolledBack = isOther && (await isRolledBack(file.path, versionNow()));
      const report = isOther ? await swap(file.path, options, wasRolledBack ? 'rolled_back' : 'swapped') : undefined;
      if (isFileRefused) delete status.refused;
      isFileRefused = false;
      looked?.();
      return report;
    } catch (error) {
      isFileRefused = true;
      // Anything else may be well the next time.
      if (error instanceof EndcapError && lasting.includes(error.code)) looked?.();
      throw error;
    }
  }

  async function use(
    given: Model | string,
    options: ReloadOptions,
    result: 'swapped' | 'rolled_back',
  ): Promise<ModelSwap> {
    const other = typeof given === 'string' ? await openModelSource(given) : file;
    const report = await swap(given, options, result);
    if (other !== file) isFileRefused = false;
    file = other;
    return report;
  }

  return {
    takeFile: (options, isAsked) => inTurn(() => orRefused(file?.path, () => takeFile(options, isAsked))),
    use: (given, options, result = 'swapped') =>
      inTurn(() => orRefused(typeof given === 'string' ? given : undefined, () => use(given, options, result))),
    path: () => file?.path,
    status: () => ({ ...status, version: versionNow() }),
    end: async () => void (await last),
  };
}
