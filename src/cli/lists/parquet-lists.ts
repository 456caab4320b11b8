/**
 * The lists of all customers as Parquet. The library would look for the distinct values of each column, which takes ten times
 * as long as the rest; here they are known, so that pages are made here and the library does what is around them.
 */
import type { ColumnChunk, CompressionCodec, Encoding, ParquetType, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import type { Model } from '../../model/model.ts';
import { noRow } from '../../recommending/types.ts';
import type { Append, BatchWriter } from './formats.ts';

/** Rows per row group: what a reader loads at once, and what is held in memory here. A list is never split. */
const groupRows = 1 << 17;

const required = { repetition_type: 'REQUIRED' } as const;
const text = { ...required, type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
const schema: SchemaElement[] = [
  { name: 'endcap', num_children: 4 },
  { name: 'customer', ...text },
  { name: 'rank', ...required, type: 'INT32' },
  { name: 'product', ...text },
  { name: 'score', ...required, type: 'FLOAT' },
];

/** What a row group has of a column: its values or, if it has a dictionary, their places in that. */
interface Column {
  type: ParquetType;
  name: string;
  /** What does not repeat itself takes time to compress, and room all the same. */
  codec: CompressionCodec;
  dictionary?: { bytes: Uint8Array; values: number };
  bytes: Uint8Array;
  /** The first and last value in the order of their bytes. */
  bounds?: { min_value: Uint8Array; max_value: Uint8Array };
}

/** The rows of the CSV: customer and product as UTF-8, rank as INT32, score as FLOAT. */
export function openParquet(model: Model, append: Append): BatchWriter {
  const bytes = new ByteWriter(1 << 20);
  const writer = new ParquetWriter({ writer: bytes, schema, createdBy: 'endcap' });
  // Of the current row group. It has as many customers as rows at most.
  let rowCount = 0;
  let customerCount = 0;
  let ranks = 0;
  let products = new Uint32Array(0);
  let scores = new Float32Array(0);
  const lengths = new Uint32Array(groupRows);
  const customerIds = createTexts();
  const productIds = createTexts();
  /** By product row: one past its place in the dictionary, 0 if it is not there; and the rows that are. */
  const places = new Uint32Array(model.products.length);
  let listed: number[] = [];

  async function flush(): Promise<void> {
    await append(bytes.getBytes());
    bytes.index = 0;
  }

  async function writeGroup(): Promise<void> {
    if (rowCount === 0) return;
    for (const row of listed) productIds.add(model.products[row]);
    const customers = { bytes: customerIds.bytes(), values: customerCount };
    const own = scores.subarray(0, rowCount);
    const columns: Column[] = [
      {
        name: 'customer',
        type: 'BYTE_ARRAY',
        codec: 'SNAPPY',
        dictionary: customers,
        bytes: runs(lengths, customerCount),
        // Customers are sorted: these bounds let a reader skip row groups. Those of the other columns would not.
        bounds: boundsOf(customers.bytes),
      },
      {
        name: 'rank',
        type: 'INT32',
        codec: 'SNAPPY',
        dictionary: {
          bytes: new Uint8Array(Int32Array.from({ length: ranks }, (_, i) => i + 1).buffer),
          values: ranks,
        },
        bytes: packed(ranksOf(lengths, customerCount, rowCount), rowCount, ranks),
      },
      {
        name: 'product',
        type: 'BYTE_ARRAY',
        codec: 'UNCOMPRESSED',
        dictionary: { bytes: productIds.bytes(), values: listed.length },
        bytes: packed(products, rowCount, listed.length),
      },
      {
        name: 'score',
        type: 'FLOAT',
        codec: 'UNCOMPRESSED',
        bytes: new Uint8Array(own.buffer, own.byteOffset, own.byteLength),
      },
    ];
    const start = bytes.offset;
    const chunks = columns.map(writeColumn);
    writer.row_groups.push({
      columns: chunks,
      num_rows: BigInt(rowCount),
      total_byte_size: chunks.reduce((sum, { meta_data }) => sum + meta_data!.total_uncompressed_size, 0n),
      total_compressed_size: BigInt(bytes.offset - start),
    });
    writer.num_rows += BigInt(rowCount);
    for (const row of listed) places[row] = 0;
    listed = [];
    customerIds.clear();
    productIds.clear();
    rowCount = customerCount = ranks = 0;
    await flush();
  }

  function writeColumn({ name, type, codec, dictionary, bytes: values, bounds }: Column): ColumnChunk {
    const start = bytes.offset;
    let uncompressed = 0;
    const encoding: Encoding = dictionary ? 'RLE_DICTIONARY' : 'PLAIN';
    const writePage = (content: Uint8Array, header: Omit<Parameters<typeof writePageHeader>[1], `${string}_size`>) => {
      const stored = writer.compressors[codec]?.(content) ?? content;
      const headerStart = bytes.offset;
      const sizes = { uncompressed_page_size: content.length, compressed_page_size: stored.length };
      writePageHeader(bytes, { ...header, ...sizes });
      uncompressed += bytes.offset - headerStart + content.length;
      bytes.appendBytes(stored);
    };
    if (dictionary) {
      const dictionaryPageHeader = { num_values: dictionary.values, encoding: 'PLAIN' } as const;
      writePage(dictionary.bytes, { type: 'DICTIONARY_PAGE', dictionary_page_header: dictionaryPageHeader });
    }
    const dataStart = bytes.offset;
    writePage(values, {
      type: 'DATA_PAGE_V2',
      data_page_header_v2: {
        num_values: rowCount,
        num_nulls: 0,
        num_rows: rowCount,
        encoding,
        definition_levels_byte_length: 0,
        repetition_levels_byte_length: 0,
        is_compressed: true,
      },
    });
    return {
      file_offset: BigInt(start),
      meta_data: {
        type,
        encodings: dictionary ? ['PLAIN', encoding] : [encoding],
        path_in_schema: [name],
        codec,
        num_values: BigInt(rowCount),
        total_uncompressed_size: BigInt(uncompressed),
        total_compressed_size: BigInt(bytes.offset - start),
        data_page_offset: BigInt(dataStart),
        ...(dictionary && { dictionary_page_offset: BigInt(start) }),
        ...(bounds && { statistics: { ...bounds, null_count: 0n } }),
      },
    };
  }

  return {
    async write({ firstCustomer, customers, n, rows, scores: own }) {
      if (products.length < groupRows + n) {
        products = withRoom(products, groupRows + n);
        scores = withRoom(scores, groupRows + n);
      }
      let written = 0;
      for (let c = 0; c < customers; c++) {
        const first = rowCount;
        for (let i = c * n; i < (c + 1) * n && rows[i] !== noRow; i++, rowCount++) {
          if (places[rows[i]] === 0) places[rows[i]] = listed.push(rows[i]);
          products[rowCount] = places[rows[i]] - 1;
          scores[rowCount] = own[i];
        }
        if (rowCount === first) continue;
        customerIds.add(model.customers[firstCustomer + c]);
        lengths[customerCount++] = rowCount - first;
        ranks = Math.max(ranks, rowCount - first);
        written += rowCount - first;
        if (rowCount >= groupRows) await writeGroup();
      }
      return written;
    },
    async end() {
      await writeGroup();
      writer.finish();
      await flush();
    },
  };
}

function withRoom<T extends Uint32Array | Float32Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}

/** Collects texts as a dictionary has them: the number of bytes, in 32 bits, then the bytes as UTF-8. */
function createTexts() {
  let buffer = Buffer.allocUnsafe(1 << 12);
  let size = 0;
  return {
    add(text: string): void {
      if (size + 4 + 3 * text.length > buffer.length) {
        const larger = Buffer.allocUnsafe(2 * buffer.length + 3 * text.length);
        buffer.copy(larger, 0, 0, size);
        buffer = larger;
      }
      const length = buffer.write(text, size + 4);
      buffer.writeUInt32LE(length, size);
      size += 4 + length;
    },
    /** Valid until the next text. */
    bytes: (): Buffer => buffer.subarray(0, size),
    clear(): void {
      size = 0;
    },
  };
}

/** The least and the greatest of texts in the order of their bytes, which is not that of JavaScript beyond U+FFFF. */
function boundsOf(texts: Buffer): Column['bounds'] {
  let [least, leastEnd] = [4, 4 + texts.readUInt32LE(0)];
  let [greatest, greatestEnd] = [least, leastEnd];
  for (let start = leastEnd + 4, end = 0; start < texts.length; start = end + 4) {
    end = start + texts.readUInt32LE(start - 4);
    if (texts.compare(texts, greatest, greatestEnd, start, end) > 0) [greatest, greatestEnd] = [start, end];
    else if (texts.compare(texts, least, leastEnd, start, end) < 0) [least, leastEnd] = [start, end];
  }
  // Copies: they are written at the end of the file, and the buffer is used again.
  const copied = (start: number, end: number) => Uint8Array.from(texts.subarray(start, end));
  return { min_value: copied(least, leastEnd), max_value: copied(greatest, greatestEnd) };
}

/** How many bits a place in a dictionary takes. */
function widthOf(values: number): number {
  return Math.max(1, 32 - Math.clz32(values - 1));
}

// The hybrid encoding of Parquet: the width in bits, then runs of the same value, or of values one after the other.
// https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE

/** The places 0, 1, 2 ... as often as the lengths say. */
function runs(lengths: Uint32Array, count: number): Uint8Array {
  const width = widthOf(count);
  const out = new Uint8Array(1 + count * (5 + Math.ceil(width / 8)));
  out[0] = width;
  let at = 1;
  for (let place = 0; place < count; place++) {
    at = writeVarint(out, at, lengths[place] * 2);
    for (let bits = 0; bits < width; bits += 8) out[at++] = place >>> bits;
  }
  return out.subarray(0, at);
}

/** Values below `end`, in one run. */
function packed(values: Uint32Array, count: number, end: number): Uint8Array {
  const width = widthOf(end);
  const groups = Math.ceil(count / 8);
  const out = new Uint8Array(1 + 5 + groups * width);
  out[0] = width;
  let at = writeVarint(out, 1, groups * 2 + 1);
  const length = at + groups * width;
  let [bits, held] = [0, 0];
  for (let i = 0; i < count; i++) {
    // The places of a row group take 18 bits or less: with 7 that are held they fit into 32.
    bits |= values[i] << held;
    for (held += width; held >= 8; held -= 8, bits >>>= 8) out[at++] = bits;
  }
  out[at] = bits;
  return out.subarray(0, length);
}

/** 0, 1, 2 ... up to each length. */
function ranksOf(lengths: Uint32Array, count: number, rows: number): Uint32Array {
  const ranks = new Uint32Array(rows);
  for (let list = 0, row = 0; list < count; list++)
    for (let rank = 0; rank < lengths[list]; rank++) ranks[row++] = rank;
  return ranks;
}

function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  for (; rest > 127; rest >>>= 7) out[at++] = rest | 128;
  out[at++] = rest;
  return at;
}
