import type { OpenKernel } from '../../kernel/kernel.ts';
import type { Copied } from '../copy.ts';
import type { LiveCategories } from '../lists/categories.ts';
import type { Withheld } from '../lists/everybody.ts';
import type { PairBonuses } from '../pair-bonuses.ts';
import type { Candidates } from '../scoring/candidates.ts';
import type { Recommender } from '../types.ts';
import type { Snapshots } from './snapshots.ts';
import type { LiveTrend } from './trend.ts';

/** What there is of a recommender that other threads, and the pages of a server, can use. */
export interface Shareable {
  readonly kernel: OpenKernel;
  readonly copied: Copied;
  readonly snapshots: Pick<Snapshots, 'current' | 'hold' | 'release'>;
  readonly categories: Pick<LiveCategories, 'packings'>;
  /** Absent if scores are plain dot products. */
  readonly pairBonuses?: PairBonuses;
  readonly trend: Pick<LiveTrend, 'now'>;
  /** What similar products, or customers, are searched in; made between other requests at the first use. */
  unitVectors(of: 'products' | 'customers'): Promise<Candidates>;
  readonly withheld: Withheld;
}

/** What another thread has made of a recommender already. */
export interface Joined {
  /** The products packed by category; absent if they are not. */
  readonly grouped?: Candidates;
  readonly bonuses?: Float32Array;
  unitVectors: Shareable['unitVectors'];
}

const shareables = new WeakMap<Recommender, Shareable>();

/** Remembers what there is of a recommender for as long as somebody has it. */
export function setShareable(recommender: Recommender, shareable: Shareable): void {
  shareables.set(recommender, shareable);
}

/** Undefined for what `assemble` did not return. */
export function shareableOf(recommender: Recommender): Shareable | undefined {
  return shareables.get(recommender);
}
