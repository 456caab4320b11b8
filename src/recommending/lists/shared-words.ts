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
  const wordsOf = (name: string) =>
    new Set(
      name
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u)
        .filter(isWord),
    );
  const names = new Map<string, number>();
  for (const { name } of productInfo)
    if (name !== undefined) for (const word of wordsOf(name)) names.set(word, (names.get(word) ?? 0) + 1);
  const numbers = new Map<string, number>();
  for (const [word, count] of names)
    if (count >= minNames && count <= maxShare * productInfo.length) numbers.set(word, numbers.size);
  if (numbers.size === 0) return undefined;
  const offsets = new Uint32Array(productInfo.length + 1);
  const words: number[] = [];
  for (const [row, { name = '' }] of productInfo.entries()) {
    for (const word of wordsOf(name)) {
      const number = numbers.get(word);
      if (number !== undefined) words.push(number);
    }
    offsets[row + 1] = words.length;
  }
  return { offsets, words: Uint32Array.from(words), count: numbers.size };
}

function isWord(text: string): boolean {
  return text.length >= minLetters && /\p{L}/u.test(text);
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
