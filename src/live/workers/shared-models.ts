import { EndcapError } from '../../errors.ts';
import { type Sharing, shareRecommender } from '../../recommending/serving/sharing.ts';
import type { ServedModel } from '../served-model.ts';

/** A model that workers share, or may share. */
export interface SharedModel {
  readonly served: ServedModel;
  readonly key: number;
  readonly sharing: Sharing;
}

/** The models of a shop by keys, by which its workers name them. */
export interface SharedModels {
  keyOf(served: ServedModel): number;
  /** @throws `aborted` if it was closed meanwhile. */
  at(key: number): SharedModel;
  has(key: number): boolean;
  /** Undefined if no worker was ever told its key, or it was closed. */
  of(served: ServedModel): SharedModel | undefined;
  forget(served: ServedModel): void;
}

export function createSharedModels(): SharedModels {
  const shared = new Map<number, SharedModel>();
  const keys = new WeakMap<ServedModel, number>();
  let lastKey = 0;

  return {
    keyOf(served) {
      const known = keys.get(served);
      if (known !== undefined) return known;
      const key = ++lastKey;
      keys.set(served, key);
      shared.set(key, { served, key, sharing: shareRecommender(served) });
      return key;
    },
    at(key) {
      const found = shared.get(key);
      if (!found) throw new EndcapError('aborted', 'another model has taken the place of the one that was asked for');
      return found;
    },
    has: (key) => shared.has(key),
    of(served) {
      const key = keys.get(served);
      return key === undefined ? undefined : shared.get(key);
    },
    forget(served) {
      const key = keys.get(served);
      if (key !== undefined) shared.delete(key);
    },
  };
}
