/** Tables that are stored as bytes, in any of the formats, packed or not. */
import { throwIfAborted, unreadable } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { readPlaces } from '../csv/places.ts';
import { readCsv } from '../csv/read.ts';
import type { Block } from '../csv/scan.ts';
import { createBlockMemory, decodeText } from '../csv/text.ts';
import type { Threads } from '../csv/threads.ts';
import type { Decision } from '../look.ts';
import type { ReadOptions } from '../options.ts';
import type { TableSink } from '../table.ts';
import { type Chunks, type Gunzip, gunzipped, isGzip, withFirst } from './chunks.ts';
import { isParquet, isZip, textFormat, workbookProblem } from './formats.ts';

/** Something that holds a table, or an archive of some. */
export interface Stored {
  /** For messages; its extension says what is in it. */
  readonly name: string;
  /** Bytes; 0 if that is not known. */
  readonly size: number;
  /** The folder that it is a part of, if one table was written as several files. */
  readonly parts?: string;
  /** Its path, for what opens files by themselves. */
  readonly path?: string;
  /** The bytes from one place to another, or to the end, if it can be read from anywhere, and not just from its beginning. */
  slice?(from: number, to: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Why it can only be read from its beginning, if that is worth saying. */
  readonly whySequential?: string;
  /** All bytes, in chunks of `blockBytes` but for the last one; reports how many have been read. */
  bytes(report: (bytes: number) => void): Chunks;
}

/** What a database is asked for, once all that comes before it has been read. */
export interface Queried {
  readonly name: string;
  readonly size: 0;
  readonly parts?: undefined;
  rows(before: Before): Rows;
}

/** What has been read before a database is asked. */
export interface Before {
  readonly records: number;
  /** The time of the last purchase, milliseconds since 1970 UTC; undefined if none has a time. */
  readonly last: number | undefined;
}

/** Rows of a database: as CSV in UTF-8 with commas and a header, or as objects. */
type Rows = ({ readonly csv: Chunks } | { readonly objects: AsyncIterable<object> }) & {
  /** From when on they were read, with `since`; asked once the first rows are there. */
  since?(): Decision | undefined;
};

/** A zip archive, as it is stored. */
export interface Archive {
  readonly name: string;
  readonly path?: string;
  readonly bytes: Chunks;
}

/** A file in an archive. */
export interface Member {
  /** Its name within the archive. */
  readonly name: string;
  readonly packedBytes: number;
  /** Its bytes; reports how many of its packed bytes have been read. */
  bytes(report: (packedBytes: number) => void): Chunks;
}

/** A Parquet file, which is read from its end: by its path if it has one, or else by slices, which come in a bounded time. */
export type ParquetFile = Pick<Stored, 'name' | 'path' | 'size'> & Required<Pick<Stored, 'slice'>>;

/** What reading takes from where it runs. */
export interface Host {
  readonly gunzip: Gunzip;
  /** Gives the files of orders in an archive to `read`, by name; absent if no archive can be read here. */
  readArchive?(archive: Archive, read: (member: Member) => Promise<void>): Promise<void>;
  /** Reads a Parquet file; reports which share of its records has been read. Absent if none can be read here. */
  readParquet?(
    file: ParquetFile,
    sink: TableSink,
    options: ReadOptions,
    report: (share: number) => void,
  ): Promise<void>;
  /** Threads that read a CSV file of so many bytes; undefined if the calling thread is to. */
  threads?(bytes: number, name: string): Threads | undefined;
  /** The kernel that cleans records of CSV on the calling thread; without it, JavaScript does, which takes longer. */
  kernel?(): OpenKernel;
}

const readFromEnd = 'is Parquet, which is read from its end';

/**
 * Reads the tables of what is stored into `sink`, one after the other.
 *
 * @param report the bytes read so far, of all together.
 */
export async function readAllStored(
  all: readonly (Stored | Queried)[],
  sink: TableSink,
  options: ReadOptions,
  host: Host,
  report: (bytes: number) => void,
): Promise<void> {
  let before = 0;
  for (const [i, stored] of all.entries()) {
    if (i > 0 && (stored.parts === undefined || stored.parts !== all[i - 1].parts)) sink.endFile();
    if ('rows' in stored) await readQueried(stored, sink, options, host, () => report(before));
    else await readStored(stored, sink, options, host, (bytes) => report(before + Math.min(bytes, stored.size)));
    before += stored.size;
  }
}

/** @param onTurn called now and then; may throw. */
async function readQueried(
  { name, rows }: Queried,
  tables: TableSink,
  options: ReadOptions,
  host: Host,
  onTurn: () => void,
): Promise<void> {
  const given = rows(tables.before?.() ?? { records: 0, last: undefined });
  const sink: TableSink = {
    ...tables,
    open(look) {
      const since = given.since?.();
      return tables.open(since ? { ...look, decisions: { ...look.decisions, since } } : look);
    },
  };
  if ('objects' in given) {
    const { readObjects } = await import('../json/objects.ts');
    return await readObjects(given.objects, sink, name, onTurn, options.signal);
  }
  const { csv } = given;
  const chunks = (async function* () {
    for await (const chunk of csv) {
      onTurn();
      yield chunk;
    }
  })();
  try {
    // How it is written is known, whatever the options say of files.
    const written = { delimiter: ',', encoding: 'utf-8', headerLine: 1, header: true } as const;
    const text = { name, size: 0, text: 'csv', elsewhere: [] } as const;
    await readCsvText(chunks, text, sink, { ...options, ...written }, host);
  } finally {
    await chunks.return();
    await csv.return();
  }
}

async function readStored(
  { name, path, size, slice, whySequential = 'expected a file by itself', bytes }: Stored,
  sink: TableSink,
  options: ReadOptions,
  host: Host,
  report: (bytes: number) => void,
  isInArchive = false,
): Promise<void> {
  const plain = bytes(report);
  const unpacked: Chunks[] = [];
  try {
    const { encoding = 'auto' } = options;
    const refuseSequential = () => unreadable(name, `${readFromEnd}; ${whySequential}`);
    if (slice === undefined && isParquet(name, undefined, options.format)) throw refuseSequential();
    let { first, all } = slice ? { first: await slice(0, 4096), all: plain } : await withFirst(plain);
    if (first !== undefined && isZip(first)) {
      if (isInArchive) throw unreadable(name, 'is an archive in an archive; unpack it first');
      return await readMembers({ name, path, bytes: all }, sink, options, host, report);
    }
    const problem = workbookProblem(first);
    if (problem !== undefined) throw unreadable(name, problem);
    if (isParquet(name, first, options.format)) {
      if (isInArchive || (first !== undefined && isGzip(first))) {
        throw unreadable(name, 'is packed Parquet; expected a plain file: unpack it first');
      }
      if (slice === undefined) throw refuseSequential();
      if (!host.readParquet) throw unreadable(name, 'is Parquet, which cannot be read here; save it as CSV');
      if (sink.takesRecordsOnly) throw unreadable(name, 'is Parquet, which is read for orders alone; save it as CSV');
      return await host.readParquet({ name, path, size, slice }, sink, options, (share) =>
        report(Math.round(share * size)),
      );
    }
    const isPacked = first !== undefined && isGzip(first);
    if (isPacked) {
      unpacked.push(gunzipped(all, name, host.gunzip));
      ({ first, all } = await withFirst(unpacked[0]));
    }
    const text = textFormat(name, first, options.format);
    if (text === 'json' || text === 'jsonl') return await readJsonText(all, name, sink, options);
    const elsewhere = !slice || isPacked ? [] : await readPlaces(slice, name, size, encoding);
    await readCsvText(all, { name, size, text, elsewhere }, sink, options, host);
  } finally {
    for (const chunks of [...unpacked, plain]) await chunks.return();
  }
}

async function readMembers(
  archive: Archive,
  sink: TableSink,
  options: ReadOptions,
  host: Host,
  report: (bytes: number) => void,
): Promise<void> {
  const { name } = archive;
  if (!host.readArchive) throw unreadable(name, 'is a zip archive or a workbook; unpack it, or save the sheet as CSV');
  let before = 0;
  await host.readArchive(archive, async (member) => {
    if (before > 0) sink.endFile();
    const stored = { name: `${name}/${member.name}`, size: member.packedBytes, bytes: member.bytes };
    await readStored(stored, sink, options, host, (bytes) => report(before + bytes), true);
    before += Math.max(1, member.packedBytes);
  });
}

async function readJsonText(
  chunks: Chunks,
  name: string,
  sink: TableSink,
  { encoding = 'auto', signal }: ReadOptions,
): Promise<void> {
  // Most sources have none.
  const { readJsonRecords } = await import('../json/objects.ts');
  const blocks = decodeText(chunks, encoding, name, createBlockMemory(), 'values');
  try {
    await readJsonRecords(blocks, sink, name, () => throwIfAborted(signal));
  } finally {
    await blocks.return(undefined);
  }
}

async function readCsvText(
  chunks: Chunks,
  { name, size, text, elsewhere }: { name: string; size: number; text: 'csv' | 'tsv'; elsewhere: readonly Block[] },
  sink: TableSink,
  options: ReadOptions,
  host: Host,
): Promise<void> {
  const { encoding = 'auto', headerLine, header, columns, signal } = options;
  const { delimiter = text === 'tsv' ? '\t' : undefined } = options;
  const memory = createBlockMemory();
  const blocks = decodeText(chunks, encoding, name, memory);
  try {
    await readCsv(blocks, sink, name, {
      ...{ delimiter, headerLine, header, columns, memory, elsewhere },
      // Whether a record is a duplicate depends on all records before it.
      threads: options.duplicates === 'drop' ? undefined : host.threads?.(size, name),
      kernel: host.kernel,
      onTurn: () => throwIfAborted(signal),
    });
  } finally {
    await blocks.return(undefined);
  }
}
