import type { Names } from '../../src/recommending/lists/shared-words.ts';

/** Names as strings, which may change in place. */
export function namesOf(names: readonly (string | undefined)[]): Names {
  return { length: names.length, at: (row) => names[row], packed: () => undefined };
}
