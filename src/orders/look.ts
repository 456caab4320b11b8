/** A table before it is read: its columns, and some of its records. */
export interface Look {
  /** What is read, for messages. */
  readonly source: string;
  /** The names of the columns, trimmed; '' if a name is blank. Names may be equal. */
  readonly names: readonly string[];
  /**
   * Records from the beginning of the table and, if the file allows it, from other places in it. Cells are by column: text
   * in CSV, any value elsewhere, undefined for a field that the record lacks.
   */
  readonly records: readonly (readonly unknown[])[];
  /** Where runs of successive records begin: indices into `records`, of which the first is 0. */
  readonly runs: readonly number[];
  /** Whether these are all records of the table. */
  readonly complete: boolean;
  /** The character between the cells of CSV. */
  readonly delimiter?: string;
  /** What the reader decided before the look, by name. */
  readonly decisions?: Readonly<Record<string, Decision>>;
}

/** A column that was chosen for a role. */
export interface ColumnChoice {
  /** Its name in the source. */
  readonly column: string;
  /** Its place in the source, from 1. */
  readonly index: number;
  /** Why it was chosen, as a phrase for people. */
  readonly why: string;
  /** Up to three different values, as text. */
  readonly samples: readonly string[];
}

/** How something that the source leaves open was decided. */
export interface Decision {
  readonly value: string;
  /** The reason, as a phrase for people. */
  readonly why: string;
}

/** What the reader of a summary should know. */
export interface Note {
  /** Stable, in kebab-case, such as `guest-customer`. */
  readonly code: string;
  /** A sentence or two for people. */
  readonly text: string;
}
