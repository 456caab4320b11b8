import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import type { Test } from 'uvu';
import { columnsOf, type OpenFile, readFooter } from '../../../src/orders/parquet/file.ts';
import { readRows } from '../../../src/orders/parquet/rows.ts';

type WriteOptions = Omit<Parameters<typeof parquetWriteBuffer>[0], 'columnData'>;

export function parquetOf(columnData: ColumnSource[], options: WriteOptions = {}): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
}

/** An open file that a suite fills with one content after another. */
export function scratchFile(test: Test): (bytes: Uint8Array) => OpenFile {
  let folder = '';
  let fd = -1;
  test.before(() => {
    folder = mkdtempSync(join(tmpdir(), 'endcap-'));
    fd = openSync(join(folder, 'scratch.parquet'), 'w+');
  });
  test.after(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  return (bytes) => {
    writeSync(fd, bytes, 0, bytes.length, 0);
    return { fd, size: bytes.length };
  };
}

/** All cells of a file, on this thread. */
export function cellsOf(file: OpenFile): unknown[][] {
  const metadata = readFooter(file, () => {});
  const rows: unknown[][] = [];
  readRows(
    file,
    metadata,
    columnsOf(metadata),
    (cells) => rows.push([...cells]),
    () => {},
  );
  return rows;
}

/** A small file of order lines with pages of several kinds, in two row groups. */
export function smallFile(): Uint8Array {
  const row = Array.from({ length: 120 }, (_, i) => i);
  return parquetOf(
    [
      { name: 'order', data: row.map((i) => `order ${i >> 1}`), type: 'STRING' },
      { name: 'customer', data: row.map((i) => `c${i % 5}`), type: 'STRING' },
      { name: 'product', data: row.map((i) => (i % 7 === 0 ? null : `p${i % 11}`)), type: 'STRING', nullable: true },
      { name: 'quantity', data: row.map((i) => 1 + (i % 3)), type: 'INT32', encoding: 'DELTA_BINARY_PACKED' },
      { name: 'price', data: row.map((i) => i / 4), type: 'DOUBLE', codec: 'UNCOMPRESSED', nullable: true },
      { name: 'time', data: row.map((i) => new Date(Date.UTC(2024, 0, 1 + i))), type: 'TIMESTAMP' },
      { name: 'name', data: row.map((i) => `name ${i}`), type: 'STRING', encoding: 'DELTA_BYTE_ARRAY' },
    ],
    { rowGroupSize: 100 },
  );
}
