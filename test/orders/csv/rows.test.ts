import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createBuilder } from '../../../src/dataset/build.ts';
import { createTally } from '../../../src/orders/account.ts';
import { createCleaner } from '../../../src/orders/clean.ts';
import { ROLES } from '../../../src/orders/columns.ts';
import { readCsv } from '../../../src/orders/csv/blocks.ts';
import { createBlockMemory, join } from '../../../src/orders/csv/text.ts';
import { comparable } from '../../dataset/files.ts';

const test = suite('rows from bytes');

interface Reading {
  duplicates?: 'keep' | 'drop';
  /** Bytes in a block. */
  chunk?: number;
  threads?: number;
}

function createReading(duplicates: 'keep' | 'drop') {
  const tally = createTally();
  const builder = createBuilder(tally, true);
  const columns = Object.fromEntries(ROLES.map((role) => [role, role]));
  const options = { columns, dateOrder: 'auto', duplicates } as const;
  const cleaner = createCleaner('orders', options, tally, builder.add);
  return {
    cleaner,
    builder,
    finish: () => {
      const dataset = builder.finish(cleaner.columns(), cleaner.dateOrder());
      return { ...dataset, cancellations: cleaner.cancellations() };
    },
  };
}

/** The rows cleaned cell by cell, as those of any source but CSV. */
function byText(rows: string[][], { duplicates = 'keep' }: Reading = {}) {
  const { cleaner, finish } = createReading(duplicates);
  cleaner.header(ROLES);
  let line = 2;
  for (const row of rows) {
    cleaner.row(row, line);
    line += row.join('').split('\n').length;
  }
  return finish();
}

async function byBytes(text: string, { duplicates = 'keep', chunk = 1 << 20, threads = 0 }: Reading = {}) {
  const { cleaner, builder, finish } = createReading(duplicates);
  const memory = createBlockMemory();
  const all = Buffer.from(text);
  const blocks = Array.from({ length: Math.ceil(all.length / chunk) }, (_, i) =>
    join([all.subarray(i * chunk, (i + 1) * chunk)], memory),
  );
  const sink = {
    header: (names: readonly string[], format: Parameters<Parameters<typeof readCsv>[1]['header']>[1]) => {
      return { format, columns: cleaner.header(names), everyRowIsOne: false, duplicates };
    },
    learn: builder.learn,
    take(reader: number, block: Parameters<typeof builder.addBlock>[1], line: number) {
      cleaner.block(block, line);
      builder.addBlock(reader, block, line);
    },
    dateOrder: cleaner.dateOrder,
  };
  await readCsv(blocks, sink, 'orders', { threads, memory });
  return finish();
}

const written = (rows: string[][]) =>
  [ROLES, ...rows].map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\n');

const wild = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.array(fc.constantFrom(...'0123456789+-.,:/ TZCeé€\u00a0"\n'), { maxLength: 20 }).map((marks) => marks.join('')),
);
const mostly = (...usual: string[]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: wild });
const digits = (most: number) => fc.integer({ min: 0, max: most }).map(String);
const two = (most: number) =>
  fc.integer({ min: 0, max: most }).chain((n) => fc.constantFrom(`${n}`, `0${n}`.slice(-2)));
const clock = fc.tuple(two(25), two(61), fc.constantFrom('', ':00', ':59', ':7')).map(([h, m, s]) => `${h}:${m}${s}`);
const year = fc.constantFrom('2024', '1900', '2000', '1969', '0012', '99');
const date = fc.oneof(
  fc
    .tuple(year, two(13), two(32), fc.constantFrom(' ', 'T', ''), clock, fc.constantFrom('', 'Z', '+02:00'))
    .map(([y, m, d, mark, time, zone]) => `${y}-${m}-${d}${mark === '' ? '' : mark + time}${zone}`),
  fc
    .tuple(two(13), two(32), year, fc.constantFrom('/', '.', '-'), fc.constantFrom(' ', ''), clock)
    .map(([m, d, y, mark, blank, time]) => [m, d, y].join(mark) + (blank === '' ? '' : blank + time)),
  digits(2_000_000_000),
  mostly('', '20240131', '2024-01-02 03:04', '1/2/2024', 'never'),
);
const row = fc
  .tuple(
    mostly('a', 'b', ' b', '7', '7.0', '17850', '17851', '1234567890', 'customer-number-1', '', 'NaN'),
    mostly('x', 'y', 'x ', 'long product id', '', '0.0', '10'),
    fc.oneof(digits(20), mostly('1', '-1', '2.0', '1,000', '', '0', '-0', '1e1', '9999999999')),
    mostly('1', '2', 'C3', 'C', '3', '3.0', '', 'null', 'order 12'),
    date,
    fc.constantFrom('', '', '8:26', '11:59 PM', 'noon'),
    fc.oneof(fc.double({ noNaN: true }).map(String), mostly('1.50', '.5', '7.', '$3', '', '0', '0.10000000000000001')),
    mostly('Tea, green', 'Tea', '12" pipe', '', ' Tea', 'Teekännchen'),
    mostly('drinks', 'N/A', ''),
  )
  .map((cells) => [...cells]);
const rows = fc.array(row, { minLength: 1, maxLength: 40 });

test('cells mean the same as bytes and as text, wherever the bytes are cut into blocks', async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.constantFrom('keep' as const, 'drop' as const),
      fc.integer({ min: 1, max: 2000 }),
      async (rows, duplicates, chunk) => {
        const read = await byBytes(written(rows), { duplicates, chunk });
        assert.equal(comparable(read), comparable(byText(rows, { duplicates })));
      },
    ),
    { numRuns: 1000 },
  );
});

test('threads change nothing, wherever a block ends and whatever the dates before it have shown', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 20, max: 800 }), async (rows, chunk) => {
      const text = written(rows);
      assert.equal(comparable(await byBytes(text, { chunk, threads: 2 })), comparable(await byBytes(text)));
    }),
    { numRuns: 20 },
  );
  // The first date decides; a thread that does not know it takes 1/13/2024 for a date.
  const dates = ['13/1/2024', ...Array.from({ length: 400 }, (_, i) => (i % 7 === 0 ? '1/13/2024' : '2/3/2024'))];
  const text = written(dates.map((date, i) => [`${i % 5}`, `${i % 11}`, '1', '', date, '', '', `a\n"${i}"`, '']));
  const read = await byBytes(text, { chunk: 1000, threads: 2 });
  assert.equal(comparable(read), comparable(await byBytes(text)));
  assert.is(read.account.dropped['unreadable date'], 58);
});

test.run();
