/** Cells of columns of a Parquet file, one row group after the other. */
import type { FileMetaData, RowGroup, SchemaElement } from 'hyparquet';
import { chunkOf, type OpenFile, recordsIn } from '../orders/parquet/file.ts';
import { cellAt, isText } from '../orders/parquet/pages/contents.ts';
import { type Budget, createPages } from '../orders/parquet/pages/pages.ts';
import { createReader, type Reader } from '../orders/parquet/records/merge.ts';
import { type Column, type Leaf, listColumnsOf } from '../orders/parquet/schema.ts';
import { type CellKind, type Cells, maxWidth, type PartColumn } from './part-messages.ts';

/** What is wrong with a row, which counts from 0 here. */
export class RowProblem extends Error {
  readonly row: number;

  constructor(row: number, message: string) {
    super(message);
    this.row = row;
  }
}

/** @throws Error if the schema is broken. */
export function partColumnsOf(metadata: FileMetaData): (PartColumn & { readonly leaf?: Leaf })[] {
  return listColumnsOf(metadata).map(({ name, leaf }: Column) => {
    if (leaf === undefined) return { name, type: 'nested fields', kinds: [] };
    const { type, converted_type: converted, logical_type: logical } = leaf.element;
    const words = [type, converted ?? logical?.type].filter((word) => word !== undefined).join(' ');
    return { name, type: leaf.itemLevel > 0 ? `list of ${words}` : words, kinds: kindsOf(leaf), leaf };
  });
}

const wholeTypes = new Set<unknown>(['INT32', 'INT64']);
const floatTypes = new Set<unknown>(['FLOAT', 'DOUBLE']);

function kindsOf({ element, itemLevel }: Leaf): CellKind[] {
  const isFloat = floatTypes.has(element.type);
  if (itemLevel > 0) return isFloat ? ['vector'] : [];
  if (isText(element)) return ['id', 'text'];
  if (isTime(element)) return ['time'];
  if (element.type === 'BOOLEAN') return ['flag'];
  return isFloat || (wholeTypes.has(element.type) && isPlainNumber(element)) ? ['id', 'number', 'numberOrNone'] : [];
}

function isTime({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return type === 'INT96' || /^(TIMESTAMP|DATE)/.test(`${converted ?? logical?.type}`);
}

/** Whether a whole number is neither a date nor a time, nor a part of anything else. */
function isPlainNumber({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return (
    (converted === undefined || /^U?INT_/.test(converted)) && (logical === undefined || logical.type === 'INTEGER')
  );
}

/** Cells of a column of a row group, from the first row on. */
export interface CellReader {
  /** Of the next rows, so many. @throws Error, or RowProblem with the row in the row group. */
  take(rows: number): Cells[CellKind];
}

/** @param onWidth says how many numbers a list must have, given how many it has. */
export function createCellReader(
  file: OpenFile,
  group: RowGroup,
  { name, kind, leaf }: { readonly name: string; readonly kind: CellKind; readonly leaf: Leaf },
  budget: Budget,
  onWidth: (width: number) => number,
  onStep: () => void,
): CellReader {
  const next = createPages(chunkOf(file, group, leaf, onStep), leaf, budget);
  const reader = createReader(name, leaf.itemLevel, 0, () => {
    onStep();
    return next();
  });
  let row = 0;
  if (kind !== 'vector') {
    return {
      take(rows) {
        const cells = kind === 'id' || kind === 'text' ? new Array<string>(rows) : new Float64Array(rows);
        for (let i = 0; i < rows; reader.at++, i++, row++) {
          reader.available();
          const cell = cellAt(reader.content, reader.at);
          const value = valueOfKind[kind](cell);
          if (value === undefined)
            throw new RowProblem(row, `the column ${name} has ${shown(cell)}; ${expected[kind]}`);
          cells[i] = value;
        }
        return cells;
      },
    };
  }
  let left = recordsIn(group, [leaf]);
  return {
    take(rows) {
      let vectors: Float32Array | undefined;
      for (let i = 0; i < rows; i++, row++) {
        const values = nextVector(reader, left, row, name);
        left -= Math.max(1, values.length);
        if (values.length === 0) throw new RowProblem(row, `the column ${name} has an empty list, or none`);
        const width = onWidth(values.length);
        if (values.length !== width)
          throw new RowProblem(
            row,
            `the column ${name} has ${values.length} numbers; expected ${width}, as in other rows`,
          );
        vectors ??= new Float32Array(rows * width);
        vectors.set(values, i * width);
      }
      if (row === Number(group.num_rows) && left > 0) throw new Error(`the column ${name} has too many rows`);
      return vectors ?? new Float32Array(0);
    },
  };
}

const expected = {
  id: 'expected an id: text or a whole number',
  number: 'expected a finite number',
  numberOrNone: 'expected a finite number, or nothing',
  text: 'expected text, or nothing',
  time: 'expected a time, or nothing',
  flag: 'expected true, false, or nothing',
};

/** The numbers of the list of the next row. */
function nextVector(reader: Reader, left: number, row: number, name: string): number[] {
  const values: number[] = [];
  for (let slots = 0; slots < left; slots++, reader.at++) {
    reader.available();
    const begins = reader.repetitions[reader.at] === 0;
    if (slots === 0 && !begins) throw new Error(`the column ${name} begins in the middle of a row`);
    if (slots > 0 && begins) return values;
    if (reader.definitions[reader.at] < reader.itemLevel) {
      // An empty list, or none, takes a slot of its own.
      continue;
    }
    const cell = cellAt(reader.content, reader.at);
    const value = Math.fround(cell as number);
    if (typeof cell !== 'number' || !Number.isFinite(value))
      throw new RowProblem(row, `the column ${name} has ${shown(cell)} in its list; expected finite 32-bit numbers`);
    values.push(value);
    if (values.length > maxWidth) throw new RowProblem(row, `the column ${name} has more than ${maxWidth} numbers`);
  }
  if (left === 0) throw new Error(`the column ${name} has too few rows`);
  return values;
}

/** What a cell is as one of its kind; undefined if it is none. */
const valueOfKind = {
  id: idOf,
  number: numberOf,
  numberOrNone: (cell: unknown) => (cell === null || cell === undefined ? Number.NaN : numberOf(cell)),
  text: (cell: unknown) => (cell === null || cell === undefined ? '' : typeof cell === 'string' ? cell : undefined),
  time: timeOf,
  flag: (cell: unknown) =>
    cell === null || cell === undefined ? Number.NaN : typeof cell === 'boolean' ? Number(cell) : undefined,
};

/** @returns NaN if there is none. */
function timeOf(cell: unknown): number | undefined {
  if (cell === null || cell === undefined) return Number.NaN;
  const time = cell instanceof Date ? cell.getTime() : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function idOf(cell: unknown): string | undefined {
  if (typeof cell === 'string' && cell !== '') return cell;
  if (typeof cell === 'bigint') return cell.toString();
  return Number.isSafeInteger(cell) ? String(cell) : undefined;
}

function numberOf(cell: unknown): number | undefined {
  const value = typeof cell === 'bigint' ? Number(cell) : cell;
  return Number.isFinite(value) ? (value as number) : undefined;
}

function shown(cell: unknown): string {
  if (cell === null || cell === undefined) return 'nothing';
  if (cell === '') return 'an empty text';
  return typeof cell === 'object' ? 'something else' : String(cell).slice(0, 50);
}
