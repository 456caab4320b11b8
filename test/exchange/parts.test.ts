import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import type { CellKind } from '../../src/exchange/part-messages.ts';
import { withParts } from '../../src/exchange/parts.ts';
import { parquetOf } from '../orders/parquet/files.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { factorsPart, scratchFolder } from './tables.ts';

const test = suite('parts');
const { folderOf, partsOf } = scratchFolder(test);

const factors = { id: 'id', features: 'vector' } as const;

/** All rows of a table, cells as plain arrays, and what else is known of it. */
async function read(source: string, kinds: Record<string, CellKind> = factors) {
  return withParts(source, {}, async (table) => {
    const columns: Record<string, unknown[]> = Object.fromEntries(Object.keys(kinds).map((name) => [name, []]));
    const places: [string, number, number][] = [];
    for await (const { part, row, rows, columns: cells } of table.read(kinds)) {
      places.push([part, row, rows]);
      for (const [name, values] of Object.entries(cells)) columns[name].push(...values);
    }
    return { columns, places, rows: table.rows, notes: table.notes };
  });
}

async function refuses(
  source: string,
  file: string,
  row: number | undefined,
  says: RegExp,
  kinds?: Record<string, CellKind>,
) {
  const { code, message, details } = await endcapErrorOf(read(source, kinds));
  assert.is(code, 'table_unreadable');
  assert.match(message, says);
  assert.is(details.source, file === '' ? source : join(source, file));
  assert.is(details.row, row);
}

const part = (i: number) => `part-0000${i}-8d1c.c000.snappy.parquet`;

test('parts follow one another by name, and hidden files are none', async () => {
  const source = partsOf(
    factorsPart(
      [10, 20, 30],
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      { rowGroupSize: 2 },
    ),
    factorsPart([], []),
    factorsPart([40], [[7, 8]]),
  );
  const { columns, rows, notes, places } = await read(source);
  assert.equal(columns, { id: ['10', '20', '30', '40'], features: [1, 2, 3, 4, 5, 6, 7, 8] });
  assert.is(rows, 4);
  assert.equal(notes, []);
  assert.equal(places, [
    [join(source, part(0)), 1, 2],
    [join(source, part(0)), 3, 1],
    [join(source, part(2)), 1, 1],
  ]);
});

test('a table may be a single file', async () => {
  const source = join(folderOf({ 'factors.parquet': factorsPart([1], [[0.5, -0.25]]) }), 'factors.parquet');
  const { columns, notes } = await read(source);
  assert.equal(columns, { id: ['1'], features: [0.5, -0.25] });
  assert.equal(notes, []);
});

test('ids are text or whole numbers, of 64 bits too, and numbers of any width', async () => {
  const source = partsOf(
    parquetOf([
      { name: 'text', data: ['é', '007'], type: 'STRING' },
      { name: 'large', data: [9007199254740993n, -1n], type: 'INT64' },
      { name: 'units', data: [3n, 4n], type: 'INT64' },
      { name: 'share', data: [0.5, 1e-3], type: 'DOUBLE' },
      { name: 'day', data: [new Date(0), new Date(1)], type: 'TIMESTAMP' },
    ]),
  );
  const { columns } = await read(source, { text: 'id', large: 'id', units: 'number', share: 'number' });
  assert.equal(columns, { text: ['é', '007'], large: ['9007199254740993', '-1'], units: [3, 4], share: [0.5, 1e-3] });
  await refuses(source, '', undefined, /column day of INT64 TIMESTAMP.*expected ids/, { day: 'id' });
  await refuses(source, '', undefined, /column text of .*; expected numbers/, { text: 'number' });
});

test('many rows come in blocks, which follow one another', async () => {
  const count = 40_000;
  const ids = Array.from({ length: count }, (_, i) => i);
  const source = partsOf(
    factorsPart(
      ids,
      ids.map((i) => [i, -i]),
    ),
  );
  const { columns, places } = await read(source);
  assert.ok(places.length > 1);
  assert.is(columns.features.length, 2 * count);
  assert.is(columns.id[count - 1], String(count - 1));
  assert.is(columns.features[2 * count - 1], 1 - count);
});

test('without _SUCCESS there is a note, but only of parts as Spark names them', async () => {
  const bytes = factorsPart([1], [[1]]);
  const { notes } = await read(folderOf({ [part(0)]: bytes, '_temporary/0/part-00001.parquet': bytes }));
  assert.equal(
    notes.map(({ code }) => code),
    ['unfinished-parts'],
  );
  assert.match(notes[0].text, /no _SUCCESS/);
  assert.equal((await read(folderOf({ 'data_0.parquet': bytes }))).notes, []);
});

test('a part that is cut off is named before any row is read', async () => {
  const whole = factorsPart([1], [[1]]);
  const source = partsOf(whole, whole.subarray(0, whole.length - 9), whole);
  await refuses(source, part(1), undefined, /is no part of the table: it does not end with PAR1/);
  await refuses(partsOf(whole, new Uint8Array()), part(1), undefined, /too short/);
});

