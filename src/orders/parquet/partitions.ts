import { dirname } from 'node:path';
import { decoded } from '../http/address.ts';
import type { Column } from './schema.ts';

/**
 * A folder that Hive or Spark has named after the value of a column, which the files in it then lack. Characters that names of
 * files cannot have are escaped.
 */
const partition = /^([^=._][^=]*)=(.*)$/;
/** Their name for a missing value. */
const missing = '__HIVE_DEFAULT_PARTITION__';

/**
 * The columns that a file has by the names of its folders, such as `day=2025-03-01`.
 *
 * @param names of the columns in the file, which come first.
 */
export function partitionColumns(path: string, names: ReadonlySet<string>): Column[] {
  const columns = new Map<string, Column>();
  for (const folder of dirname(path).split(/[/\\]/)) {
    const [, written, value] = partition.exec(folder) ?? [];
    if (written === undefined) continue;
    const name = decoded(written) ?? written;
    if (!names.has(name)) columns.set(name, { name, constant: value === missing ? null : (decoded(value) ?? value) });
  }
  return [...columns.values()];
}
