import type { OpenKernel } from '../../kernel/kernel.ts';
import type { BonusOf, Trends } from '../../ranking/formula.ts';
import type { Categories } from '../lists/categories.ts';
import type { Candidates, Formula } from '../scoring/candidates.ts';

/** What lists are made of at one time. It never changes: a running shop replaces it by another one. */
export interface Snapshot {
  readonly categories: Categories;
  readonly candidates: Candidates;
  /** These are absent if the model has no ranking. Another object for each trend, whose arrays are used again. */
  readonly trends?: Trends;
  readonly bonusOf?: BonusOf;
  readonly formula?: Formula;
  /** What the bonus of a product that was bought before gains over that of the model, by row; nothing if absent. */
  readonly gains?: Float32Array;
}

/** The snapshots of a running shop: the one that new lists are made of, and those that threads still read. */
export interface Snapshots {
  current(): Snapshot;
  /** Keeps a snapshot as it is until it is released. To be called in the turn in which it is current. */
  hold(snapshot: Snapshot): void;
  release(snapshot: Snapshot): void;
  /** Those that lists are made of, the current one among them. */
  inUse(): Snapshot[];
  /** Resolves once no list is made with other priors than those of now. */
  settled(): Promise<void>;
  /** Puts another one in the place of the current one. */
  replace(change: Partial<Snapshot>): void;
}

/** @param categories those of now, which the current snapshot has. */
export function createSnapshots(
  { memory }: Pick<OpenKernel, 'memory'>,
  first: Omit<Snapshot, 'categories'>,
  categories: () => Categories,
): Snapshots {
  let latest: Snapshot = { ...first, categories: categories() };
  const held = new Map<Snapshot, number>();

  /** Who waits for a snapshot to be released. */
  const waiting: (() => void)[] = [];

  const inUse = () => [...new Set([latest, ...held.keys()])];

  function discard(snapshot: Snapshot): void {
    const { groups } = snapshot.categories;
    if (!inUse().some(({ categories }) => categories.groups === groups)) memory.free(groups);
  }

  function replace(change: Partial<Snapshot>): void {
    const last = latest;
    latest = { ...last, ...change };
    if (!held.has(last)) discard(last);
  }

  return {
    current() {
      const ofNow = categories();
      if (ofNow !== latest.categories) replace({ categories: ofNow });
      return latest;
    },
    hold(snapshot) {
      held.set(snapshot, (held.get(snapshot) ?? 0) + 1);
    },
    release(snapshot) {
      const others = held.get(snapshot)! - 1;
      if (others > 0) held.set(snapshot, others);
      else held.delete(snapshot);
      if (others === 0 && snapshot !== latest) discard(snapshot);
      if (others === 0) for (const wake of waiting.splice(0)) wake();
    },
    inUse,
    async settled() {
      while (inUse().some(({ formula }) => formula?.priors !== latest.formula?.priors))
        await new Promise<void>((resolve) => waiting.push(resolve));
    },
    replace,
  };
}
