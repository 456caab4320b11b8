import type { CompressionCodec, DecodedArray, PageHeader, SchemaElement } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { convert, convertWithDictionary, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { readDataPage } from 'hyparquet/src/datapage.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { compressors } from 'hyparquet-compressors';
import { checkValues, readLevels } from './encodings.ts';
import { structEnd } from './thrift.ts';

/** What the pages that are in memory at one time may take. */
export interface Budget {
  /** Values left. */
  values: number;
  /** Unpacked bytes left. */
  bytes: number;
}

/** V8 turns longer arrays into hash tables, and ends the process when one of those becomes too large. */
const maxPageValues = 2 ** 25;
/** A page header has some 30 values, with its statistics. */
const maxHeaderValues = 1000;

/**
 * Decodes the pages of a column that is not nested, one after the other. What a page says about itself is checked before
 * hyparquet, which decodes the values, believes it.
 *
 * @param bytes the column's part of a row group.
 * @param rows the rows of the row group.
 * @param budget shared with the row group's other columns; a page gives back what it took when the next one is read.
 * @returns a function that gives the values of the next page, null where a row has none. It throws an Error if there is no
 *   page, or a broken one.
 */
export function createPages(
  bytes: Uint8Array<ArrayBuffer>,
  element: SchemaElement,
  codec: CompressionCodec,
  rows: number,
  budget: Budget,
): () => DecodedArray {
  const { name, type } = element;
  if (type === undefined) throw new Error(`the column ${name} has no type`);
  // Without the levels, the column is one in which every row has a value.
  const column = { element, type, codec, parsers: DEFAULT_PARSERS, schemaPath: [], pathInSchema: [name] };
  const reader = { view: new DataView(bytes.buffer), offset: 0 };
  let dictionary: DecodedArray | undefined;
  let left = rows;
  let taken: Budget = { values: 0, bytes: 0 };

  /** Reads the header of the page at the reader's place, and leaves the reader after it. */
  function readHeader(): PageHeader {
    if (reader.offset >= bytes.length) throw new Error(`the column ${name} has too few values`);
    const end = structEnd(bytes, reader.offset, maxHeaderValues);
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    if (reader.offset !== end || !isCount(packed, bytes.length - end) || !isCount(unpacked, 2 ** 31)) {
      throw new Error(`a page of the column ${name} has a size that cannot be true`);
    }
    return header;
  }

  function take(page: Budget): void {
    budget.values -= page.values;
    budget.bytes -= page.bytes;
    if (budget.values >= 0 && budget.bytes >= 0 && page.values <= maxPageValues) return;
    throw new Error(
      `a page of the column ${name} has ${page.values} values in ${page.bytes} bytes, too many for the memory that Node ` +
        'may use: it needs smaller pages or row groups',
    );
  }

  function decoded<T>(decode: () => T): T {
    try {
      return decode();
    } catch (cause) {
      throw new Error(`a page of the column ${name} cannot be decoded: ${(cause as Error).message}`, { cause });
    }
  }

  function unpack(data: Uint8Array, length: number): Uint8Array {
    // Without values there may be no bytes at all, which is not what any codec writes.
    const decompress = codec === 'UNCOMPRESSED' || length === 0 ? undefined : compressors[codec];
    if (decompress === undefined && codec !== 'UNCOMPRESSED' && length > 0) {
      throw new Error(`the codec ${codec} is not supported`);
    }
    const unpacked = length === 0 ? new Uint8Array(0) : decoded(() => decompress?.(data, length) ?? data);
    if (unpacked.length === length) return unpacked;
    throw new Error(`a page of the column ${name} unpacks to ${unpacked.length} bytes instead of ${length}`);
  }

  function readDictionary(header: PageHeader, data: Uint8Array): undefined {
    const length = header.uncompressed_page_size;
    const values = header.dictionary_page_header?.num_values;
    if (!isCount(values, length))
      throw new Error(`the dictionary of the column ${name} has a size that cannot be true`);
    // It stays until the end of the row group.
    take({ values, bytes: length });
    const unpacked = unpack(data, length);
    const view = new DataView(unpacked.buffer, unpacked.byteOffset, unpacked.length);
    dictionary = decoded(() => convert(readPlain({ view, offset: 0 }, type!, values, element.type_length), column));
  }

  function readValues(header: PageHeader, data: Uint8Array): DecodedArray | undefined {
    const second = header.type === 'DATA_PAGE_V2' ? header.data_page_header_v2 : undefined;
    const page = header.type === 'DATA_PAGE' ? header.data_page_header : second;
    if (page === undefined) throw new Error(`a page of the column ${name} is of an unknown kind`);
    const values = page.num_values;
    if (!isCount(values, left)) throw new Error(`a page of the column ${name} has too many values`);
    left -= values;
    budget.values += taken.values;
    budget.bytes += taken.bytes;
    taken = { values, bytes: header.uncompressed_page_size };
    take(taken);
    if (values === 0) return;

    const { content, levels } =
      second === undefined ? splitFirst(header, data, values) : splitSecond(header, data, values);
    const present = levels === undefined ? values : levels.reduce((sum, level) => sum + level, 0);
    const { encoding } = page;
    checkValues(content, encoding, type === 'BOOLEAN', present, budget.bytes);
    const all = decoded(() => {
      const { dataPage } = readDataPage(content, { ...page, num_values: present } as typeof page & DataHeader, column);
      return convertWithDictionary(dataPage, dictionary, encoding, column);
    });
    if (all.length !== present) throw new Error(`a page of the column ${name} has too few values`);
    if (present === values) return all;
    let next = 0;
    return Array.from(levels!, (level) => (level === 1 ? all[next++] : null));
  }

  /** The values and levels of a page of the first version, which are packed together. */
  function splitFirst(header: PageHeader, data: Uint8Array, values: number) {
    const unpacked = unpack(data, header.uncompressed_page_size);
    if (element.repetition_type === 'REQUIRED') return { content: unpacked, levels: undefined };
    const view = new DataView(unpacked.buffer, unpacked.byteOffset, unpacked.length);
    const end = 4 + view.getUint32(0, true);
    return { content: unpacked.subarray(end), levels: readLevels(unpacked, 4, Math.min(end, unpacked.length), values) };
  }

  /** The values and levels of a page of the second version, in which only the values are packed. */
  function splitSecond(header: PageHeader, data: Uint8Array, values: number) {
    const page = header.data_page_header_v2!;
    const { definition_levels_byte_length: levels, repetition_levels_byte_length: others } = page;
    if (!isCount(levels, data.length) || !isCount(others, data.length - levels)) {
      throw new Error(`a page of the column ${name} has levels that cannot be true`);
    }
    const packed = data.subarray(others + levels);
    const length = header.uncompressed_page_size - others - levels;
    if (length < 0) throw new Error(`a page of the column ${name} has a size that cannot be true`);
    return {
      content: page.is_compressed === false ? packed : unpack(packed, length),
      levels: element.repetition_type === 'REQUIRED' ? undefined : readLevels(data, others, others + levels, values),
    };
  }

  return () => {
    for (;;) {
      const header = readHeader();
      const data = bytes.subarray(reader.offset, reader.offset + header.compressed_page_size);
      reader.offset += data.length;
      const values = header.type === 'DICTIONARY_PAGE' ? readDictionary(header, data) : readValues(header, data);
      if (values !== undefined) return values;
    }
  };
}

type DataHeader = Parameters<typeof readDataPage>[1];

function isCount(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}
