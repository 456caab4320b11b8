/** What the thread that reads parts and the one that uses them tell each other. */

/** What cells of a column can be read as. */
export interface Cells {
  /** Text, whole numbers as their digits. */
  id: string[];
  number: Float64Array;
  /** NaN if it is missing. */
  numberOrNone: Float64Array;
  /** '' if it is missing. */
  text: string[];
  /** Milliseconds since 1970 UTC, from a time or a date; NaN if it is missing. */
  time: Float64Array;
  /** 1 for true, 0 for false, NaN if it is missing. */
  flag: Float64Array;
  /** Lists of one length of numbers, one after the other. */
  vector: Float32Array;
}

export type CellKind = keyof Cells;

export interface PartsJob {
  /** The files, in the order of their rows. */
  readonly parts: readonly string[];
  /** Shared: `steps` and `takenBlocks` are indices into it. */
  readonly counters: Int32Array;
}

/** Grows as long as reading makes progress. */
export const steps = 0;
/** Blocks that the other thread has taken. */
export const takenBlocks = 1;

/** The columns to read, of all parts. */
export type PartsRequest = readonly { readonly name: string; readonly kind: CellKind }[];

/** A column as the schema has it. */
export interface PartColumn {
  /** Of fields in fields, their names joined by dots. */
  readonly name: string;
  /** In words, such as `INT32` or `list of FLOAT`. */
  readonly type: string;
  /** What its cells can be read as. */
  readonly kinds: readonly CellKind[];
}

export type PartsMessage =
  /** All parts have these columns. `rows` is by part. */
  | { kind: 'opened'; columns: PartColumn[]; rows: number[] }
  /** Rows of a part from `row` on, which counts from 1; `columns` are those of the request. */
  | { kind: 'rows'; part: number; row: number; rows: number; columns: Cells[CellKind][] }
  | { kind: 'end' }
  /** A part cannot be read; `problem` says what is wrong with it or its row. */
  | { kind: 'failure'; part: number; row?: number; problem: string };

/** Rows of a block, at most. */
export const blockRows = 1 << 14;
/** Blocks that may wait for the other thread. */
export const maxWaiting = 2;
/** Numbers of a list: more than any kernel takes, and few enough to hold a block of them. */
export const maxWidth = 1 << 14;
