import type { DropReason } from '../account.ts';
import { roles } from '../columns.ts';
import type { Plan } from '../plan.ts';

/** Takes a record of a table, with cells by column; the caller may reuse the array. */
export type RecordTaker = (cells: readonly unknown[], line: number) => void;

/**
 * Applies the steps of a plan to the records of its table.
 *
 * @param take receives a cell for every role in `roles`; the array is reused.
 * @param drop counts a record that a step leaves out.
 */
export function createRecords(
  { columns }: Plan,
  take: (cells: readonly unknown[], line: number) => void,
  _drop: (reason: DropReason, line: number, value: string) => void,
): RecordTaker {
  const cells: unknown[] = roles.map(() => undefined);
  return (all, line) => {
    for (let role = 0; role < columns.length; role++)
      cells[role] = columns[role] === -1 ? undefined : all[columns[role]];
    take(cells, line);
  };
}

/** The columns that a plan reads, ascending. */
export function usedColumns({ columns, steps }: Plan): number[] {
  const used = new Set(columns);
  for (const column of steps?.carried ?? []) used.add(column);
  for (const { column } of steps?.filters ?? []) used.add(column);
  used.delete(-1);
  return [...used].sort((a, b) => a - b);
}
