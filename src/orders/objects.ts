import { setImmediate } from 'node:timers/promises';
import { show } from './cells.ts';
import type { RecordSink } from './clean.ts';
import { roles } from './columns.ts';
import type { Block } from './csv/scan.ts';
import { textOf } from './csv/text.ts';

/** Objects read before the columns are recognized, since any one of them may lack some fields. */
const headObjects = 100;
/** Objects between two turns of the event loop, which let signals and timers fire. */
const turnObjects = 1 << 16;

/**
 * Reads objects as records; their own keys are the columns. Records count from 1. One that is not an object is malformed.
 *
 * @param onTurn called every 65,536 objects.
 */
export async function readObjects(
  objects: Iterable<object> | AsyncIterable<object>,
  sink: RecordSink,
  onTurn: () => void,
): Promise<void> {
  const taker = createTaker(sink);
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
    for await (const object of objects) {
      taker.take(object, ++count);
      if (count % turnObjects === 0) onTurn();
    }
  }
  taker.end();
}

/** Reads one JSON object per line. Blank lines are skipped; a line that is not a JSON object is malformed. */
export async function readJsonLines(blocks: AsyncIterable<Block>, sink: RecordSink): Promise<void> {
  const taker = createTaker(sink);
  let rest = '';
  let count = 0;
  const line = (text: string) => {
    count++;
    if (text.trim() !== '') taker.take(parse(text), count);
  };
  for await (const block of blocks) {
    const lines = (rest + textOf(block)).split('\n');
    rest = lines.pop()!;
    lines.forEach(line);
  }
  line(rest);
  taker.end();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Holds back the first objects until their keys have shown the columns. */
function createTaker(sink: RecordSink) {
  let head: { object: unknown; line: number }[] | undefined = [];
  let keys: (string | undefined)[] = [];
  const cells: unknown[] = roles.map(() => undefined);

  function give(object: unknown, line: number): void {
    if (!isPlainObject(object)) {
      sink.malformed(line, typeof object === 'string' ? object : show(object));
      return;
    }
    for (let role = 0; role < keys.length; role++) {
      const key = keys[role];
      if (key !== undefined) cells[role] = object[key];
    }
    sink.record(cells, line);
  }

  function open(): void {
    const held = head!;
    head = undefined;
    const names = [...new Set(held.flatMap(({ object }) => (isPlainObject(object) ? Object.keys(object) : [])))];
    if (names.length > 0) keys = sink.header(names).map((column) => names[column]);
    for (const { object, line } of held) give(object, line);
  }

  return {
    take(object: unknown, line: number): void {
      if (head === undefined) give(object, line);
      else if (head.push({ object, line }) === headObjects) open();
    },
    end(): void {
      if (head !== undefined) open();
    },
  };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
