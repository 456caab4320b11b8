import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata, type SchemaElement } from 'hyparquet';
import { ByteWriter, type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import type { Test } from 'uvu';
import { type OpenFile, openDescriptor, readFooter } from '../../../src/orders/parquet/file.ts';
import { readRows } from '../../../src/orders/parquet/records/rows.ts';
import { columnsOf } from '../../../src/orders/parquet/schema.ts';

type WriteOptions = Omit<Parameters<typeof parquetWriteBuffer>[0], 'columnData'>;

export function parquetOf(columnData: ColumnSource[], options: WriteOptions = {}): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
}

/** An open file that a suite fills with one content after another. */
export function scratchFile(test: Test): (bytes: Uint8Array) => OpenFile & { fd: number } {
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
    return { fd, ...openDescriptor({ fd, size: bytes.length }) };
  };
}

/** All cells of a file, on this thread. */
export function cellsOf(file: OpenFile): unknown[][] {
  const metadata = readFooter(file, () => {});
  const rows: unknown[][] = [];
  readRows(
    file,
    metadata.row_groups,
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

/** The names of a file's columns. */
export function namesOf(file: OpenFile): string[] {
  return columnsOf(readFooter(file, () => {})).map(({ name }) => name);
}

/** A way to write a list of structs. */
export interface NestedShape {
  readonly name: string;
  /** The groups of the column `items` around the fields of an item, as the writer takes them. */
  readonly written: readonly SchemaElement[];
  /** These groups as the footer has them, with the same levels; absent if they are the same. */
  readonly footer?: readonly SchemaElement[];
  /** The list in an object that hyparquet reads. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever hyparquet makes of it.
  readonly itemsOf: (row: any) => unknown[] | null | undefined;
}

const list: SchemaElement = { name: 'items', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 };
const repeated: SchemaElement = { name: 'list', repetition_type: 'REPEATED', num_children: 1 };
const item: SchemaElement = { name: 'element', repetition_type: 'REQUIRED', num_children: 2 };

export const nestedShapes: readonly NestedShape[] = [
  {
    name: 'three levels',
    written: [list, repeated, { ...item, repetition_type: 'OPTIONAL' }],
    itemsOf: ({ items }) => items,
  },
  {
    name: 'three levels, of which one may be missing',
    written: [{ ...list, repetition_type: 'REQUIRED' }, repeated, item],
    itemsOf: ({ items }) => items,
  },
  {
    name: 'two levels',
    written: [list, repeated, item],
    footer: [list, { ...repeated, name: 'array', num_children: 2 }],
    itemsOf: ({ items }) => items?.array,
  },
  {
    name: 'a repeated field',
    written: [{ ...list, repetition_type: 'REQUIRED' }, repeated, item],
    footer: [{ ...repeated, name: 'items', num_children: 2 }],
    itemsOf: ({ items }) => items,
  },
];

/** Orders with `customer: {id, address: {town}}`, `items: [{sku, size: {width}}]`, tags, and a map of notes. */
export function nestedFile(
  rows: Record<string, unknown>[],
  shape: NestedShape,
  options: WriteOptions = {},
): Uint8Array {
  const text = (name: string): SchemaElement => ({
    name,
    type: 'BYTE_ARRAY',
    converted_type: 'UTF8',
    repetition_type: 'OPTIONAL',
  });
  const struct = (name: string, fields: number, repetition: 'OPTIONAL' | 'REQUIRED'): SchemaElement => ({
    name,
    repetition_type: repetition,
    num_children: fields,
  });
  const schema: SchemaElement[] = [
    { name: 'root', num_children: 5 },
    { name: 'order', type: 'INT64', repetition_type: 'REQUIRED' },
    struct('customer', 2, 'OPTIONAL'),
    text('id'),
    struct('address', 1, 'OPTIONAL'),
    text('town'),
    ...shape.written,
    text('sku'),
    struct('size', 1, 'REQUIRED'),
    { name: 'width', type: 'INT32', repetition_type: 'OPTIONAL' },
    { ...list, name: 'tags' },
    repeated,
    text('element'),
    { name: 'notes', converted_type: 'MAP', repetition_type: 'OPTIONAL', num_children: 1 },
    { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
    { ...text('key'), repetition_type: 'REQUIRED' },
    text('value'),
  ];
  const columnData = ['order', 'customer', 'items', 'tags', 'notes'].map((name) => ({
    name,
    data: rows.map(
      (row) => row[name] ?? (name === 'items' && shape.written[0].repetition_type === 'REQUIRED' ? [] : null),
    ),
  }));
  const bytes = parquetOf(columnData, { schema, ...options });
  return shape.footer === undefined ? bytes : withGroups(bytes, shape.written, shape.footer);
}

/** The same file with other groups around the fields of its items. */
function withGroups(
  bytes: Uint8Array,
  written: readonly SchemaElement[],
  footer: readonly SchemaElement[],
): Uint8Array {
  const metadata = parquetMetadata(bytes);
  const at = metadata.schema.findIndex(({ name }) => name === written[0].name);
  metadata.schema.splice(at, written.length, ...footer);
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data: meta } of columns) {
      if (meta?.path_in_schema[0] !== written[0].name) continue;
      meta.path_in_schema.splice(0, written.length, ...footer.map(({ name }) => name));
    }
  }
  const writer = new ByteWriter();
  writer.appendBytes(bytes.subarray(0, bytes.length - 8 - metadata.metadata_length));
  writeMetadata(writer, metadata);
  writer.appendBytes(Buffer.from('PAR1'));
  return writer.getBytes();
}
