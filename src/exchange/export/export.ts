/** A model as tables that Spark, pandas, and DuckDB read, and what its numbers mean as JSON. */
import { join } from 'node:path';
import { EndcapError, throwIfAborted } from '../../errors.ts';
import { makeFolder, removeFile, replaceFile } from '../../files.ts';
import { refuse, valuesProblem, viewModel } from '../../model/check.ts';
import type { Model } from '../../model/model.ts';
import { invalidOption, objectOfOptions, onlyKnown, optionalFunctions, optionalSignal } from '../../options.ts';
import { isAddress } from '../../orders/databases/address.ts';
import type { Append } from '../parquet/writing.ts';
import { descriptionOf } from './description.ts';
import { customersTable, pairsTable, productsTable, type Table } from './tables.ts';

export interface ExportOptions {
  /** Stops the export; what was in the folder stays as it was, and a folder that was made for it goes. */
  signal?: AbortSignal;
  /** Called after each part with the share that is done, 0 to 1. */
  onProgress?: (share: number) => void;
}

/** What was written. */
export interface Exported {
  /** The files, in the order `model.json`, `customers.parquet`, `products.parquet`, `pairs.parquet`. */
  readonly files: readonly ExportedFile[];
  /** The sum of their sizes. */
  readonly bytes: number;
}

interface ExportedFile {
  readonly name: string;
  /** Absent for `model.json`. */
  readonly rows?: number;
  readonly bytes: number;
}

const descriptionName = 'model.json';

/**
 * Writes a model's factors, ids, signals, and pairs into a folder, which is made if it does not exist:
 *
 * - `customers.parquet`: `id` (row number, int), `customer` (string), `features` (list of float), `orders` (int);
 * - `products.parquet`: `id`, `product`, `name`, `category`, `price`, `features`, `listed`, and what sells;
 * - `pairs.parquet`: `customer`, `product`, `quantity`, `orders`, `last_order` (UTC, milliseconds), and `recency`. A pair
 *   that was returned in full has quantity 0. `readPairs` reads this file;
 * - `model.json`: the model's version, options, and weights, and the rows of each table. It is removed before the first
 *   table is replaced, and written after the last one: if it is there, all tables are those of one model.
 *
 * `id` and `features` are what Spark's `ALSModel` calls so. The dot product of two rows of features is the taste of a score.
 * Each file is complete or not there. Memory: some thousand rows at a time.
 *
 * @throws `invalid_options` for what is no model or no folder, `write_failed`, `aborted`.
 * @example
 * await exportModel(model, 'export');
 * const rows = await parquetReadObjects({ file: await asyncBufferFromFile('export/customers.parquet') });
 */
export async function exportModel(model: Model, folder: string, options: ExportOptions = {}): Promise<Exported> {
  objectOfOptions(options);
  const { signal, onProgress } = options;
  onlyKnown(options, ['signal', 'onProgress']);
  optionalSignal(signal);
  optionalFunctions({ onProgress });
  if (typeof folder !== 'string' || folder === '' || folder.includes('\0'))
    throw invalidOption('folder', folder, 'the path of a folder');
  // It would become the name of a folder, with its password.
  if (isAddress(folder))
    throw new EndcapError('invalid_options', 'folder: tables are written into a folder here, and not to an address', {
      option: 'folder',
      expected: 'the path of a folder',
    });
  const view = viewModel(model);
  if (typeof view === 'string') refuse(view);
  const problem = valuesProblem(model, view);
  if (problem !== undefined) refuse(problem);
  const tables: Readonly<Record<string, Table>> = {
    'customers.parquet': customersTable(view),
    'products.parquet': productsTable(view),
    'pairs.parquet': pairsTable(view),
  };
  const rows = Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, table.rows]));
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
  let done = 0;
  const write = (table: Table) => (append: Append) =>
    writeTable(table, view.metadata.version, append, (written) => {
      throwIfAborted(signal);
      done += written;
      onProgress?.(done / total);
    });
  const describe = (append: Append) =>
    append(new TextEncoder().encode(`${JSON.stringify(descriptionOf(view, rows), undefined, 2)}\n`));
  const removeMade = await makeFolder(folder);
  const files = [
    { name: descriptionName, write: describe },
    ...Object.entries(tables).map(([name, table]) => ({ name, write: write(table) })),
  ];
  const sizes = await replaceTogether(folder, files, signal).catch(async (error) => {
    await removeMade();
    throw error;
  });
  return {
    files: files.map(({ name }, i) => ({
      name,
      ...(rows[name] !== undefined && { rows: rows[name] }),
      bytes: sizes[i],
    })),
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
  };
}

interface FileToWrite {
  readonly name: string;
  write(append: Append): Promise<void>;
}

/**
 * Writes files, and gives none its name before all are written: the last one first. The first one, which stands for all, is
 * gone meanwhile. Returns their sizes.
 */
async function replaceTogether(
  folder: string,
  files: readonly FileToWrite[],
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const sizes: number[] = [];
  const paths = files.map(({ name }) => join(folder, name));
  async function replace(index: number): Promise<void> {
    const isLast = index + 1 === files.length;
    const { bytes } = await replaceFile(
      paths[index],
      async (append) => {
        await files[index].write(append);
        await (isLast ? removeFile(paths[0]) : replace(index + 1));
      },
      // Once the last one has its name, the others follow.
      isLast ? { signal } : {},
    );
    sizes[index] = bytes;
  }
  await replace(0);
  return sizes;
}

/** @param onRows called after each row group with its number of rows. */
async function writeTable(
  { schema, groups }: Table,
  version: string,
  append: Append,
  onRows: (rows: number) => void,
): Promise<void> {
  // Few who import the package write tables.
  const { openTable } = await import('../parquet/writing.ts');
  const writer = openTable(schema, append, [{ key: 'endcap.version', value: version }]);
  for (const { rows, columns } of groups()) {
    await writer.write(rows, columns);
    onRows(rows);
  }
  await writer.end();
}
