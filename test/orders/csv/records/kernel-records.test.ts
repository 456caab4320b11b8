/** What the kernel makes of bytes, against what the functions for text make of cells, in every backend. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { comparable } from '../../../dataset/files.ts';
import { backends, type TestBackend } from '../../../kernel/backends.ts';
import { testUnless } from '../../../support/skip.ts';
import { cutText, readBlocks, readCells, toCsv } from '../reading.ts';
import { anyRecords, usualRecords } from '../records.ts';

const test = suite('cleaning bytes in the kernel');

const forced = ['ENDCAP_BACKEND', 'ENDCAP_ISA'] as const;
const before = forced.map((name) => process.env[name]);
test.after.each(() => {
  for (const [i, name] of forced.entries()) {
    if (before[i] === undefined) delete process.env[name];
    else process.env[name] = before[i];
  }
});

function force({ options }: TestBackend): void {
  process.env.ENDCAP_BACKEND = options.backend;
  process.env.ENDCAP_ISA = options.isa;
}

const anyCut = fc.integer({ min: 1, max: 2000 });
const anyQuotes = fc.constantFrom('all' as const, 'needed' as const);
const anyUnused = fc
  .subarray(['order', 'time', 'price', 'name', 'category', 'quantity'] as const)
  .map((roles) => [...roles, 'clock', 'sequence'] as const);

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: the dataset is that of the cells, however they are written`,
    async () => {
      force(backend);
      // Where lines end in a carriage return, a line feed in a cell is none; usual records have no line breaks.
      for (const [records, ends] of [
        [anyRecords, ['\n', '\r\n']],
        [usualRecords, ['\n', '\r\n', '\r']],
      ] as const) {
        await fc.assert(
          fc.asyncProperty(
            records,
            anyCut,
            anyQuotes,
            fc.constantFrom(...ends),
            anyUnused,
            async (given, bytes, quotes, end, unused) => {
              const how = { unused, customersOut: ['17851', 'left out'] };
              const blocks = cutText(toCsv(given, quotes, end), bytes);
              const read = await readBlocks(blocks, { ...how, records: given });
              assert.equal(comparable(read), comparable(readCells(given, how)));
            },
          ),
          { numRuns: 30 },
        );
      }
    },
  );

  testUnless(
    test,
    backend.absent,
    `${backend.name}: thousands of ids, returns and dropped records find room`,
    async () => {
      force(backend);
      const id = (i: number) => (i % 3 === 0 ? `a customer with a long number ${i}` : `${i}`);
      const records = Array.from({ length: 5000 }, (_, i) => {
        const customer = i % 4 === 3 ? '' : id(i >> 2);
        const quantity = i % 5 === 4 ? '-1' : '2';
        const order = i % 8 === 2 ? `C${i}` : `${i}`;
        return [customer, id(i % 2000), quantity, order, '2024-01-02', '', '1.50', `name ${i % 2000}`, '', '', '', ''];
      });
      const how = { unused: ['clock', 'sequence'] as const };
      const read = await readBlocks([toCsv(records, 'needed')], { ...how, records: records.slice(0, 100) });
      assert.equal(comparable(read), comparable(readCells(records, how)));
      assert.is(read.account.dropped['missing customer'], 1250);
    },
  );
}

test.run();
