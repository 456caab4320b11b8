/** The header within a table, as where files were joined end to end. */
import type { Plan } from '../plan.ts';

/** Returns a function that says whether a record is the header again, as where files were joined end to end. */
export function createHeaderCheck({ header, columns }: Plan): ((cells: readonly unknown[]) => boolean) | undefined {
  if (header === undefined) return undefined;
  const checked = headerColumns(header, columns);
  const [first] = checked;
  return (cells) => {
    if (cells[first] !== header[first]) return false;
    return checked.every((column) => cells[column] === header[column]);
  };
}

/**
 * The columns whose cells must be equal to the header's before a record is the header again. The first column counts only
 * if there is no other: its name may follow a byte-order mark.
 */
export function headerColumns(header: readonly string[], columns: readonly number[]): number[] {
  const checked = columns.filter((column) => column !== -1 && column < header.length);
  return checked.length > 1 ? checked.filter((column) => column > 0) : checked;
}
