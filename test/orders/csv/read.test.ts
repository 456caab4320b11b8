import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { roles } from '../../../src/orders/columns/roles.ts';
import { comparable } from '../../dataset/files.ts';
import { withoutWorkers } from '../../support/workers.ts';
import { cutText, readBlocks, toCsv } from './reading.ts';
import { anyRecords } from './records.ts';

const test = suite('reading CSV on threads');

test('threads do not change the dataset, wherever a block ends', async () => {
  await fc.assert(
    fc.asyncProperty(anyRecords, fc.integer({ min: 20, max: 800 }), async (records, blockBytes) => {
      const blocks = cutText(toCsv(records), blockBytes);
      assert.equal(
        comparable(await readBlocks(blocks, { threads: 2, records })),
        comparable(await readBlocks(blocks, { records })),
      );
    }),
    { numRuns: 20 },
  );
});

/** A block of whole lines, one record for each date; customers and products are numbered on from `first`. */
const blockOf = (dates: readonly string[], first = 0) =>
  dates.map((date, i) => `c${first + i},p${first + i},1,,${date},,,"name ${first + i}",,,,\n`).join('');
/** A header, and more text than a look takes in, whose dates have two readings. */
const beginning = `${roles}\n${blockOf(['2/3/2024']).repeat(8000)}`;

test('a block whose dates contradict those before it is cleaned again with their order of day and month', async () => {
  // A thread that starts at 1/13/2024 takes it for January 13; after 13/1/2024 there is no such date.
  const blocks = [
    beginning,
    blockOf(['2/3/2024', '13/1/2024', '3/4/2024']),
    blockOf(['2/3/2024', '4/5/2024']),
    blockOf(['2/3/2024', '1/13/2024', '3/4/2024'], 10),
    blockOf(['1/13/2024', '5/6/2024']),
    blockOf(['6/7/2024', '14/2/2024'], 10),
  ];
  const expected = await readBlocks(blocks, { records: [] });
  assert.equal(expected.account.dropped, { 'unreadable date': 2 });
  assert.equal(
    expected.account.examples['unreadable date']?.map(({ line }) => line),
    [8008, 8010],
  );
  for (const threads of [1, 2, 4]) {
    assert.equal(
      comparable(await readBlocks(blocks, { threads, records: [] })),
      comparable(expected),
      `${threads} threads`,
    );
  }
});

test('a block whose dates agree with those before it, or say nothing, is not in their way', async () => {
  const blocks = [
    beginning,
    blockOf(['2/3/2024', '4/5/2024']),
    blockOf(['5/6/2024']),
    blockOf(['1/13/2024', '2/3/2024']),
    blockOf(['2/14/2024']),
    blockOf(['7/8/2024']),
  ];
  const expected = await readBlocks(blocks, { records: [] });
  assert.equal(expected.account.dropped, {});
  assert.is(expected.account.firstPurchase, Date.UTC(2024, 0, 13));
  assert.is(expected.account.lastPurchase, Date.UTC(2024, 6, 8));
  for (const threads of [1, 2, 4]) {
    assert.equal(
      comparable(await readBlocks(blocks, { threads, records: [] })),
      comparable(expected),
      `${threads} threads`,
    );
  }
});

test('where no thread starts, the calling one reads the same', async () => {
  const blocks = [beginning, blockOf(['2/3/2024', '4/5/2024'], 3), blockOf(['5/6/2024'])];
  const expected = comparable(await readBlocks(blocks, { records: [] }));
  const asked = await withoutWorkers(async () => {
    assert.equal(comparable(await readBlocks(blocks, { threads: 2, records: [] })), expected);
  });
  assert.is(asked, 1);
});

test.run();
