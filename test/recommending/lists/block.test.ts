import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyBlocks, withOthers } from '../../../src/recommending/lists/block.ts';

const test = suite('blocks');

test('a batch that fails ends once none of its lists is being made, so that what they read can be freed', async () => {
  let making = 0;
  const listOf = async (row: number) => {
    making++;
    // The others take longer than the one that fails.
    for (let turn = 0; row !== 2 && turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    making--;
    if (row === 2) throw new Error('the store is gone');
    return [{ row, score: 1 }];
  };
  const blocks = withOthers(emptyBlocks(1, 5, { from: 0, to: 5 }), () => true, listOf);
  const error = await blocks.next().then(
    () => undefined,
    (thrown) => thrown,
  );
  assert.is(error?.message, 'the store is gone');
  assert.is(making, 0);
});

test.run();
