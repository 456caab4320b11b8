import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { missingWords } from '../../../src/orders/cleaning/cells.ts';
import { cleanId } from '../../../src/orders/cleaning/ids.ts';
import { idPattern } from '../../../src/server/shop/written-ids.ts';

const test = suite('ids that are written');
const pattern = new RegExp(idPattern, 'u');

test('the document says of every character whether it alone is an id', () => {
  for (let point = 0; point < 0x110000; point++) {
    if (point === 0xd800) point = 0xe000;
    // Nothing is assigned in between but ideographs and what is for private use.
    if (point === 0x20000) point = 0xe0000;
    if (point === 0xe1000) break;
    const text = String.fromCodePoint(point);
    if (pattern.test(text) === Boolean(cleanId(text))) continue;
    assert.unreachable(`U+${point.toString(16)}`);
  }
});

test('words for a missing value are no ids, and what contains them is', () => {
  for (const word of missingWords) {
    for (const text of [word, ` ${word}`, `${word}\n`]) assert.is(pattern.test(text), false, JSON.stringify(text));
    if (word !== '') for (const text of [`${word}1`, `the ${word}`]) assert.is(pattern.test(text), true, text);
  }
});

test.run();
