/** The little that the store needs of a database, so that SQLite and Postgres share everything above it. */

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** Statements within one transaction. Placeholders are `?`. */
export interface Connection {
  all(sql: string, values?: readonly Value[]): Promise<Row[]> | Row[];
  /** Writes rows, each with a value per column. */
  insert(table: string, columns: readonly string[], rows: readonly (readonly Value[])[]): Promise<void> | void;
  /**
   * The rows whose key columns have one of the given values.
   * @param keys distinct; each has a value per key column.
   * @param newest of each key, the rows that are highest in a column, at most `limit` of them; all if absent.
   */
  find(
    table: string,
    columns: readonly string[],
    keyColumns: readonly string[],
    keys: readonly (readonly string[])[],
    newest?: { readonly by: string; readonly limit: number },
  ): Promise<Row[]> | Row[];
  /** Removes the rows whose key columns have one of the given values. */
  remove(table: string, keyColumns: readonly string[], keys: readonly (readonly string[])[]): Promise<void> | void;
}

export interface Database {
  readonly kind: 'sqlite' | 'postgres';
  /**
   * Runs `work` in a transaction of its own: all that it wrote is on disk when this resolves, or nothing.
   * @param isQuiet whether nobody needs to hear of it; see `watch`.
   */
  transaction<T>(work: (connection: Connection) => Promise<T>, isQuiet?: boolean): Promise<T>;
  /** Reads outside of a transaction that writes. */
  read<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /**
   * Called after rows were removed for good, so that no file keeps their bytes, as far as the database can say.
   * @param text what must be nowhere: the id of a customer.
   */
  forget(text?: string): Promise<void>;
  watch(changed: () => void): () => void;
  close(): Promise<void>;
}
