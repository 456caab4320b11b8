/**
 * Tables as Parquet, row group by row group. The library would look for the distinct values of each column, and make an object
 * of each number, which takes ten times as long as the rest; here pages are made of typed arrays, and the library does what is
 * around them.
 */
import type { ColumnChunk, CompressionCodec, Encoding, KeyValue, ParquetType, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import type { Bounds } from './encodings.ts';

export type Append = (bytes: Uint8Array) => Promise<void>;

/** What a row group has of a column: its values or, if it has a dictionary, their places in that; see `encodings.ts`. */
export interface Column {
  /** The name of the column; of a list, of what is in it as well. */
  readonly path: readonly string[];
  readonly type: ParquetType;
  /** What does not repeat itself takes time to compress, and room all the same. */
  readonly codec: CompressionCodec;
  readonly dictionary?: { readonly bytes: Uint8Array; readonly values: number };
  /** Of the values that are there. */
  readonly bytes: Uint8Array;
  readonly bounds?: Bounds;
  /** Of a column whose values may be missing, or of a list. */
  readonly definitions?: Uint8Array;
  /** How many are missing; 0 by default. */
  readonly missing?: number;
  /** Of a list: the repetition levels, and how many values all lists have together. */
  readonly repetitions?: Uint8Array;
  readonly slots?: number;
}

export interface TableWriter {
  /** Writes a row group, and resolves once its bytes are passed on. The next one must wait for it. */
  write(rows: number, columns: readonly Column[]): Promise<void>;
  end(): Promise<void>;
}

const nothing = new Uint8Array(0);

export function openTable(schema: SchemaElement[], append: Append, kvMetadata?: KeyValue[]): TableWriter {
  const bytes = new ByteWriter(1 << 20);
  const writer = new ParquetWriter({ writer: bytes, schema, createdBy: 'endcap', ...(kvMetadata && { kvMetadata }) });

  async function flush(): Promise<void> {
    await append(bytes.getBytes());
    bytes.index = 0;
  }

  function writeColumn(column: Column, rows: number): ColumnChunk {
    const { path, type, codec, dictionary, bounds, definitions, missing = 0, repetitions, slots = rows } = column;
    const start = bytes.offset;
    let uncompressed = 0;
    const encoding: Encoding = dictionary ? 'RLE_DICTIONARY' : 'PLAIN';
    /** @param levels which are never compressed. */
    const writePage = (
      content: Uint8Array,
      header: Omit<Parameters<typeof writePageHeader>[1], `${string}_size`>,
      ...levels: Uint8Array[]
    ) => {
      const stored = writer.compressors[codec]?.(content) ?? content;
      const headerStart = bytes.offset;
      const levelBytes = levels.reduce((sum, { length }) => sum + length, 0);
      writePageHeader(bytes, {
        ...header,
        uncompressed_page_size: levelBytes + content.length,
        compressed_page_size: levelBytes + stored.length,
      });
      uncompressed += bytes.offset - headerStart + levelBytes + content.length;
      for (const part of [...levels, stored]) bytes.appendBytes(part);
    };
    if (dictionary) {
      const dictionaryPageHeader = { num_values: dictionary.values, encoding: 'PLAIN' } as const;
      writePage(dictionary.bytes, { type: 'DICTIONARY_PAGE', dictionary_page_header: dictionaryPageHeader });
    }
    const dataStart = bytes.offset;
    const [repetition, definition] = [repetitions ?? nothing, definitions ?? nothing];
    writePage(
      column.bytes,
      {
        type: 'DATA_PAGE_V2',
        data_page_header_v2: {
          num_values: slots,
          num_nulls: missing,
          num_rows: rows,
          encoding,
          definition_levels_byte_length: definition.length,
          repetition_levels_byte_length: repetition.length,
          is_compressed: true,
        },
      },
      repetition,
      definition,
    );
    return {
      file_offset: BigInt(start),
      meta_data: {
        type,
        encodings: dictionary ? ['PLAIN', encoding] : [encoding],
        path_in_schema: [...path],
        codec,
        num_values: BigInt(slots),
        total_uncompressed_size: BigInt(uncompressed),
        total_compressed_size: BigInt(bytes.offset - start),
        data_page_offset: BigInt(dataStart),
        ...(dictionary && { dictionary_page_offset: BigInt(start) }),
        ...(bounds && { statistics: { ...bounds, null_count: BigInt(missing) } }),
      },
    };
  }

  return {
    async write(rows, columns) {
      const start = bytes.offset;
      const chunks = columns.map((column) => writeColumn(column, rows));
      writer.row_groups.push({
        columns: chunks,
        num_rows: BigInt(rows),
        total_byte_size: chunks.reduce((sum, { meta_data }) => sum + meta_data!.total_uncompressed_size, 0n),
        total_compressed_size: BigInt(bytes.offset - start),
      });
      writer.num_rows += BigInt(rows);
      await flush();
    },
    async end() {
      writer.finish();
      await flush();
    },
  };
}
