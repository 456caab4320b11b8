/** A thread that reads parts, so that reading can be ended whatever a file makes the parser do. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { FileMetaData } from 'hyparquet';
import { type OpenFile, openDescriptor, readFooter } from '../orders/parquet/file.ts';
import { newBudget } from '../orders/parquet/records/rows.ts';
import { createCellReader, partColumnsOf, RowProblem } from './part-cells.ts';
import {
  blockRows,
  maxWaiting,
  type PartColumn,
  type PartsJob,
  type PartsMessage,
  type PartsRequest,
  steps,
  takenBlocks,
} from './part-messages.ts';

const { parts, counters } = workerData as PartsJob;
const post = (message: PartsMessage, transfer: ArrayBuffer[] = []) => parentPort!.postMessage(message, transfer);
const step = () => void Atomics.add(counters, steps, 1);
let blocks = 0;

function giveBlock(message: Extract<PartsMessage, { kind: 'rows' }>): void {
  const buffers = message.columns.flatMap((cells) => (ArrayBuffer.isView(cells) ? [cells.buffer as ArrayBuffer] : []));
  post(message, buffers);
  blocks++;
  // The other thread may be slower.
  for (let taken = Atomics.load(counters, takenBlocks); blocks - taken > maxWaiting; ) {
    Atomics.wait(counters, takenBlocks, taken);
    taken = Atomics.load(counters, takenBlocks);
  }
  step();
}

/** Reads something of every part; what goes wrong in it is wrong with that part. */
function ofEachPart(read: (file: OpenFile, metadata: FileMetaData, part: number) => void): boolean {
  for (const [part, path] of parts.entries()) {
    let fd: number | undefined;
    try {
      fd = openSync(path, 'r');
      const file = openDescriptor({ fd, size: fstatSync(fd).size });
      read(file, readFooter(file, step), part);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      post({ kind: 'failure', part, problem, ...(error instanceof RowProblem && { row: 1 + error.row }) });
      return false;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }
  return true;
}

/** Looks at all parts before any is read. */
function lookAtAll(): void {
  const rows: number[] = [];
  let first: PartColumn[] | undefined;
  const isWhole = ofEachPart((_file, metadata) => {
    const columns = partColumnsOf(metadata).map(({ name, type, kinds }) => ({ name, type, kinds }));
    first ??= columns;
    const problem = differenceOf(first, columns);
    if (problem !== undefined) throw new Error(`${problem}; write all parts by one job`);
    rows.push(Number(metadata.num_rows));
    const inGroups = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
    if (rows[rows.length - 1] !== inGroups) throw new Error('its footer has two numbers of rows');
  });
  if (isWhole) post({ kind: 'opened', columns: first!, rows });
}

/** How columns differ from those of the first part; undefined if they do not, but for their order. */
function differenceOf(first: readonly PartColumn[], columns: readonly PartColumn[]): string | undefined {
  for (const { name, type } of first) {
    const other = columns.find((column) => column.name === name);
    if (other === undefined) return `it lacks the column ${name}, which ${parts[0]} has`;
    if (other.type !== type) return `its column ${name} is ${other.type}, and ${type} in ${parts[0]}`;
  }
  const further = columns.find(({ name }) => first.every((column) => column.name !== name));
  return further && `it has a column ${further.name}, which ${parts[0]} lacks`;
}

function read(request: PartsRequest): void {
  /** By column of lists, how many numbers each has. */
  const widths = new Map<string, number>();
  const isWhole = ofEachPart((file, metadata, part) => {
    const columns = partColumnsOf(metadata);
    let row = 0;
    for (const group of metadata.row_groups) {
      const budget = newBudget();
      const readers = request.map(({ name, kind }) => {
        const { leaf } = columns.find((column) => column.name === name)!;
        const onWidth = (width: number) => {
          const known = widths.get(name) ?? width;
          widths.set(name, known);
          return known;
        };
        return createCellReader(file, group, { name, kind, leaf: leaf! }, budget, onWidth, step);
      });
      const end = row + Number(group.num_rows);
      const start = row;
      while (row < end) {
        const rows = Math.min(blockRows, end - row);
        const cells = readers.map((reader) => {
          try {
            return reader.take(rows);
          } catch (error) {
            throw error instanceof RowProblem ? new RowProblem(start + error.row, error.message) : error;
          }
        });
        giveBlock({ kind: 'rows', part, row: row + 1, rows, columns: cells });
        row += rows;
      }
    }
  });
  if (isWhole) post({ kind: 'end' });
}

parentPort!.on('message', read);
lookAtAll();
