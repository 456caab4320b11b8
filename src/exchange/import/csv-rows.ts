/** Rows of CSV files with a header, as other systems write tables of ids and factors. */
import { createReadStream } from 'node:fs';
import { throwIfAborted } from '../../errors.ts';
import { whyNot } from '../../files.ts';
import { tableUnreadable } from '../parts.ts';

/** Characters of a row: ids, and as many numbers as any kernel takes. */
const maxRow = 1 << 20;

/** Cells of a line of a file, which count from 1. */
export interface CsvRow {
  readonly row: number;
  readonly cells: readonly string[];
}

/**
 * The rows of a file of UTF-8, the header first. Cells are separated by commas and may be quoted; a quoted cell may hold commas
 * and doubled quotes, and no line break. Blank lines are left out.
 *
 * @throws `table_unreadable`, `aborted`.
 */
export async function* csvRows(path: string, signal?: AbortSignal): AsyncGenerator<CsvRow> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let row = 0;
  const stream = createReadStream(path, { highWaterMark: 1 << 18 });
  try {
    for await (const chunk of stream) {
      throwIfAborted(signal);
      const lines = (rest + textOf(chunk)).split('\n');
      rest = lines.pop()!;
      if (rest.length > maxRow) throw tableUnreadable(path, `has more than ${maxRow} characters`, row + 1);
      for (const line of lines) {
        row++;
        if (line.trim() !== '') yield { row, cells: cellsOf(path, line, row) };
      }
    }
    rest += textOf();
    if (rest.trim() !== '') yield { row: row + 1, cells: cellsOf(path, rest, row + 1) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw tableUnreadable(path, `cannot be read: ${whyNot(error)}`, undefined, error);
  } finally {
    stream.destroy();
  }

  function textOf(chunk?: Uint8Array): string {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (cause) {
      throw tableUnreadable(path, 'is not UTF-8; expected CSV with a header', undefined, cause);
    }
  }
}

function cellsOf(path: string, line: string, row: number): string[] {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (!text.includes('"')) return text.split(',');
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const found = cell.exec(text);
    if (found === null) throw tableUnreadable(path, 'has a quote that does not enclose its cell', row);
    cells.push(found[1]?.replaceAll('""', '"') ?? found[2]);
    if (found[3] === '') return cells;
  }
}
