import type { OpenKernel } from '../../kernel/kernel.ts';
import type { BonusOf, Trends } from '../../ranking/formula.ts';
import type { Candidates, Formula } from '../scoring/candidates.ts';

/** What scores are made of at one time. It never changes: a running shop replaces it by another one. */
export interface Snapshot {
  readonly candidates: Candidates;
  /** These are absent if the model has no ranking. */
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
  /** Those that lists are made of, the current one first. */
  inUse(): Snapshot[];
  /** An array for the priors of the next snapshot, in kernel memory; that of a snapshot that nobody uses. */
  priors(): Float32Array;
  replace(next: Snapshot): void;
}

export function createSnapshots({ memory }: Pick<OpenKernel, 'memory'>, first: Snapshot): Snapshots {
  let current = first;
  const held = new Map<Snapshot, number>();
  const unused: Float32Array[] = [];

  function discard({ formula }: Snapshot): void {
    if (formula) unused.push(formula.priors);
  }

  return {
    current: () => current,
    hold(snapshot) {
      held.set(snapshot, (held.get(snapshot) ?? 0) + 1);
    },
    release(snapshot) {
      const others = held.get(snapshot)! - 1;
      if (others > 0) held.set(snapshot, others);
      else held.delete(snapshot);
      if (others === 0 && snapshot !== current) discard(snapshot);
    },
    inUse: () => [...new Set([current, ...held.keys()])],
    priors: () => unused.pop() ?? memory.allocate(Float32Array, current.candidates.count),
    replace(next) {
      const last = current;
      current = next;
      if (!held.has(last)) discard(last);
    },
  };
}
