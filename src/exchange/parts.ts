/** Tables that Spark and others write as folders of Parquet files. */
import { on } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { abortedBy, EndcapError, whenAborted } from '../errors.ts';
import { whyNot } from '../files.ts';
import { isAddress, withoutSecrets } from '../orders/databases/address.ts';
import type { Note } from '../orders/look.ts';
import type { OwnFile } from '../own-files.ts';
import { defaultIdleTimeoutMs, startReadingThread, watchProgress, whyThreadFailed } from '../reading-threads.ts';
import {
  type CellKind,
  type Cells,
  type PartColumn,
  type PartsJob,
  type PartsMessage,
  type PartsRequest,
  steps,
  takenBlocks,
} from './part-messages.ts';

const script: OwnFile = ['dist/exchange/worker.js', (_) => new URL('../../dist/exchange/worker.js', import.meta.url)];
const parquetFile = /\.(parquet|pq)$/i;
/** What Spark and systems leave beside the parts: `_SUCCESS`, `_metadata`, `.part-00000.crc`. */
const hidden = /^[._]|\.crc$/;
const partFile = /^part-\d/;

/** A table of one or several files with the same columns. */
export interface PartTable {
  /** The folder or the file, as it was given. */
  readonly source: string;
  readonly columns: readonly PartColumn[];
  readonly rows: number;
  /** What the reader of a summary should know. */
  readonly notes: readonly Note[];
  /**
   * The rows of all parts in the order of their names, a block at a time. One reading at most.
   *
   * @throws `table_unreadable` if a column is missing, of another kind, or has a cell that is none of its kind. `aborted`.
   */
  read<Kinds extends Record<string, CellKind>>(kinds: Kinds): AsyncGenerator<PartRows<Kinds>>;
}

/** Some rows of a part, by column. */
interface PartRows<Kinds extends Record<string, CellKind>> {
  /** The path of the file. */
  readonly part: string;
  /** The number of the first one in the part, from 1. */
  readonly row: number;
  readonly rows: number;
  readonly columns: { readonly [Name in keyof Kinds]: Cells[Kinds[Name]] };
}

export interface PartsOptions {
  readonly signal?: AbortSignal;
  /** Ends the reading of a table that makes no progress for so long; 60,000 by default. */
  readonly idleTimeoutMs?: number;
}

/**
 * Opens a Parquet file, or a folder of them, on a thread that ends with `use`. Hidden files are no parts; that all parts
 * are complete and have the same columns is checked first. What files say about their sizes is checked before it is believed.
 *
 * @throws `table_unreadable`, with the part in `details`, and the row if it is about one; `aborted`; what `use` throws.
 */
export async function withParts<Result>(
  source: string,
  { signal, idleTimeoutMs = defaultIdleTimeoutMs }: PartsOptions,
  use: (table: PartTable) => Promise<Result>,
): Promise<Result> {
  const { parts, notes } = await partsAt(source);
  const counters = new Int32Array(new SharedArrayBuffer(8));
  const progress = () => Atomics.load(counters, steps);
  const stopping = new AbortController();
  const forget = whenAborted(signal, () => stopping.abort(abortedBy(signal)));
  let worker: Worker | undefined;
  try {
    stopping.signal.throwIfAborted();
    const job: PartsJob = { parts, counters };
    worker = startReader(source, job);
    worker.once('error', (error) => stopping.abort(threadFailed(source, error)));
    const messages = on(worker, 'message', { signal: stopping.signal, close: ['exit'] });
    const next = async (): Promise<Exclude<PartsMessage, { kind: 'failure' }>> => {
      const watch = watchProgress(progress, idleTimeoutMs, () => stopping.abort(standsStill(source, idleTimeoutMs)));
      const { value, done } = await messages.next().finally(() => clearInterval(watch));
      if (done) throw threadFailed(source, new Error('it ended before its time'));
      const [said] = value as [PartsMessage];
      if (said.kind !== 'failure') return said;
      const part = parts[said.part];
      const problem = said.row === undefined ? damaged(said.problem, part === source) : said.problem;
      throw tableUnreadable(part, problem, said.row);
    };
    const opened = await next();
    if (opened.kind !== 'opened') throw threadFailed(source, new Error(`it sent ${opened.kind}`));
    const { columns, rows } = opened;
    const ask = (request: PartsRequest) => worker!.postMessage(request);
    const taken = () => {
      Atomics.add(counters, takenBlocks, 1);
      Atomics.notify(counters, takenBlocks);
    };
    return await use({
      source,
      columns,
      rows: rows.reduce((sum, count) => sum + count, 0),
      notes,
      async *read(kinds) {
        ask(requestOf(source, columns, kinds));
        for (;;) {
          const said = await next();
          if (said.kind !== 'rows') return;
          const { part, row, rows } = said;
          const cells = Object.keys(kinds).map((name, i) => [name, said.columns[i]]);
          yield { part: parts[part], row, rows, columns: Object.fromEntries(cells) };
          taken();
        }
      },
    });
  } catch (error) {
    throw stopping.signal.aborted ? stopping.signal.reason : error;
  } finally {
    forget();
    await worker?.terminate();
  }
}

