import { finish, inTurns } from '../../turns.ts';
import { createWordCounter, type Names, type SharedWords, sharedWordsIn, type WordCounter } from './shared-words.ts';

/** The words that names share as products are renamed. */
export interface LiveWords {
  /** Counts the words of lists; undefined if names share none. */
  counter(): WordCounter | undefined;
  /** Says that a name has changed. */
  renamed(): void;
}

/** Names that are looked through at once: some milliseconds. */
const maxAtOnce = 5000;
/** More names are looked through again at most so often. */
const restMs = 30_000;

/**
 * After names have changed, the words are found again when a list needs them. If there are many names, that is done between
 * requests, and lists go by the words of before until it is. The first ones are found a piece at a time.
 *
 * @param names of the products, by row, which change in place.
 */
export function* createLiveWords(names: Names): Generator<undefined, LiveWords> {
  const counterOf = (shared: SharedWords | undefined) => shared && createWordCounter(shared);
  let current = counterOf(yield* sharedWordsIn(names));
  let isChanged = false;
  let restsUntil = Number.NEGATIVE_INFINITY;

  async function findAgain(): Promise<void> {
    restsUntil = Number.POSITIVE_INFINITY;
    isChanged = false;
    current = counterOf(await inTurns(sharedWordsIn(names)));
    restsUntil = performance.now() + restMs;
  }

  return {
    counter() {
      if (isChanged && names.length <= maxAtOnce) {
        current = counterOf(finish(sharedWordsIn(names)));
        isChanged = false;
      } else if (isChanged && performance.now() > restsUntil) void findAgain();
      return current;
    },
    renamed() {
      isChanged = true;
    },
  };
}
