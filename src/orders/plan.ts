import type { Conventions } from './conventions.ts';

/** How the records of one table become order lines: plain data, which can be sent to a thread. */
export interface Plan {
  /** The column of every role in `roles`, or -1. */
  readonly columns: readonly number[];
  readonly everyRecordIsOne: boolean;
  readonly conventions: Conventions;
  readonly duplicates: 'keep' | 'drop';
  /** What is done with a record before its cells are cleaned; undefined if every record is an order line as it stands. */
  readonly steps?: Steps;
}

/** What is done with a record, in this order. */
export interface Steps {
  /** Columns whose blank cells take the cell of the record above if both belong to the same order. */
  readonly carried: readonly number[];
  /** Records that do not pass every one of them are dropped. */
  readonly filters: readonly Filter[];
}

/** Passes records by a column's cell, compared without case and without blanks around it. */
export interface Filter {
  readonly column: number;
  readonly values: readonly string[];
  /** Whether the record passes if the cell is one of the values, or if it is none of them. */
  readonly passes: 'these' | 'others';
  readonly reason: 'not a purchase' | 'left out';
}
