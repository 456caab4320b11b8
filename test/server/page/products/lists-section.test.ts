import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Coverage, emptyCoverage } from '../../../../src/server/page/catalogue/coverage.ts';
import { listsText } from '../../../../src/server/page/products/lists-section.ts';
import { smallModel } from '../../../model/models.ts';

const test = suite('how many lists hold a product');

const textOf = (given: Partial<Coverage>) => listsText({ ...emptyCoverage(smallModel()), ...given }, 1);

test('it says how many of those that are counted, and whether these are all', () => {
  assert.is(textOf({}), 'Not counted yet. Load this page again in a minute.');
  assert.is(textOf({ state: 'failed' }), 'Not counted: the lists could not be made.');
  const [lists, none] = [Uint32Array.of(0, 1234), new Uint32Array(2)];
  const half = { counted: 2000, customers: 4326 };
  for (const [given, words] of [
    [{ ...half, lists }, 'for 2,000 customers, 1,234 hold it (62%), as far as they are counted.'],
    [{ ...half, lists, state: 'sampled' }, 'for 2,000 customers, 1,234 hold it (62%).'],
    [{ counted: 4326, customers: 4326, lists, state: 'done' }, 'for all 4,326 customers, 1,234 hold it (29%).'],
    [{ counted: 3, lists: Uint32Array.of(0, 1), state: 'done' }, 'for all 3 customers, 1 holds it (33%).'],
    [{ counted: 3, lists: none, state: 'done' }, 'for all 3 customers, none holds it.'],
  ] as const)
    assert.is(textOf(given), `Of the lists of 10 products ${words}`);
});

test('of what the shop keeps out of lists, it says how many would hold it', () => {
  const withoutStock = Uint32Array.of(0, 1);
  const counted = { counted: 3, state: 'done' } as const;
  assert.match(textOf({ ...counted, withoutStock }), /none holds it\. One would if the shop did not keep it out\.$/);
  const lists = Uint32Array.of(0, 2);
  assert.match(
    textOf({ ...counted, lists, withoutStock: Uint32Array.of(0, 5) }),
    /2 hold it \(67%\)\. 5 more would if the shop did not keep it out\.$/,
  );
});

test.run();
