import { dirname } from 'node:path';
import type { Column } from './schema.ts';

/** A folder that Hive or Spark has named after the value of a column, which the files in it then lack. */
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
    const [, name, value] = partition.exec(folder) ?? [];
    if (name === undefined || names.has(decoded(name))) continue;
    columns.set(name, { name: decoded(name), constant: value === missing ? null : decoded(value) });
  }
  return [...columns.values()];
}

/** The text without the escapes for characters that names of files cannot have. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