const words: Record<CellKind, string> = {
  id: 'ids: whole numbers or text',
  number: 'numbers',
  numberOrNone: 'numbers',
  text: 'text',
  time: 'times or dates',
  flag: 'true and false',
  vector: 'lists of floating-point numbers',
};

function requestOf(
  source: string,
  columns: readonly PartColumn[],
  kinds: Readonly<Record<string, CellKind>>,
): PartsRequest {
  return Object.entries(kinds).map(([name, kind]) => {
    const column = columns.find((each) => each.name === name);
    const has = columns.map((each) => `${each.name} (${each.type})`).join(', ');
    if (column === undefined) throw tableUnreadable(source, `has no column ${name} of ${words[kind]}; it has ${has}`);
    if (!column.kinds.includes(kind))
      throw tableUnreadable(source, `has a column ${name} of ${column.type}; expected ${words[kind]}`);
    return { name, kind };
  });
}

/** The files of a table, by name. */
async function partsAt(source: string): Promise<{ parts: string[]; notes: Note[] }> {
  let names: string[];
  if (source === '-' || isAddress(source))
    throw tableUnreadable(
      withoutSecrets(source),
      'is no file; expected the path of a Parquet file, or of a folder of them: what is elsewhere has to be written, or ' +
        'copied, to one first',
    );
  try {
    if ((await stat(source)).isFile()) return { parts: [source], notes: [] };
    names = (await readdir(source)).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'does not exist; check the path' : `cannot be read: ${whyNot(error)}`;
    throw tableUnreadable(source, problem, undefined, error);
  }
  const visible = names.filter((name) => !hidden.test(name));
  const parts = visible.filter((name) => parquetFile.test(name));
  if (parts.length === 0) {
    const seen = visible.length === 0 ? 'is an empty folder' : `is a folder without Parquet files: ${visible[0]}`;
    const divided = visible.some((name) => name.includes('=')) ? '; write it without partitionBy' : '';
    throw tableUnreadable(source, `${seen}; expected files such as part-00000.parquet${divided}`);
  }
  // Other systems write parts without it.
  const isUnfinished = parts.some((name) => partFile.test(name)) && !names.includes('_SUCCESS');
  const text =
    `${source} has no _SUCCESS: the job that wrote it may not have come to its end, or still runs, and parts may be ` +
    'missing. Write it again unless you removed that file';
  return {
    parts: parts.map((name) => join(source, name)),
    notes: isUnfinished ? [{ code: 'unfinished-parts', text }] : [],
  };
}

/** A `table_unreadable` error. @param problem what follows the name, such as "does not exist". */
export function tableUnreadable(source: string, problem: string, row?: number, cause?: unknown): EndcapError {
  const place = row === undefined ? source : `${source}, row ${row}:`;
  return new EndcapError(
    'table_unreadable',
    `${place} ${problem}`,
    { source, ...(row !== undefined && { row }) },
    { cause },
  );
}

function standsStill(source: string, timeoutMs: number): EndcapError {
  return tableUnreadable(source, `cannot be read: no progress for ${timeoutMs} ms; write it again`);
}

function damaged(problem: string, isAlone: boolean): string {
  return `is no ${isAlone ? 'complete Parquet file' : 'part of the table'}: ${problem}`;
}

function startReader(source: string, job: PartsJob): Worker {
  try {
    return startReadingThread(script, job);
  } catch (error) {
    throw threadFailed(source, error as Error);
  }
}

function threadFailed(source: string, cause: Error): EndcapError {
  return tableUnreadable(source, whyThreadFailed(cause, 'write it with smaller row groups'), undefined, cause);
}
