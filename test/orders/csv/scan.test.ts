import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { type Opening, openCsv } from '../../../src/orders/csv/header.ts';
import {
  blockPadding,
  type Cells,
  cellText,
  createCells,
  malformedText,
  scanRecords,
} from '../../../src/orders/csv/scan.ts';

const test = suite('scanning CSV');

interface Seen {
  header: string[];
  records: [number, ...string[]][];
  malformed: [number, string][];
}

/** The line and the first three cells of each record. The text arrives in blocks of `chunk` bytes. */
async function read(text: string, { chunk = 1 << 20, delimiter }: { chunk?: number; delimiter?: string } = {}) {
  const seen: Seen = { header: [], records: [], malformed: [] };
  const all = Buffer.from(text);
  let rest: Buffer = Buffer.alloc(0);
  let opening: Opening | undefined;
  let line = 0;
  const take = (part: Buffer, last: boolean) => {
    const bytes = new Uint8Array(Buffer.concat([rest, part, Buffer.from('"'.repeat(blockPadding))]));
    const block = { bytes, length: bytes.length - blockPadding };
    rest = Buffer.from(bytes.subarray(0, block.length));
    if (opening === undefined) {
      opening = openCsv(block, last, 'orders.csv', { delimiter });
      if (opening === undefined) return;
      ({ names: seen.header, line } = opening);
      rest = rest.subarray(opening.at);
      return take(Buffer.alloc(0), last);
    }
    const { used, textLines } = scanRecords(block, last, opening.format, createCells(opening.format.width), {
      record: (cells: Cells, at: number) => {
        const texts = Array.from({ length: Math.min(3, cells.count) }, (_, index) => cellText(bytes, cells, index));
        seen.records.push([line + at, ...texts]);
      },
      malformed: (start, end, at, count) => {
        seen.malformed.push([line + at, malformedText(bytes, start, end, count, opening!.format.width)]);
      },
    });
    rest = rest.subarray(used);
    line += textLines;
  };
  for (let i = 0; i < all.length; i += chunk) take(all.subarray(i, i + chunk), false);
  take(Buffer.alloc(0), true);
  return seen;
}

const recordsOf = async (text: string, options = {}) => (await read(text, options)).records;

test('the last line counts with and without a line break; blank lines count as lines but not as records', async () => {
  const records = [
    [2, '1', '2', '3'],
    [5, '4', '5', '6'],
  ];
  assert.equal(await recordsOf('a,b,c\n1,2,3\n\n\n4,5,6'), records);
  assert.equal(await recordsOf('a,b,c\n1,2,3\n\n   \n4,5,6\n\n\n'), records);
  assert.equal(await recordsOf('a,b,c\r\n1,2,3\r\n\r\n\r\n4,5,6\r\n'), records);
});

test('line breaks of Unix, Windows and old Macs are recognized, also mixed', async () => {
  for (const end of ['\n', '\r\n', '\r']) {
    assert.equal(await recordsOf(`a,b,c${end}1,2,3${end}"4","5","6"${end}`), [
      [2, '1', '2', '3'],
      [3, '4', '5', '6'],
    ]);
  }
  assert.equal(await recordsOf('a,b,c\n1,2,3\r\n"4",5,"6"\r\n7,8,9'), [
    [2, '1', '2', '3'],
    [3, '4', '5', '6'],
    [4, '7', '8', '9'],
  ]);
});

test('quoted cells may contain delimiters, quotes and line breaks, and the lines after them keep their numbers', async () => {
  assert.equal(await recordsOf('a,b,c\n"x, ""y""\r\nz\n",2,"3"\n4,5,6\n'), [
    [2, 'x, "y"\r\nz\n', '2', '3'],
    [5, '4', '5', '6'],
  ]);
  assert.equal(await recordsOf('a,b,c\n1, "2,2" ,"3"\t\n"","",""'), [
    [2, '1', '2,2', '3'],
    [3, '', '', ''],
  ]);
});

