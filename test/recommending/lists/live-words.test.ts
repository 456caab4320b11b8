import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLiveWords, type LiveWords } from '../../../src/recommending/lists/live-words.ts';
import { finish } from '../../../src/turns.ts';
import { namesOf } from '../../support/names.ts';

const test = suite('live words');

/** How many of the first products a list may hold if two may share a word. */
function lengthOf({ counter }: LiveWords): number {
  const words = counter();
  words?.begin();
  let length = 0;
  for (let row = 0; row < 9; row++) if (!words || words.addWithin(row, 2)) length++;
  return length;
}

const numbered = (count: number) => Array.from({ length: count }, (_, row) => `name ${row % 2 ? 'odd' : 'even'}`);

test('words are those of the names as they are, with few names at once, with many soon', async () => {
  for (const count of [50, 12_000]) {
    const names: (string | undefined)[] = numbered(count);
    const words = finish(createLiveWords(namesOf(names)));
    assert.is(lengthOf(words), 9, 'what all names have is no word that matters');
    for (let row = 0; row < 9; row++) names[row] = `Sunny ${row}`;
    assert.is(lengthOf(words), 9);
    words.renamed();
    for (let turns = 0; lengthOf(words) !== 2; turns++) {
      assert.ok(count > 5000 && turns < 1000);
      await new Promise(setImmediate);
    }
    names.fill(undefined);
    words.renamed();
    // Many names are not looked through again right away.
    assert.is(lengthOf(words), count > 5000 ? 2 : 9);
  }
});

test.run();
