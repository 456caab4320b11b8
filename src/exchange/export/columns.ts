/** The columns of exported tables, made of a model's arrays: their schema, and their values from one row up to another. */
import type { SchemaElement } from 'hyparquet';
import { bytesOf } from '../../bytes.ts';
import { textAtOf } from '../../dataset/texts/packed.ts';
import { allPresent, boundsOf, createTexts, listsOf, packed, present, runs } from '../parquet/encodings.ts';
import type { Column } from '../parquet/writing.ts';

/** A column of a table whose rows have numbers. */
export interface ColumnOfRows {
  readonly schema: readonly SchemaElement[];
  values(from: number, to: number): Column;
}

const required = { repetition_type: 'REQUIRED' } as const;
const optional = { repetition_type: 'OPTIONAL' } as const;
const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;

/** The schema of ids; see `ids`, `repeatedIds`, and `codedIds`. */
export function idSchema(name: string): readonly SchemaElement[] {
  return [{ name, ...text, ...required }];
}

/** 0, 1, 2 ... */
export function rowNumbers(name: string): ColumnOfRows {
  return {
    schema: countSchema(name),
    values: (from, to) => {
      const rows = Int32Array.from({ length: to - from }, (_, i) => from + i);
      return { path: [name], type: 'INT32', codec: 'SNAPPY', bytes: bytesOf(rows) };
    },
  };
}

/** Ids that are distinct and sorted. */
export function ids(name: string, all: readonly string[]): ColumnOfRows {
  return {
    schema: idSchema(name),
    values: (from, to) => {
      const bytes = textsOf(all, from, to);
      return { path: [name], type: 'BYTE_ARRAY', codec: 'SNAPPY', bytes, bounds: boundsOf(bytes) };
    },
  };
}

/** Ids from a row on, each so often as the lengths say. */
export function repeatedIds(name: string, all: readonly string[], from: number, lengths: Uint32Array): Column {
  const count = lengths.length;
  const bytes = textsOf(all, from, from + count);
  return {
    path: [name],
    type: 'BYTE_ARRAY',
    codec: 'SNAPPY',
    dictionary: { bytes, values: count },
    bytes: runs(lengths, count),
    // They are sorted: these bounds let a reader skip row groups.
    bounds: boundsOf(bytes),
  };
}

/** The ids of rows in any order. */
export function codedIds(name: string, all: readonly string[], rows: Uint32Array): Column {
  /** By row: one past its place in the dictionary. */
  const places = new Uint32Array(all.length);
  const dictionary = createTexts();
  const idAt = textAtOf(all);
  let values = 0;
  const codes = rows.map((row) => {
    if (places[row] === 0) {
      dictionary.add(idAt(row));
      places[row] = ++values;
    }
    return places[row] - 1;
  });
  return {
    path: [name],
    type: 'BYTE_ARRAY',
    codec: 'UNCOMPRESSED',
    dictionary: { bytes: dictionary.bytes(), values },
    bytes: packed(codes, rows.length, values),
  };
}

function textsOf(all: readonly string[], from: number, to: number): Buffer {
  const texts = createTexts();
  const idAt = textAtOf(all);
  for (let row = from; row < to; row++) texts.add(idAt(row));
  return texts.bytes();
}

/** A list of numbers in each row, as Spark writes it but that none is missing. */
export function features(name: string, factors: Float32Array, width: number): ColumnOfRows {
  return {
    schema: [
      { name, ...required, num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'FLOAT', ...required },
    ],
    values: (from, to) => ({
      path: [name, 'list', 'element'],
      type: 'FLOAT',
      codec: 'UNCOMPRESSED',
      bytes: bytesOf(factors.subarray(from * width, to * width)),
      repetitions: listsOf(width, to - from),
      definitions: allPresent((to - from) * width),
      slots: (to - from) * width,
    }),
  };
}

export function floatSchema(name: string): readonly SchemaElement[] {
  return [{ name, type: 'FLOAT', ...required }];
}

