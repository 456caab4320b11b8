import type { Selection } from '../../recommending/serving/masks.ts';
import type { Columns } from './columns.ts';
import type { Checked } from './condition.ts';
import { fillAll } from './fill.ts';
import { selectionOf } from './selection.ts';

/** A group of products, and which conditions they meet. */
export interface Group {
  readonly selection: Selection;
  readonly met: readonly boolean[];
}

/**
 * The products that pass a filter, by which conditions they meet: a group for each combination. Each condition is looked at
 * once for all groups.
 *
 * @param filter all products if undefined.
 */
export function groupsOf(filter: Checked | undefined, conditions: readonly Checked[], columns: Columns): Group[] {
  const count = 2 ** conditions.length;
  const [all, ...parts] = [filter, ...conditions].map((part) => part && sharedBy(count, part, columns));
  return Array.from({ length: count }, (_, bits) => {
    const met = conditions.map((_, i) => (bits >> i) % 2 === 1);
    const and = conditions.map((condition, i) => (met[i] ? condition : { not: condition }));
    const selection = selectionOf({ and: filter ? [filter, ...and] : and }, columns);
    const fill: Selection['fill'] = (words, from, to) => {
      if (all) words.set(all(from, to));
      else fillAll(words, from, to, columns.count);
      for (const [i, part] of parts.entries()) {
        const its = part!(from, to);
        for (let word = 0; word < its.length; word++) words[word] &= met[i] ? its[word] : ~its[word];
      }
    };
    return { selection: { ...selection, fill }, met };
  });
}

/** The words of a condition, kept until all users have had them or a product is written. */
function sharedBy(users: number, condition: Checked, columns: Columns): (from: number, to: number) => Uint32Array {
  const { fill } = selectionOf(condition, columns);
  const kept = new Map<number, { words: Uint32Array; version: number; users: number }>();
  return (from, to) => {
    const known = kept.get(from);
    if (known && known.words.length === to - from && known.version === columns.version()) {
      if (--known.users === 0) kept.delete(from);
      return known.words;
    }
    const words = new Uint32Array(to - from);
    fill(words, from, to);
    kept.set(from, { words, version: columns.version(), users: users - 1 });
    return words;
  };
}
