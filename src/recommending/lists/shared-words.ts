import type { ProductInfo } from '../../dataset/dataset.ts';

/** The words of the products' names by which a list of them may look like one product ten times. */
export interface SharedWords {
  /** products + 1: the words of product row `p` are at `offsets[p] .. offsets[p + 1]` in `words`. */
  readonly offsets: Uint32Array;
  /** Numbers from 0 to `count - 1`; no product has one twice. */
  readonly words: Uint32Array;
  readonly count: number;
}

/** Shorter ones are sizes, units, and articles. */
const minLetters = 4;
/** A word of more names than this share of all is the brand or says what the shop sells. */
const maxShare = 0.2;
/** The shortest list that is looked at may have three names with a word; a word of fewer names cannot matter. */
const minNames = 4;

/** Undefined if no two lists could differ by their words: products have no names, or names no words in common. */
export function sharedWordsOf(productInfo: readonly Pick<ProductInfo, 'name'>[]): SharedWords | undefined {
  const seen = new Map<string, number>();
  /** By the number of a word: the names that have it, and one past the last product whose name has it. */
  const counts: number[] = [];
  const last: number[] = [];
  /** The words of the names, end to end, and where those of each product end. */
  const all: number[] = [];
  const ends = new Uint32Array(productInfo.length);
  for (let row = 0; row < productInfo.length; row++) {
    const { name } = productInfo[row];
    if (name !== undefined) {
      for (const word of name.toLowerCase().split(/[^\p{L}\p{N}]+/u)) {
        if (word.length < minLetters) continue;
        let number = seen.get(word);
        if (number === undefined) {
          // Numbers are sizes and codes.
          if (!/\p{L}/u.test(word)) continue;
          number = seen.size;
          seen.set(word, number);
          counts.push(0);
          last.push(0);
        }
        if (last[number] > row) continue;
        last[number] = row + 1;
        counts[number]++;
        all.push(number);
      }
    }
    ends[row] = all.length;
  }
  const numbers = new Int32Array(counts.length).fill(-1);
  let count = 0;
  for (let word = 0; word < counts.length; word++)
    if (counts[word] >= minNames && counts[word] <= maxShare * productInfo.length) numbers[word] = count++;
  if (count === 0) return undefined;
  const offsets = new Uint32Array(productInfo.length + 1);
  const words: number[] = [];
  for (let row = 0, at = 0; row < productInfo.length; row++) {
    for (; at < ends[row]; at++) if (numbers[all[at]] >= 0) words.push(numbers[all[at]]);
    offsets[row + 1] = words.length;
  }
  return { offsets, words: Uint32Array.from(words), count };
}

/** The shortest and the longest list that people look at as a whole. */
const shortest = 5;
const longest = 50;

/** How many products of a list of `n` may share a word: six of ten. Infinity for lists that nobody looks at as a whole. */
export function maxSharing(n: number): number {
  return n >= shortest && n <= longest ? Math.ceil(0.6 * n) : Infinity;
}

/** Counts the words of a list; kept from list to list. */
export interface WordCounter {
  /** Begins a list. */
  begin(): void;
  /** Adds a product, unless more than `limit` would share one of its words; returns whether it was added. */
  addWithin(row: number, limit: number): boolean;
  /** Adds a product whatever its words. */
  add(row: number): void;
}

/** Above every limit. */
const room = 2 ** 16;

export function createWordCounter({ offsets, words, count }: SharedWords): WordCounter {
  /** `list * room` plus how many products of the list have the word; of an earlier list if less. */
  const counts = new Float64Array(count);
  let base = 0;
  function add(row: number): void {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) counts[words[at]] = Math.max(counts[words[at]], base) + 1;
  }
  return {
    begin() {
      base += room;
    },
    addWithin(row, limit) {
      for (let at = offsets[row]; at < offsets[row + 1]; at++) if (counts[words[at]] >= base + limit) return false;
      add(row);
      return true;
    },
    add,
  };
}