test('a quote that first appears a MiB into the file works', async () => {
  const plain = '1,2,3\n'.repeat(200_000);
  const records = await recordsOf(`a,b,c\n${plain}"x, y",2,3\n`, { chunk: 1 << 16 });
  assert.equal(records.length, 200_001);
  assert.equal(records.at(-1), [200_002, 'x, y', '2', '3']);
});

test('a quote inside an unquoted cell is text', async () => {
  assert.equal(await recordsOf('a,b,c\n5" pipe,2" nail,3\n'), [[2, '5" pipe', '2" nail', '3']]);
});

test('a record with fewer cells than the header ends in blank ones, and blank cells past the header are ignored', async () => {
  const seen = await read('a,b,c\n1,2\n3,4,5,\n6\n7,8,9, ,"",\n"x","y"\n,,\n,,,,\n1,2,\n');
  assert.equal(seen.records, [
    [2, '1', '2', ''],
    [3, '3', '4', '5'],
    [4, '6', '', ''],
    [5, '7', '8', '9'],
    [6, 'x', 'y', ''],
    [7, '', '', ''],
    [8, '', '', ''],
    [9, '1', '2', ''],
  ]);
  assert.equal(seen.malformed, []);
});

test('a record with further cells is malformed, says how many it has, and does not affect its neighbors', async () => {
  const seen = await read('a,b,c\n3,4,5\n6,7,8,9\n1,2,3,,x,\n"1","2","3"\n');
  assert.equal(
    seen.records.map(([line]) => line),
    [2, 5],
  );
  assert.equal(seen.malformed, [
    [3, '4 cells, expected 3: 6,7,8,9'],
    [4, '6 cells, expected 3: 1,2,3,,x,'],
  ]);
});

test('a record with line breaks in quotes may be short, unless the quotes hold other records', async () => {
  const seen = await read('a,b,c\n1,"two\nlines"\n2,"3\n4,5,6\n7,8",9,\n"10\n11,12\n13,14,15"\n');
  assert.equal(seen.records, [
    [2, '1', 'two\nlines', ''],
    [5, '4', '5', '6'],
    [6, '7', '8"', '9'],
    [8, '11', '12', ''],
    [9, '13', '14', '15"'],
  ]);
  assert.equal(seen.malformed, [
    [4, '2,"3'],
    [7, '"10'],
  ]);
});

test('a quote that is never closed costs one line, not the rest of the file', async () => {
  for (const chunk of [1, 7, 1 << 20]) {
    const seen = await read('a,b,c\n1,2,3\n"4,5,6\n7,8,9\n10,11,12\n', { chunk });
    assert.equal(seen.malformed, [[3, '"4,5,6']]);
    assert.equal(
      seen.records.map(([line]) => line),
      [2, 4, 5],
    );
  }
});

test('a stray quote before quoted records costs one line', async () => {
  const seen = await read('a,b,c\n"1","2,"3"\n"4","5","6"\n7,"8,9\n10,"11, x",12\n');
  assert.equal(seen.malformed, [
    [2, '"1","2,"3"'],
    [4, '7,"8,9'],
  ]);
  assert.equal(seen.records, [
    [3, '4', '5', '6'],
    [5, '10', '11, x', '12'],
  ]);
});

test('a quote that is still open after 1 MiB is malformed at its own line', async () => {
  const rest = '1,2,3\n'.repeat(400_000);
  const seen = await read(`a,b,c\n1,2,3\n1,"2,3\n${rest}`, { chunk: 1 << 16 });
  assert.equal(seen.malformed, [[3, '1,"2,3']]);
  assert.is(seen.records.length, 400_001);
});

test('a header with an unclosed quote is an error that names the file and line', async () => {
  try {
    await read('a,"b,c\n1,2,3\n');
    assert.unreachable();
  } catch (error) {
    assert.instance(error, EndcapError);
    assert.is((error as EndcapError).code, 'orders_unreadable');
    assert.match((error as EndcapError).message, /orders\.csv, line 1/);
  }
});

