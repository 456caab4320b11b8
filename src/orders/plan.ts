import type { Conventions } from './conventions/conventions.ts';

/** How the records of one table become order lines: plain data, which can be sent to a thread. */
export interface Plan {
  /** The column of every role in `roles`, or -1. */
  readonly columns: readonly number[];
  readonly everyRecordIsOne: boolean;
  /** The names of the source's columns if a record may repeat them, as in CSV files that were joined end to end. */
  readonly header?: readonly string[];
  readonly conventions: Conventions;
  readonly duplicates: 'keep' | 'drop';
  /** Clean ids of customers whose records are dropped. */
  readonly customersOut?: readonly string[];
  /** What is done with a record before its cells are cleaned; undefined if every record is an order line as it stands. */
  readonly steps?: Steps;
}

/** What is done with a record, in this order. */
export interface Steps {
  readonly unpacking?: Unpacking;
  readonly carrying?: Carrying;
  /** Records that do not pass every one of them are dropped. */
  readonly filters: readonly Filter[];
  readonly doubles?: Doubles;
  /** Whether quantities are yet to be reduced by what the column of `refunded` says; some exports have done so. */
  readonly refunds?: boolean;
}

/** Items that one record of an order holds become records of their own, with the values of `keys` after the other cells. */
export interface Unpacking {
  /** Columns of the source; virtual columns have the numbers from here. */
  readonly width: number;
  /** Names of the virtual columns. */
  readonly names: readonly string[];
  /** The columns that hold the items, for one with a packing; otherwise, the columns of each item, by key: see `numberedItems`. */
  readonly items: { readonly packing: Packing; readonly columns: readonly number[] } | readonly (readonly number[])[];
}

/** How items are written in one cell. */
export type Packing =
  /** `name:Tea|sku:T1|quantity:2;name:...`: every item begins with the first of `keys`. */
  | { readonly kind: 'fields'; readonly keys: readonly string[]; readonly between: string; readonly within: string }
  /** `2x Tea; 1x Cup`, with the number before, after (`Tea x 2`), or in brackets after (`Tea (2)`) the product. */
  | { readonly kind: 'counted'; readonly form: CountedForm; readonly between: string }
  /** A JSON array of objects (also as Python writes it), or of ids. */
  | { readonly kind: 'json'; readonly keys: readonly string[] };

export type CountedForm = 'before' | 'after' | 'brackets' | 'colon';

/** Cells that stand only on the first record of an order. */
export interface Carrying {
  /** The column of the order id, or -1. */
  readonly order: number;
  readonly product: number;
  /** The columns of the customer and the time, as far as there are any. */
  readonly fields: readonly number[];
  /** Whether a record with a product, but neither an order id nor any of `fields`, belongs to the order above it. */
  readonly blankContinues: boolean;
  readonly columns: readonly number[];
}

/** What a record must have in a column to count. */
export type Filter =
  /** One of the values, or none of them: compared without case, and as numbers if both are. */
  | {
      readonly column: number;
      readonly passes: 'these' | 'others';
      readonly values: readonly string[];
      /** Whether a blank cell stands for zero, as in a column of amounts. */
      readonly blankIsZero: boolean;
    }
  /**
   * Nothing that says that it is no purchase, as `status` of an order, as `event`, or as kind of `line`; as `mark`, neither
   * a date nor a yes.
   */
  | {
      readonly column: number;
      readonly passes: StatusKind;
      /** Whether a word that is not known leaves out the record, too. */
      readonly onlyKnown: boolean;
    };

export type StatusKind = 'status' | 'event' | 'line' | 'mark';

/** How the second of two records about the same item is recognized. */
export type Doubles =
  /** A record whose parent is another record. */
  | { readonly kind: 'parent'; readonly item: number; readonly parent: number }
  /** Of a configurable product and the simple one that was chosen, with one order and product, the record that is second. */
  | { readonly kind: 'type'; readonly type: number; readonly order: number; readonly product: number };