export function floats(name: string, all: Float32Array): ColumnOfRows {
  return {
    schema: floatSchema(name),
    values: (from, to) => ({ path: [name], type: 'FLOAT', codec: 'SNAPPY', bytes: bytesOf(all.subarray(from, to)) }),
  };
}

export function countSchema(name: string): readonly SchemaElement[] {
  return [{ name, type: 'INT32', ...required }];
}

/** Whole numbers below 2^31. */
export function counts(name: string, all: Uint32Array): ColumnOfRows {
  return {
    schema: countSchema(name),
    values: (from, to) => ({ path: [name], type: 'INT32', codec: 'SNAPPY', bytes: bytesOf(all.subarray(from, to)) }),
  };
}

/** Whole numbers below 2^53. */
export function longs(name: string, all: ArrayLike<number>): ColumnOfRows {
  return {
    schema: [{ name, type: 'INT64', ...required }],
    values: (from, to) => {
      const values = BigInt64Array.from({ length: to - from }, (_, i) => BigInt(all[from + i]));
      return { path: [name], type: 'INT64', codec: 'SNAPPY', bytes: bytesOf(values) };
    },
  };
}

export function flags(name: string, of: (row: number) => boolean): ColumnOfRows {
  return {
    schema: [{ name, type: 'BOOLEAN', ...required }],
    values: (from, to) => {
      const bytes = new Uint8Array(Math.ceil((to - from) / 8));
      for (let i = 0; i < to - from; i++) if (of(from + i)) bytes[i >> 3] |= 1 << (i & 7);
      return { path: [name], type: 'BOOLEAN', codec: 'UNCOMPRESSED', bytes };
    },
  };
}

/** Texts, of which some may be missing. */
export function texts(name: string, of: (row: number) => string | undefined): ColumnOfRows {
  return {
    schema: [{ name, ...text, ...optional }],
    values: (from, to) => {
      const all = createTexts();
      return sparse(name, 'BYTE_ARRAY', from, to, of, (value) => all.add(value), all.bytes);
    },
  };
}

export function doubles(name: string, of: (row: number) => number | undefined): ColumnOfRows {
  return {
    schema: [{ name, type: 'DOUBLE', ...optional }],
    values: (from, to) => {
      const values = new Float64Array(to - from);
      let at = 0;
      const add = (value: number) => {
        values[at++] = value;
      };
      return sparse(name, 'DOUBLE', from, to, of, add, () => bytesOf(values.subarray(0, at)));
    },
  };
}

export function timeSchema(name: string): readonly SchemaElement[] {
  const logicalType = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } as const;
  return [{ name, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', logical_type: logicalType, ...optional }];
}

/** Milliseconds since 1970 UTC; NaN if there is none. */
export function times(name: string, all: Float64Array): ColumnOfRows {
  const of = (row: number) => (Number.isNaN(all[row]) ? undefined : all[row]);
  return {
    schema: timeSchema(name),
    values: (from, to) => {
      const values = new BigInt64Array(to - from);
      let at = 0;
      const add = (value: number) => {
        values[at++] = BigInt(Math.round(value));
      };
      return sparse(name, 'INT64', from, to, of, add, () => bytesOf(values.subarray(0, at)));
    },
  };
}

/** Values of which some may be missing: `add` takes those that are there, one after the other. */
function sparse<Value>(
  name: string,
  type: Column['type'],
  from: number,
  to: number,
  of: (row: number) => Value | undefined,
  add: (value: Value) => void,
  bytes: () => Uint8Array,
): Column {
  const flags = new Uint8Array(to - from);
  let missing = 0;
  for (let row = from; row < to; row++) {
    const value = of(row);
    if (value === undefined) missing++;
    else {
      flags[row - from] = 1;
      add(value);
    }
  }
  const definitions = missing === 0 ? allPresent(to - from) : present(flags, to - from);
  return { path: [name], type, codec: 'SNAPPY', bytes: bytes(), definitions, missing };
}
