import { createBuilder } from '../../../src/dataset/build.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { createTally } from '../../../src/orders/cleaning/account.ts';
import { type Role, roles } from '../../../src/orders/columns/roles.ts';
import { readCsv } from '../../../src/orders/csv/read.ts';
import { createBlockMemory, join } from '../../../src/orders/csv/text.ts';
import { createThreads } from '../../../src/orders/csv/threads.ts';
import type { Look } from '../../../src/orders/look.ts';
import { createTables } from '../../../src/orders/table.ts';
import { finish } from '../../../src/turns.ts';

/** The parts of `readOrders` between a source and a dataset, for records with a cell for every role. */
function createReading({ duplicates = 'keep', refunds = false, unused = [], customersOut }: How) {
  const tally = createTally();
  const builder = createBuilder(tally, { lines: true });
  const tables = createTables(
    {
      columns: {
        ...Object.fromEntries(roles.map((role) => [role, role])),
        ...(!refunds && { refunded: false }),
        ...Object.fromEntries(unused.map((role) => [role, false])),
      },
      duplicates,
      customersOut,
    },
    tally,
    builder,
  );
  return {
    tables,
    finish: () => {
      const { columns, dateOrder } = tables.reading();
      const names = Object.fromEntries(Object.entries(columns).map(([role, { column }]) => [role, column]));
      return finish(builder.finish(names, dateOrder)).dataset;
    },
  };
}

/** The dataset of records that are cleaned cell by cell, as those of any source but CSV. */
export function readCells(records: readonly string[][], how: How = {}) {
  const { tables, finish } = createReading(how);
  tables.open(lookAt(records, how));
  let line = 2;
  for (const record of records) {
    tables.record(record, line);
    line += record.join('').split('\n').length;
  }
  return finish();
}

interface How {
  duplicates?: 'keep' | 'drop';
  /** Whether the column of returned units counts, without which most records go the fast path. */
  refunds?: boolean;
  /** Roles whose columns are not read. */
  unused?: readonly Role[];
  customersOut?: readonly string[];
}

interface Reading extends How {
  threads?: number;
  /** Whether the kernel cleans what this thread does; true by default. */
  withKernel?: boolean;
  /** What is seen of the table before it is read; by default its beginning. */
  records?: readonly string[][];
}

/** The dataset of CSV that arrives in these blocks. */
export async function readBlocks(
  texts: readonly (string | Uint8Array)[],
  { threads = 0, withKernel = true, records, ...how }: Reading = {},
) {
  const { tables, finish } = createReading(how);
  const sink = records === undefined ? tables : { ...tables, open: () => tables.open(lookAt(records, how)) };
  const memory = createBlockMemory();
  const blocks = texts.map((text) => join([Buffer.from(text)], memory));
  // Otherwise a short text would be one block, however it is cut.
  await readCsv(blocks, sink, 'orders', {
    ...(threads > 0 && { threads: createThreads(threads, 'orders') }),
    ...(withKernel && { kernel: () => openKernel({ threads: 1 }) }),
    memory,
    lookBytes: 0,
  });
  return finish();
}

/** By their names, columns without a role could still say which records count, and records would need steps. */
function lookAt(records: readonly string[][], { refunds = false, unused = [] }: How): Look {
  const isUnused = (role: Role) => unused.includes(role) || (role === 'refunded' && !refunds);
  const names = roles.map((role) => (isUnused(role) ? '' : role));
  return { source: 'orders', names, records, runs: [0], complete: true };
}

/** The text in blocks of `bytes` bytes. */
export function cutText(text: string, bytes: number): Uint8Array[] {
  const all = Buffer.from(text);
  return Array.from({ length: Math.ceil(all.length / bytes) }, (_, i) => all.subarray(i * bytes, (i + 1) * bytes));
}

/** Records as CSV under a header. @param quotes which cells have quotes. */
export function toCsv(records: readonly string[][], quotes: 'all' | 'needed' = 'all', lineBreak = '\n'): string {
  const written = (cell: string) =>
    quotes === 'all' || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  return [[...roles], ...records].map((cells) => cells.map(written).join(',')).join(lineBreak);
}
