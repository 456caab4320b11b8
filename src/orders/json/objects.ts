import { abortedBy, throwIfAborted, unreadable, whenAborted } from '../../errors.ts';
import { createPauses } from '../../turns.ts';
import { show } from '../cleaning/cells.ts';
import type { Block } from '../csv/scan.ts';
import { textOf } from '../csv/text.ts';
import type { Decision } from '../look.ts';
import { usedColumns } from '../records/steps.ts';
import type { TableSink } from '../table.ts';
import { isFlat, isPlainObject, type Nesting, nestingOf, type PlainObject, unwrapped } from './nested.ts';
import { type Family, familyOf } from './parents.ts';
import { readJson } from './read.ts';

/** Objects read before the columns are recognized, since any one of them may lack some fields. */
const headObjects = 1000;
/** Characters of JSON read before the columns are recognized, if they are fewer objects: parsed, they take 60 times that. */
const headText = 4 << 20;
/** Objects between two reports of how far reading has come. */
const turnObjects = 1 << 16;
/** Objects, and characters of JSON, between two looks at the clock, which says when others have their turn. */
const pieceObjects = 1 << 8;
const pieceText = 1 << 16;

/**
 * Reads objects as records; their own keys are the columns. Records count from 1. One that is not an object is malformed. An
 * item that is an array holds several of them, as cursors of databases give rows.
 *
 * @param onTurn called every 65,536 objects.
 * @throws `aborted` as soon as the signal fires, even if the next object never comes; `orders_unreadable` if the first item is
 *   an array of something else than objects.
 */
export async function readObjects(
  objects: Iterable<object> | AsyncIterable<object>,
  sink: TableSink,
  source: string,
  onTurn: () => void,
  signal?: AbortSignal,
): Promise<void> {
  const taker = createTaker(sink, source);
  const pause = createPauses();
  let count = 0;
  const take = (object: object) => {
    taker.take(object, ++count);
    if (count % turnObjects === 0) onTurn();
    return count % pieceObjects === 0 ? pause() : undefined;
  };
  let isFirst = true;
  const takeAll = async (batch: readonly object[]) => {
    if (isFirst) checkBatch(batch, source);
    for (const object of batch) {
      const paused = take(object);
      if (!paused) continue;
      await paused;
      throwIfAborted(signal);
    }
  };
  if (Symbol.iterator in objects) {
    for (const object of objects) {
      const paused = Array.isArray(object) ? takeAll(object) : take(object);
      isFirst = false;
      if (!paused) continue;
      await paused;
      throwIfAborted(signal);
    }
  } else {
    const readAll = async () => {
      for await (const object of objects) {
        if (signal?.aborted) return;
        const paused = Array.isArray(object) ? takeAll(object) : take(object);
        isFirst = false;
        if (paused) await paused;
      }
    };
    await unlessAborted(readAll(), signal);
  }
  taker.end();
}

function checkBatch(batch: readonly unknown[], source: string): void {
  if (batch.length === 0 || (typeof batch[0] === 'object' && batch[0] !== null && !Array.isArray(batch[0]))) return;
  throw unreadable(
    source,
    'are given as rows without the names of their columns; expected objects: leave out rowMode, rowsAsArray, or what else ' +
      'makes arrays of them',
  );
}

/** The result of work, or `aborted` if the signal fires before it is there. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let forget = () => {};
  const aborted = new Promise<never>((_, reject) => {
    forget = whenAborted(signal, () => reject(abortedBy(signal)));
  });
  return Promise.race([work, aborted]).finally(forget);
}

/**
 * Reads JSON in any of its shapes; see `readJson`.
 *
 * @param onTurn called after each piece of it; may throw.
 * @throws `orders_unreadable` if a line of JSON lines does not end.
 */
export async function readJsonRecords(
  blocks: AsyncIterable<Block>,
  sink: TableSink,
  source: string,
  onTurn: () => void,
): Promise<void> {
  const taker = createTaker(sink, source);
  const pause = createPauses();
  const texts = (async function* () {
    for await (const block of blocks) {
      const text = textOf(block);
      for (let at = 0; at < text.length; at += pieceText) {
        yield text.slice(at, at + pieceText);
        onTurn();
        await pause();
      }
    }
  })();
  await readJson(texts, { value: taker.take, malformed: taker.malformed }, source);
  taker.end();
}

/** A value before the columns are known; text that is not JSON if it has no value. */
interface Held {
  line: number;
  value?: unknown;
  malformed?: string;
}

/** Makes records of objects. Holds back the first ones until they have shown the columns. */
function createTaker(sink: TableSink, source: string) {
  let head: Held[] | undefined = [];
  let headLength = 0;
  let family: Family | undefined;
  let give: ReturnType<Nesting['records']> | undefined;

  /** The line of the object whose records are given. */
  let lineTaken = 0;
  const record = (cells: readonly unknown[]) => sink.record(cells, lineTaken);

  function takeObject(value: unknown, line: number): void {
    if (!isPlainObject(value)) {
      sink.malformed(line, show(value));
      return;
    }
    const object = family === undefined ? value : family.take(value, line);
    lineTaken = line;
    if (object !== undefined) give!(object, record);
  }

  function takeHeld({ line, value, malformed }: Held): void {
    if (malformed === undefined) takeObject(value, line);
    else sink.malformed(line, malformed);
  }

  function open(complete: boolean): void {
    const held = head!;
    head = undefined;
    const values = held.flatMap(({ malformed, value }) => (malformed === undefined ? [value] : []));
    family = familyOf(values);
    const looking = family && familyOf(values);
    const objects: PlainObject[] = [];
    for (const value of values) {
      const object = isPlainObject(value) && looking !== undefined ? looking.take(value, 0) : value;
      if (isPlainObject(object)) objects.push(object);
    }
    const nesting = nestingOf(objects);
    const { names, items } = nesting;
    const records: unknown[][] = [];
    const look = nesting.records();
    for (const object of objects)
      if (records.length < headObjects) look(object, (cells) => void records.push([...cells]));
    if (objects.length > 0) {
      const decisions = items === undefined ? undefined : { records: nested(items) };
      const plan = sink.open({ source, names, records, runs: [0], complete, decisions });
      give = nesting.records(usedColumns(plan));
    }
    give ??= look;
    held.forEach(takeHeld);
  }

  function hold(held: Held, length: number): void {
    headLength += length;
    if (head!.push(held) === headObjects || headLength >= headText) open(false);
  }

  return {
    /** Takes a value, and the length of the text that it was parsed from. */
    take(value: unknown, line: number, length = 0): void {
      // Most objects are records, and no lists of them.
      const values = head === undefined && isFlat(value) ? undefined : unwrapped(value);
      if (values === undefined) takeObject(value, line);
      else
        for (const one of values) {
          if (head === undefined) takeObject(one, line);
          else hold({ line, value: one }, length);
        }
    },
    malformed(line: number, text: string): void {
      if (head === undefined) sink.malformed(line, text);
      else hold({ line, malformed: text }, text.length);
    },
    end(): void {
      if (head !== undefined) open(true);
      for (const { object, line } of family?.rest() ?? []) give!(object, (cells) => sink.record(cells, line));
    },
  };
}

function nested(items: string): Decision {
  return { value: 'nested', why: `each element of "${items}" is a record, with the fields of its order` };
}
