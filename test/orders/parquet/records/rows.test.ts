import { ftruncateSync } from 'node:fs';
import { parquetReadObjects } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../../../src/random.ts';
import { cellsOf, nestedFile, nestedShapes, parquetOf, scratchFile, smallFile } from '../files.ts';

const test = suite('rows of Parquet');
const scratch = scratchFile(test);

/** The same by hyparquet's own reader. */
async function expectedCells(bytes: Uint8Array): Promise<unknown[][]> {
  const file = new Uint8Array(bytes).buffer;
  return (await parquetReadObjects({ file })).map((row) => Object.values(row).map((cell) => cell ?? null));
}

test('cells are those that hyparquet reads, whatever their type, encoding, page size, and missing values', async () => {
  const random = createRandom(1);
  for (let round = 0; round < 25; round++) {
    const rows = random.below(300);
    const missing = random.below(3) / 4;
    const nullable = missing > 0;
    const column = <T>(of: (i: number) => T) =>
      Array.from({ length: rows }, (_, i) => (random.uniform() < missing ? null : of(i))) as T[];
    const bytes = parquetOf(
      [
        { name: 'a', data: column((i) => `text ${i % 9}`), type: 'STRING', nullable },
        {
          name: 'b',
          data: column((i) => `${'é'.repeat(i % 5)}${i}`),
          type: 'STRING',
          encoding: 'DELTA_BYTE_ARRAY',
          nullable,
        },
        { name: 'c', data: column((i) => `${i}`), type: 'STRING', encoding: 'DELTA_LENGTH_BYTE_ARRAY', nullable },
        { name: 'd', data: column((i) => i * i - 7), type: 'INT32', encoding: 'DELTA_BINARY_PACKED', nullable },
        { name: 'e', data: column((i) => BigInt(i) << 40n), type: 'INT64', nullable },
        { name: 'f', data: column((i) => BigInt(i) - 9n), type: 'INT64', encoding: 'DELTA_BINARY_PACKED', nullable },
        { name: 'g', data: column((i) => i / 7), type: 'DOUBLE', encoding: 'BYTE_STREAM_SPLIT', nullable },
        { name: 'h', data: column((i) => i % 3 === 0), type: 'BOOLEAN', nullable },
        { name: 'i', data: column((i) => i % 5 < 2), type: 'BOOLEAN', encoding: 'RLE', nullable },
        { name: 'j', data: column((i) => new Date(i * 1e9)), type: 'TIMESTAMP', nullable },
      ],
      {
        pageSize: 50 + random.below(2000),
        rowGroupSize: 1 + random.below(300),
        codec: round % 2 ? 'SNAPPY' : 'UNCOMPRESSED',
      },
    );
    assert.equal(cellsOf(scratch(bytes)), await expectedCells(bytes), `round ${round}`);
  }
});

test('a file that becomes shorter while it is read is an Error', () => {
  const file = scratch(smallFile());
  ftruncateSync(file.fd, file.size - 9);
  assert.throws(() => cellsOf(file), /it became shorter while it was read/);
});

for (const { name, good, records } of [
  { name: 'a file', good: smallFile(), records: 120 },
  { name: 'a nested file', good: nestedFile(nestedRows(40), nestedShapes[0], { pageSize: 100 }), records: 53 },
]) {
  test(`${name} that is cut anywhere, or has any byte changed, gives rows or an Error, and comes to an end`, () => {
    const random = createRandom(4);
    const outcomes = { rows: 0, errors: 0 };
    const tried = (bytes: Uint8Array) => {
      try {
        cellsOf(scratch(bytes));
        outcomes.rows++;
      } catch (error) {
        assert.instance(error, Error);
        outcomes.errors++;
      }
    };
    assert.is(cellsOf(scratch(good)).length, records);
    for (let length = 0; length < good.length; length += 13) tried(good.subarray(0, length));
    for (let at = 0; at < good.length; at++) {
      const bytes = good.slice();
      bytes[at] = [195, 255, 0, 128, random.below(256)][at % 5];
      tried(bytes);
    }
    for (let round = 0; round < 800; round++) {
      const bytes = good.slice();
      for (let changes = 1 + random.below(6); changes > 0; changes--)
        bytes[random.below(bytes.length)] = random.below(256);
      tried(bytes);
    }
    assert.ok(outcomes.rows > 100 && outcomes.errors > 500, JSON.stringify(outcomes));
  });
}

/** Orders of 0, 1, 2, ... items. */
function nestedRows(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) => ({
    order: BigInt(i),
    customer: { id: `c${i % 7}`, address: i % 5 === 0 ? null : { town: 'Ulm' } },
    items: Array.from({ length: i % 3 }, (_, item) => ({ sku: `p${item}`, size: { width: i % 4 === 0 ? null : i } })),
    tags: null,
    notes: null,
  }));
}

test.run();
