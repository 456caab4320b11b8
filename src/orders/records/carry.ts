import { isBlank } from '../cells.ts';
import type { Look } from '../look.ts';
import type { Carrying } from '../plan.ts';

/** Where a table has what belongs to an order. */
export interface OrderColumns {
  /** -1 if there is none. */
  readonly order: number;
  readonly product: number;
  /** Customer and time, as far as there are columns. */
  readonly fields: readonly number[];
  /** What filters look at; some of it may belong to the item. */
  readonly others: readonly number[];
}

/** Records of the look, as a part of one, whose order id must be blank before such a record continues the one above. */
const enough = 0.05;

/**
 * Finds the columns that only the first record of an order fills: customer or time are blank in a record although the
 * first one of the same order has them, or any other column is blank in every record but the first.
 *
 * @returns undefined if there are none.
 */
export function findCarrying(look: Look, { order, product, fields, others }: OrderColumns): Carrying | undefined {
  // With neither an order id nor a time, a record without a customer is nobody's.
  if (fields.length < (order === -1 ? 2 : 1)) return undefined;
  const runs = new Set(look.runs);
  const continued = (blankContinues: boolean) => {
    const belongs = createBelongs({ order, product, fields, blankContinues });
    let first: readonly unknown[] = [];
    return look.records.flatMap((cells, index) => {
      if (belongs(cells) && !runs.has(index)) return [{ first, cells }];
      first = cells;
      return [];
    });
  };
  const withoutId = continued(true).filter(({ cells }) => order === -1 || isBlank(cells[order])).length;
  const blankContinues = withoutId > 0 && withoutId >= enough * look.records.length;
  const later = continued(blankContinues);
  const isCarried = (column: number) =>
    later.some(({ first, cells }) => isBlank(cells[column]) && !isBlank(first[column]));
  const isRepeated = (column: number) => later.some(({ cells }) => !isBlank(cells[column]));
  const columns = [...fields.filter(isCarried), ...others.filter((column) => isCarried(column) && !isRepeated(column))];
  if (columns.length === 0) return undefined;
  return { order, product, fields, blankContinues, columns: [...new Set(columns)] };
}

/** Returns a function that fills the blank cells of a record with those of the record above if both are of one order. */
export function createCarrier(carrying: Carrying): (cells: unknown[]) => void {
  const belongs = createBelongs(carrying);
  const columns =
    carrying.blankContinues && carrying.order !== -1 ? [carrying.order, ...carrying.columns] : carrying.columns;
  const above: unknown[] = [];
  return (cells) => {
    const continues = belongs(cells);
    for (let i = 0; i < columns.length; i++) {
      if (continues && isBlank(cells[columns[i]])) cells[columns[i]] = above[i];
      else above[i] = cells[columns[i]];
    }
  };
}

/** Returns a function that says whether a record belongs to the order of the record above. */
function createBelongs({ order, product, fields, blankContinues }: Omit<Carrying, 'columns'>) {
  let above: unknown;
  let started = false;
  return (cells: readonly unknown[]): boolean => {
    const id = order === -1 ? undefined : cells[order];
    if (isBlank(id)) {
      const isLater = blankContinues && !isBlank(cells[product]) && fields.every((column) => isBlank(cells[column]));
      if (!isLater) {
        above = undefined;
        started = true;
      }
      return isLater && started;
    }
    const same = started && (id === above || String(id).trim() === String(above).trim());
    above = id;
    started = true;
    return same;
  };
}
