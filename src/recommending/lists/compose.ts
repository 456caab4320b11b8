import { noGroup } from '../../kernel/operations/operations.ts';
import type { Ranked } from '../scoring/scorer.ts';
import type { WordCounter } from './shared-words.ts';

/** What a list keeps to besides being the best products. */
export interface Rules {
  /** Products that the customer did not buy before, at least. */
  readonly mix: number;
  /** Products whose names share a word, at most. */
  readonly maxSharing: number;
  /** Products of one category, at most; 0 for no limit. */
  readonly groupLimit: number;
}

/** What the rules look at. */
export interface Traits {
  isBought(row: number): boolean;
  /** Absent if words don't matter. */
  readonly words?: WordCounter;
  /** The category of each product, by row. */
  readonly groups: Uint32Array;
}

/** Whether a list, given by its rows, keeps to the rules for new products and words. */
export function keepsTo(
  rows: Uint32Array,
  { mix, maxSharing }: Rules,
  { isBought, words }: Omit<Traits, 'groups'>,
): boolean {
  if (words) {
    words.begin();
    for (let i = 0; i < rows.length; i++) if (!words.addWithin(rows[i], maxSharing)) return false;
  }
  let fresh = 0;
  for (let i = 0; fresh < mix && i < rows.length; i++) if (!isBought(rows[i])) fresh++;
  return fresh >= mix;
}

/**
 * The best `n` products of a pool that keep to the rules, best first: the best new ones until there are enough, then the best
 * of all. If words leave too few, the best of the others fill the list. The limit of a category always holds.
 *
 * @param pool best first, without doubles.
 */
export function compose(pool: readonly Ranked[], n: number, rules: Rules, traits: Traits): Ranked[] {
  const { mix, maxSharing, groupLimit } = rules;
  const { isBought, words, groups } = traits;
  const chosen = new Set<Ranked>();
  const inGroup = new Map<number, number>();
  words?.begin();

  function take(length: number, onlyFresh: boolean, keepsWords: boolean): void {
    for (const ranked of pool) {
      if (chosen.size >= length) break;
      const { row } = ranked;
      if (chosen.has(ranked) || (onlyFresh && isBought(row))) continue;
      const group = groupLimit > 0 ? groups[row] : noGroup;
      const others = inGroup.get(group) ?? 0;
      if (group !== noGroup && others >= groupLimit) continue;
      if (!keepsWords) words?.add(row);
      else if (words && !words.addWithin(row, maxSharing)) continue;
      chosen.add(ranked);
      inGroup.set(group, others + 1);
    }
  }

  if (mix > 0) {
    take(mix, true, true);
    take(mix, true, false);
  }
  take(n, false, true);
  take(n, false, false);
  return [...chosen].sort(byScore);
}

/** The products of two pools, each best first, without doubles. */
export function merged(pool: readonly Ranked[], other: readonly Ranked[]): Ranked[] {
  const rows = new Set(pool.map(({ row }) => row));
  return [...pool, ...other.filter(({ row }) => !rows.has(row))].sort(byScore);
}

function byScore(a: Ranked, b: Ranked): number {
  return b.score - a.score || a.row - b.row;
}