test('parts whose columns differ are refused, with both names', async () => {
  const ints = factorsPart([1], [[1]]);
  await refuses(
    partsOf(ints, factorsPart(['a'], [[1]], { type: 'STRING' })),
    part(1),
    undefined,
    /its column id is .*UTF8.*INT32/,
  );
  await refuses(
    partsOf(ints, parquetOf([{ name: 'id', data: [1], type: 'INT32' }])),
    part(1),
    undefined,
    /lacks the column features/,
  );
  const more = parquetOf([{ name: 'id', data: [1], type: 'INT32' }]);
  await refuses(partsOf(more, ints), part(1), undefined, /has a column features, which .* lacks/);
});

test('missing columns, and columns of another kind, are named with those that there are', async () => {
  const source = partsOf(parquetOf([{ name: 'user', data: [1], type: 'INT32' }]));
  await refuses(source, '', undefined, /has no column id of ids.*user \(INT32\)/);
  await refuses(
    partsOf(factorsPart([1], [[1]], { of: 'INT32' })),
    '',
    undefined,
    /features of list of INT32; expected lists of/,
  );
});

test('rows with bad cells are named, and counted from 1 in their part', async () => {
  const good = factorsPart([1], [[1, 2]]);
  const bad: [Parameters<typeof factorsPart>, number, RegExp][] = [
    [
      [
        [2, 3],
        [[1, 2], [1]],
      ],
      2,
      /has 1 numbers; expected 2/,
    ],
    [
      [
        [2, 3],
        [[1, 2], []],
      ],
      2,
      /an empty list/,
    ],
    [
      [
        [2, 3],
        [null, [1, 2]],
      ],
      1,
      /an empty list, or none/,
    ],
    [
      [
        [2, 3],
        [
          [1, 2],
          [1, Number.NaN],
        ],
      ],
      2,
      /has NaN in its list/,
    ],
    [
      [
        [2, 3],
        [
          [Number.POSITIVE_INFINITY, 2],
          [1, 2],
        ],
      ],
      1,
      /has Infinity in its list/,
    ],
    [
      [
        [2, 3],
        [
          [1e39, 2],
          [1, 2],
        ],
        { of: 'DOUBLE' },
      ],
      1,
      /has 1e\+39 in its list; expected finite 32-bit/,
    ],
    [
      [
        [2, 3],
        [
          [1, 2],
          [null, 1],
        ],
      ],
      2,
      /has nothing in its list/,
    ],
    [
      [
        [2, null],
        [
          [1, 2],
          [1, 2],
        ],
      ],
      2,
      /column id has nothing; expected an id/,
    ],
  ];
  for (const [given, row, says] of bad) {
    const isDouble = given[2]?.of === 'DOUBLE';
    const first = isDouble ? factorsPart([1], [[1, 2]], { of: 'DOUBLE' }) : good;
    await refuses(partsOf(first, factorsPart(...given)), part(1), row, says);
  }
  const groups = factorsPart([1, 2, 3], [[1], [2], [Number.NaN]], { rowGroupSize: 1 });
  await refuses(partsOf(groups), part(0), 3, /NaN/);
  const tooLong = factorsPart([1], [Array.from({ length: 20_000 }, () => 1)]);
  await refuses(partsOf(tooLong), part(0), 1, /more than 16384 numbers/);
});

test('what is no folder of parts is refused', async () => {
  await refuses(folderOf({}), '', undefined, /is an empty folder; expected files such as part-00000.parquet/);
  await refuses(folderOf({ 'orders.csv': 'a' }), '', undefined, /without Parquet files: orders.csv/);
  await refuses(folderOf({ 'day=1/part-00000.parquet': 'a' }), '', undefined, /without partitionBy/);
  await refuses(join(folderOf({}), 'none'), '', undefined, /does not exist/);
});

test('a signal ends the reading', async () => {
  const source = partsOf(factorsPart([1], [[1]]));
  const { code } = await endcapErrorOf(withParts(source, { signal: AbortSignal.abort() }, async () => {}));
  assert.is(code, 'aborted');
});

test('a thread that cannot start is said to be what is wrong', async () => {
  const source = partsOf(factorsPart([1], [[1]]));
  const { ENDCAP_PACKAGE: before } = process.env;
  process.env.ENDCAP_PACKAGE = folderOf({});
  try {
    const { code, message } = await endcapErrorOf(read(source));
    assert.is(code, 'table_unreadable');
    assert.match(message, /a thread that reads it does not run: .*ENDCAP_PACKAGE/);
  } finally {
    if (before === undefined) delete process.env.ENDCAP_PACKAGE;
    else process.env.ENDCAP_PACKAGE = before;
  }
});

test('sizes that a file claims are not believed', async () => {
  const bytes = factorsPart([1, 2, 3, 4], [[1], [2], [3], [4]]);
  const source = partsOf(bytes);
  const { length } = bytes;
  let refused = 0;
  // Each byte of the end, where sizes are, is set to other values.
  for (let at = Math.max(0, length - 150); at < length - 8; at += 17) {
    const changed = bytes.slice();
    changed[at] = 0xff;
    writeFileSync(join(source, part(0)), changed);
    try {
      await read(source);
    } catch (error) {
      assert.instance(error, EndcapError);
      assert.is((error as EndcapError).code, 'table_unreadable');
      refused++;
    }
  }
  assert.ok(refused > 0);
});

test.run();
