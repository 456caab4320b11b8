import type { PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { readDataPage } from 'hyparquet/src/datapage.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { compressors } from 'hyparquet-compressors';
import type { Chunk } from '../file.ts';
import type { Leaf } from '../schema.ts';
import {
  type Content,
  createRoom,
  type Dictionary,
  isText,
  type Room,
  readCodes,
  readTexts,
  spread,
} from './contents.ts';
import { areAll, checkValues, readLevels } from './encodings.ts';
import { headerAt } from './header.ts';

/** The values of a page. */
export interface Page {
  /** How many of its slots are decoded, and how many it has. */
  readonly slots: number;
  readonly size: number;
  /** Of the slots that are decoded. */
  readonly content: Content;
  /** By slot, of a column in a list: 0 where a row begins. */
  readonly repetitions?: Uint8Array;
  /** By slot, of a column in a list: the definition level, which says whether there is an item. */
  readonly definitions?: Uint8Array;
}

/** What the pages that are in memory at one time may take. */
export interface Budget {
  /** Values left. */
  values: number;
  /** Unpacked bytes left. */
  bytes: number;
}

/** V8 turns longer arrays into hash tables, and ends the process when one of those becomes too large. */
const maxPageValues = 2 ** 25;
const decoder = new TextDecoder();
const parsers = {
  ...DEFAULT_PARSERS,
  jsonFromBytes: (bytes: Uint8Array | undefined) => jsonOf(bytes && decoder.decode(bytes)),
  geometryFromBytes: (bytes: Uint8Array | undefined) => bytes,
  geographyFromBytes: (bytes: Uint8Array | undefined) => bytes,
};

/** The value of JSON; the text itself of an object or a list, as in any other source, or if it has no value. */
function jsonOf(text: string | undefined): unknown {
  if (text === undefined || /^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Decodes the pages of a column of a row group, one after the other. What a page says about itself is checked before
 * hyparquet, which decodes the values, believes it.
 *
 * @param budget shared with the row group's other columns; a page gives back what it took when the next one is read.
 * @param room memory for the content of a page, which lasts until the next one is read.
 * @returns a function that gives the next page, which has at least one slot, and of those after the first `most` any
 *   number. It throws an Error if there is no page, or a broken one.
 */
export function createPages(
  chunk: Chunk,
  leaf: Leaf,
  budget: Budget,
  room: Room = createRoom(),
): (most?: number) => Page {
  const { codec } = chunk;
  const { element, valueLevel, itemLevel } = leaf;
  const { type } = element;
  const name = leaf.path.join('.');
  if (type === undefined) throw new Error(`the column ${name} has no type`);
  if (valueLevel > 255) throw new Error(`the column ${name} is nested too deeply`);
  // Without the levels, the column is one in which every row has a value.
  const column = { element, type, codec, parsers, schemaPath: [], pathInSchema: [name] };
  let offset = 0;
  /** The dictionary, or one of as many of its first values as are wanted. */
  let dictionary: ((count?: number) => Dictionary) | undefined;
  let left = chunk.slots;
  let taken: Budget = { values: 0, bytes: 0 };

  /** Reads the header of the page at the offset, and leaves the offset after it. */
  function readHeader(): PageHeader {
    if (offset >= chunk.length) throw new Error(`the column ${name} has too few values`);
    const bytes = headerAt(chunk, offset);
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
    const header = parquetHeader(reader);
    offset += bytes.length;
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    if (reader.offset !== bytes.length || !isCount(packed, chunk.length - offset) || !isCount(unpacked, 2 ** 31)) {
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
    const whole = dictionaryOf(unpacked, values);
    dictionary = (count) => (count === undefined || count >= values ? whole : dictionaryOf(unpacked, count));
  }

  function dictionaryOf(bytes: Uint8Array, size: number): Dictionary {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const cells = lazy(() =>
      decoded(() => convert(readPlain({ view, offset: 0 }, type!, size, element.type_length), column)),
    );
    const places = () => new Int32Array(size);
    const texts = lazy(() => decoded(() => readTexts(bytes, size, places(), places())));
    return { size, cells, texts: () => (isText(element) ? texts() : undefined) };
  }

  function readValues(header: PageHeader, data: Uint8Array, most: number): Page | undefined {
    const second = header.type === 'DATA_PAGE_V2' ? header.data_page_header_v2 : undefined;
    const page = header.type === 'DATA_PAGE' ? header.data_page_header : second;
    if (page === undefined) throw new Error(`a page of the column ${name} is of an unknown kind`);
    const slots = page.num_values;
    if (!isCount(slots, left)) throw new Error(`a page of the column ${name} has too many values`);
    left -= slots;
    budget.values += taken.values;
    budget.bytes += taken.bytes;
    taken = { values: slots, bytes: header.uncompressed_page_size };
    take(taken);
    if (slots === 0) return;

    const { content, repetitions, definitions } =
      second === undefined ? splitFirst(header, data, slots) : splitSecond(header, data, slots);
    const present = definitions === undefined ? slots : countOf(definitions, valueLevel, slots);
    const { encoding } = page;
    checkValues(content, encoding, present, budget.bytes);
    // The other encodings cannot be decoded in part.
    const isIndex = encoding?.endsWith('_DICTIONARY');
    const used = encoding === 'PLAIN' || isIndex ? Math.min(slots, most) : slots;
    const wanted = definitions === undefined ? used : countOf(definitions, valueLevel, used);
    const values = decoded((): Content => {
      if (isIndex) return codesOf(content, present, wanted, room('codes', slots));
      if (encoding === 'PLAIN' && isText(element))
        return readTexts(content, wanted, room('starts', used), room('ends', used));
      const { dataPage } = readDataPage(content, { ...page, num_values: wanted } as typeof page & DataHeader, column);
      // A run may go on beyond what is wanted.
      if (used === slots ? dataPage.length !== present : dataPage.length < wanted) {
        throw new Error('it has too few values');
      }
      return { kind: 'values', values: convert(dataPage, column) };
    });
    const isWhole = definitions === undefined || wanted === used;
    return {
      slots: used,
      size: slots,
      content: isWhole ? values : spread(values, definitions.subarray(0, used), valueLevel, wanted),
      repetitions,
      definitions,
    };
  }

  function codesOf(content: Uint8Array, present: number, wanted: number, codes: Int32Array): Content {
    if (dictionary === undefined) throw new Error('it has no dictionary');
    const all = readCodes(content, present, codes, dictionary());
    if (wanted === present) return all;
    // Dictionaries have their values in the order in which they occur: the first ones need only its beginning.
    return { ...all, dictionary: dictionary(1 + highest(codes.subarray(0, wanted))) };
  }

  /** The definition levels of a page; undefined if every slot has a value, which is not in a list. */
  function readDefinitions(bytes: Uint8Array, start: number, end: number, slots: number): Uint8Array | undefined {
    if (itemLevel === 0 && areAll(bytes, start, end, slots, valueLevel)) return undefined;
    return readLevels(bytes, start, end, slots, valueLevel);
  }

  /** The values and levels of a page of the first version, which are packed together. */
  function splitFirst(header: PageHeader, data: Uint8Array, slots: number): Split {
    const unpacked = unpack(data, header.uncompressed_page_size);
    const view = new DataView(unpacked.buffer, unpacked.byteOffset, unpacked.length);
    let at = 0;
    const levelsStart = () => {
      const start = at + 4;
      at = Math.min(start + decoded(() => view.getUint32(at, true)), unpacked.length);
      return start;
    };
    const repetitions = itemLevel > 0 ? readLevels(unpacked, levelsStart(), at, slots, 1) : undefined;
    const definitions = valueLevel > 0 ? readDefinitions(unpacked, levelsStart(), at, slots) : undefined;
    return { content: unpacked.subarray(at), repetitions, definitions };
  }

  /** The values and levels of a page of the second version, in which only the values are packed. */
  function splitSecond(header: PageHeader, data: Uint8Array, slots: number): Split {
    const page = header.data_page_header_v2!;
    const { repetition_levels_byte_length: first, definition_levels_byte_length: second } = page;
    if (!isCount(first, data.length) || !isCount(second, data.length - first)) {
      throw new Error(`a page of the column ${name} has levels that cannot be true`);
    }
    const end = first + second;
    const length = header.uncompressed_page_size - end;
    if (length < 0) throw new Error(`a page of the column ${name} has a size that cannot be true`);
    return {
      content: page.is_compressed === false ? data.subarray(end) : unpack(data.subarray(end), length),
      repetitions: itemLevel > 0 ? readLevels(data, 0, first, slots, 1) : undefined,
      definitions: valueLevel > 0 ? readDefinitions(data, first, end, slots) : undefined,
    };
  }

  return (most = Number.POSITIVE_INFINITY) => {
    for (;;) {
      const header = readHeader();
      const data = chunk.read(offset, offset + header.compressed_page_size);
      offset += data.length;
      const page = header.type === 'DICTIONARY_PAGE' ? readDictionary(header, data) : readValues(header, data, most);
      if (page !== undefined) return page;
    }
  };
}

interface Split {
  content: Uint8Array;
  repetitions: Uint8Array | undefined;
  definitions: Uint8Array | undefined;
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function highest(values: Int32Array): number {
  return values.reduce((most, value) => Math.max(most, value), -1);
}

function countOf(levels: Uint8Array, level: number, slots: number): number {
  let count = 0;
  for (let i = 0; i < slots; i++) if (levels[i] === level) count++;
  return count;
}

type DataHeader = Parameters<typeof readDataPage>[1];

function isCount(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}
