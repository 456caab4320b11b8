import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { comparable } from '../../../dataset/files.ts';
import { cutText, readBlocks, readCells, toCsv } from '../reading.ts';
import { anyRecords } from '../records.ts';

const test = suite('cleaning bytes');

test('bytes give the same dataset as cells, wherever the text is cut into blocks', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyRecords,
      fc.constantFrom('keep' as const, 'drop' as const),
      fc.integer({ min: 1, max: 2000 }),
      fc.boolean(),
      async (records, duplicates, blockBytes, refunds) => {
        const read = await readBlocks(cutText(toCsv(records), blockBytes), { duplicates, records, refunds });
        assert.equal(comparable(read), comparable(readCells(records, { duplicates, refunds })));
      },
    ),
    { numRuns: 1000 },
  );
});

test.run();
