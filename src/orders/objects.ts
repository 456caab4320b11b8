import { setImmediate } from 'node:timers/promises';
import { EndcapError } from '../errors.ts';
import { ownCopy, show } from './cells.ts';
import type { Block } from './csv/scan.ts';
import { checkHeldBack, textOf } from './csv/text.ts';
import { usedColumns } from './records/steps.ts';
import type { TableSink } from './table.ts';

/** Objects read before the columns are recognized, since any one of them may lack some fields. */
const headObjects = 1000;
/** Characters of JSON read before the columns are recognized, if they are fewer objects: parsed, they take 60 times that. */
const headText = 4 << 20;
/** A longer line of JSON is not an order line. */
const maxJsonLine = 1 << 20;
/** Objects between two turns of the event loop, which let signals and timers fire. */
const turnObjects = 1 << 16;

/**
 * Reads objects as records; their own keys are the columns. Records count from 1. One that is not an object is malformed.
 *
 * @param onTurn called every 65,536 objects.
 * @throws `aborted` as soon as the signal fires, even if the next object never comes.
 */
export async function readObjects(
  objects: Iterable<object> | AsyncIterable<object>,
  sink: TableSink,
  source: string,
  onTurn: () => void,
  signal?: AbortSignal,
): Promise<void> {
  const taker = createTaker(sink, source);
  let count = 0;
  if (Symbol.iterator in objects) {
    for (const object of objects) {
      taker.take(object, ++count);
      if (count % turnObjects === 0) {
        onTurn();
        await setImmediate();
      }
    }
  } else {
    const readAll = async () => {
      for await (const object of objects) {
        if (signal?.aborted) return;
        taker.take(object, ++count);
        if (count % turnObjects === 0) onTurn();
      }
    };
    await unlessAborted(readAll(), signal);
  }
  taker.end();
}

/** The result of work, or `aborted` if the signal fires before it is there. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new EndcapError('aborted', 'stopped on request', {}, { cause: signal.reason }));
    signal.addEventListener('abort', onAbort);
  });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

/**
 * Reads one JSON object per line. Blank lines are skipped; a line that is not a JSON object, or is longer than 1 MiB, is
 * malformed.
 *
 * @throws `orders_unreadable` if a line does not end.
 */
export async function readJsonLines(blocks: AsyncIterable<Block>, sink: TableSink, source: string): Promise<void> {
  const taker = createTaker(sink, source);
  let rest = '';
  let count = 0;
  const line = (text: string) => {
    count++;
    if (text.trim() !== '') taker.take(parse(text), count, text.length);
  };
  for await (const block of blocks) {
    const lines = (rest + textOf(block)).split('\n');
    rest = lines.pop()!;
    checkHeldBack(rest.length, source, 'line break');
    lines.forEach(line);
  }
  line(rest);
  taker.end();
}

/** The value of a line of JSON, or the beginning of its text if it has none. */
function parse(text: string): unknown {
  if (text.length <= maxJsonLine) {
    try {
      return JSON.parse(text);
    } catch {}
  }
  return ownCopy(text.slice(0, 100));
}

/** Holds back the first objects until their keys have shown the columns. */
function createTaker(sink: TableSink, source: string) {
  let head: { object: unknown; line: number }[] | undefined = [];
  let headLength = 0;
  /** The columns that are read, and their names. */
  let used: number[] = [];
  let names: string[] = [];
  const cells: unknown[] = [];

  function give(object: unknown, line: number): void {
    if (!isPlainObject(object)) {
      sink.malformed(line, typeof object === 'string' ? object : show(object));
      return;
    }
    for (const column of used) cells[column] = object[names[column]!];
    sink.record(cells, line);
  }

  function open(complete: boolean): void {
    const held = head!;
    head = undefined;
    const objects = held.map(({ object }) => object).filter(isPlainObject);
    names = [...new Set(objects.flatMap((object) => Object.keys(object)))];
    const records = objects.map((object) => names.map((name) => object[name]));
    if (names.length > 0) used = usedColumns(sink.open({ source, names, records, runs: [0], complete }));
    for (const { object, line } of held) give(object, line);
  }

  return {
    /** Takes an object, and the length of the text that it was parsed from. */
    take(object: unknown, line: number, length = 0): void {
      if (head === undefined) {
        give(object, line);
        return;
      }
      headLength += length;
      if (head.push({ object, line }) === headObjects || headLength >= headText) open(false);
    },
    end(): void {
      if (head !== undefined) open(true);
    },
  };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
