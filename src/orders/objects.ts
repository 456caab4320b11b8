import { setImmediate } from 'node:timers/promises';
import type { RowSink } from './clean.ts';
import { ROLES } from './columns.ts';
import type { Block } from './csv/scan.ts';
import { textOf } from './csv/text.ts';
import { show } from './values.ts';

/** Objects looked at before the columns are recognized, since any one of them may leave fields out. */
const HEAD = 100;
/** Rows between two turns of the event loop, so that signals and timers are heard. */
const TURN = 1 << 16;

type Row = Record<string, unknown>;

/**
 * Takes objects as rows; their own keys are the columns. The rows count from 1. What is no object is malformed.
 *
 * @param onTurn called every 65,536 rows.
 */
export async function readObjects(
  rows: Iterable<object> | AsyncIterable<object>,
  sink: RowSink,
  onTurn: () => void,
): Promise<void> {
  const taker = createTaker(sink);
  let count = 0;
  if (Symbol.iterator in rows) {
    for (const row of rows) {
      taker.take(row, ++count);
      if (count % TURN === 0) {
        onTurn();
        await setImmediate();
      }
    }
  } else {
    for await (const row of rows) {
      taker.take(row, ++count);
      if (count % TURN === 0) onTurn();
    }
  }
  taker.end();
}

/** Takes one JSON object a line. Blank lines are passed over; a line that is no JSON object is malformed. */
export async function readJsonLines(blocks: AsyncIterable<Block>, sink: RowSink): Promise<void> {
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

/** Holds the first rows back until their keys have shown the columns. */
function createTaker(sink: RowSink) {
  let head: { row: unknown; line: number }[] | undefined = [];
  let keys: (string | undefined)[] = [];
  const cells: unknown[] = ROLES.map(() => undefined);

  function give(row: unknown, line: number): void {
    if (!isRow(row)) {
      sink.malformed(line, typeof row === 'string' ? row : show(row));
      return;
    }
    for (let role = 0; role < keys.length; role++) {
      const key = keys[role];
      if (key !== undefined) cells[role] = row[key];
    }
    sink.row(cells, line);
  }

  function open(): void {
    const held = head!;
    head = undefined;
    const names = [...new Set(held.flatMap(({ row }) => (isRow(row) ? Object.keys(row) : [])))];
    if (names.length > 0) keys = sink.header(names).map((column) => names[column]);
    for (const { row, line } of held) give(row, line);
  }

  return {
    take(row: unknown, line: number): void {
      if (head === undefined) give(row, line);
      else if (head.push({ row, line }) === HEAD) open();
    },
    end(): void {
      if (head !== undefined) open();
    },
  };
}

function isRow(row: unknown): row is Row {
  return typeof row === 'object' && row !== null && !Array.isArray(row);
}
