import { EndcapError } from '../../../src/errors.ts';
import { type ChosenColumns, chooseColumns } from '../../../src/orders/columns/choose.ts';
import type { Look } from '../../../src/orders/look.ts';
import type { ReadOptions } from '../../../src/orders/options.ts';

/** A look at a whole table, written with `|` between its cells. */
export function lookAt(text: string, complete = true): Look {
  const [header, ...lines] = text.trim().split('\n');
  const cells = (line: string) => line.split('|').map((cell) => cell.trim());
  return {
    source: 'orders.csv',
    names: cells(header!),
    records: lines.map(cells),
    runs: [0],
    complete,
    delimiter: '|',
  };
}

/** The name of the column of each role. */
export function rolesIn(text: string, options: ReadOptions = {}): Record<string, string> {
  return namesOf(chooseColumns(lookAt(text), options));
}

export function namesOf({ choices }: ChosenColumns): Record<string, string> {
  return Object.fromEntries(Object.entries(choices).map(([role, { column }]) => [role, column]));
}

/** The error with which something is refused. */
export function refusalOf(run: () => unknown): EndcapError {
  try {
    run();
  } catch (error) {
    if (error instanceof EndcapError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