test('a delimiter beyond ASCII separates cells, and its bytes in other characters do not', async () => {
  assert.equal(await recordsOf('a§b§c\n1©§"2§2"§3\n', { delimiter: '§' }), [[2, '1©', '2§2', '3']]);
});

test('the delimiter is the most frequent one in the header, the one given, or the one declared by sep=', async () => {
  for (const mark of [',', ';', '\t', '|']) {
    assert.equal(await recordsOf(['a', 'b', 'c'].join(mark).concat('\n', ['1', '2', '3'].join(mark))), [
      [2, '1', '2', '3'],
    ]);
  }
  assert.equal(await recordsOf('a;b, x;c\n1;2,5;3'), [[2, '1', '2,5', '3']]);
  assert.equal(await recordsOf('"a;;;;",b,c\n1,2,3'), [[2, '1', '2', '3']]);
  assert.equal(await recordsOf('a:b:c\n1:2:3', { delimiter: ':' }), [[2, '1', '2', '3']]);
  assert.equal(await recordsOf('sep=;\r\na;b;c\r\n1;2;3'), [[3, '1', '2', '3']]);
});

test('the header is trimmed, may be quoted, and may be the whole file', async () => {
  assert.equal((await read('\n a ,"b ""x"" ", c\n')).header, ['a', 'b "x"', 'c']);
  assert.equal((await read('a,b,c')).header, ['a', 'b', 'c']);
  assert.equal((await read('')).header, []);
  assert.equal((await read('\n\n')).header, []);
  const wide = Array.from({ length: 300 }, (_, i) => `c${i}`);
  assert.equal((await read(`${wide}\n${wide}\n`)).records, [[2, 'c0', 'c1', 'c2']]);
});

const dirt = fc.array(fc.constantFrom('"', ',', '\n', '\r\n', 'a', '1', ' ', '""', 'x,y,z\n'), { maxLength: 60 });

test('the blocks into which wild text is cut make no difference', async () => {
  await fc.assert(
    fc.asyncProperty(dirt, fc.integer({ min: 1, max: 9 }), async (parts, chunk) => {
      const text = `a,b,c\n${parts.join('')}`;
      assert.equal(await read(text, { chunk }), await read(text));
    }),
    { numRuns: 500 },
  );
});

test('every line of wild text is in a record, malformed, or blank', async () => {
  await fc.assert(
    fc.asyncProperty(dirt, async (parts) => {
      const text = `a,b,c\n${parts.join('')}`;
      const seen = await read(text);
      const starts = [...seen.records, ...seen.malformed].map(([line]) => line).sort((a, b) => a - b);
      assert.is(new Set(starts).size, starts.length);
      const lines = text.split('\n');
      for (let line = 2; line <= lines.length; line++) {
        if (lines[line - 1]!.trim() === '' || starts.includes(line)) continue;
        const owner = starts.filter((start) => start < line).at(-1);
        const record = seen.records.find(([start]) => start === owner);
        assert.ok(
          record?.some((cell) => String(cell).includes('\n')),
          `line ${line} of ${JSON.stringify(text)} is lost`,
        );
      }
    }),
    { numRuns: 500 },
  );
});

test('a record may lie on either side of the end of a part, or on both', async () => {
  const note = (i: number) => (i % 97 === 0 ? `"two\nlines, ${'x'.repeat(i % 5000)}"` : 'x'.repeat(i % 50));
  const lines = Array.from({ length: 2000 }, (_, i) => (i % 89 === 0 ? `${i},too,many` : `${i},${note(i)}`));
  const expected: Seen = { header: ['id', 'note'], records: [], malformed: [] };
  let line = 2;
  for (const [i, text] of lines.entries()) {
    if (i % 89 === 0) expected.malformed.push([line, `3 cells, expected 2: ${text}`]);
    else expected.records.push([line, String(i), note(i).replaceAll('"', '')]);
    line += text.split('\n').length;
  }
  for (const chunk of [1 << 20, 10_000, 4096]) {
    assert.equal(await read(`id,note\n${lines.join('\n')}`, { chunk }), expected);
  }
});

test.run();
