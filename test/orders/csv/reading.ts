import { createBuilder } from '../../../src/dataset/build.ts';
import { createTally } from '../../../src/orders/account.ts';
import { createCleaner } from '../../../src/orders/clean.ts';
import { roles } from '../../../src/orders/columns.ts';
import { type BlockSink, readCsv } from '../../../src/orders/csv/read.ts';
import { createBlockMemory, join } from '../../../src/orders/csv/text.ts';

/** The parts of `readOrders` between a source and a dataset, for records with a cell for every role. */
function createReading(duplicates: 'keep' | 'drop') {
  const tally = createTally();
  const builder = createBuilder(tally, true);
  const columns = Object.fromEntries(roles.map((role) => [role, role]));
  const cleaner = createCleaner('orders', { columns, dateOrder: 'auto', duplicates }, tally, builder.add);
  return {
    cleaner,
    builder,
    finish: () => {
      const dataset = builder.finish(cleaner.columns(), cleaner.dateOrder());
      return { ...dataset, cancellations: cleaner.cancellations() };
    },
  };
}

/** The dataset of records that are cleaned cell by cell, as those of any source but CSV. */
export function readCells(records: readonly string[][], duplicates: 'keep' | 'drop' = 'keep') {
  const { cleaner, finish } = createReading(duplicates);
  cleaner.header(roles);
  let line = 2;
  for (const record of records) {
    cleaner.record(record, line);
    line += record.join('').split('\n').length;
  }
  return finish();
}

interface Reading {
  duplicates?: 'keep' | 'drop';
  threads?: number;
}

/** The dataset of CSV that arrives in these blocks. */
export async function readBlocks(
  texts: readonly (string | Uint8Array)[],
  { duplicates = 'keep', threads = 0 }: Reading = {},
) {
  const { cleaner, builder, finish } = createReading(duplicates);
  const memory = createBlockMemory();
  const sink: BlockSink = {
    header: (names, format) => ({ format, columns: cleaner.header(names), everyRecordIsOne: false, duplicates }),
    learn: builder.learn,
    take(number, lines, firstLine) {
      cleaner.block(lines, firstLine);
      builder.addBlock(number, lines, firstLine);
    },
    dateOrder: cleaner.dateOrder,
  };
  await readCsv(
    texts.map((text) => join([Buffer.from(text)], memory)),
    sink,
    'orders',
    { threads, memory },
  );
  return finish();
}

/** The text in blocks of `bytes` bytes. */
export function cutText(text: string, bytes: number): Uint8Array[] {
  const all = Buffer.from(text);
  return Array.from({ length: Math.ceil(all.length / bytes) }, (_, i) => all.subarray(i * bytes, (i + 1) * bytes));
}

/** Records as CSV under a header, every cell in quotes. */
export function toCsv(records: readonly string[][]): string {
  const lines = [[...roles], ...records].map((cells) =>
    cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','),
  );
  return lines.join('\n');
}
