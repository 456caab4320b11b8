import { isBlank } from '../cleaning/cells.ts';
import { cleanId } from '../cleaning/ids.ts';
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

/**
 * What shows that blank cells belong to the order above: records without an order id, as a part of all and in number; or,
 * if only one of several columns is blank, its blank cells as a part of all and in number.
 */
const enoughWithoutId = 0.05;
const leastWithoutId = 2;
const enoughBlank = 0.9;
const leastBlank = 5;

/** Names of columns that belong to the item. */
const itemName = /line|item|product|sku/i;

/**
 * Finds the columns that only the first record of an order fills: customer and time are blank in a record although the
 * first one of the same order has them, or one of them nearly always is; or any other column is blank in every record
 * but the first.
 *
 * @returns undefined if there are none.
 */
export function findCarrying(look: Look, { order, product, fields, others }: OrderColumns): Carrying | undefined {
  // With neither an order id nor a time, a record without a customer is nobody's.
  if (fields.length < (order === -1 ? 2 : 1)) return undefined;
  const withoutId = laterRecords(look, { order, product, fields, blankContinues: true }).filter(
    ({ cells }) => order === -1 || isBlank(cells[order]),
  ).length;
  const blankContinues = withoutId >= leastWithoutId && withoutId >= enoughWithoutId * look.records.length;
  const later = laterRecords(look, { order, product, fields, blankContinues });
  const isField = (column: number): boolean => {
    const known = later.filter(({ first }) => !isBlank(first[column]));
    const blank = known.filter(({ cells }) => isBlank(cells[column]));
    const together = blank.some(({ cells }) => fields.every((field) => isBlank(cells[field])));
    return together || (blank.length >= leastBlank && blank.length >= enoughBlank * known.length);
  };
  const carried = fields.filter(isField);
  const areBlank = others.filter((column) => later.every(({ cells }) => isBlank(cells[column])));
  const onFirst = areBlank.filter((column) => later.some(({ first }) => !isBlank(first[column])));
  // A table of this style may also have columns that nothing fills within the look, such as the date of a cancellation.
  const isStyle = carried.length > 0 || onFirst.length > 0;
  const perhaps = areBlank.filter((column) => isStyle && !itemName.test(look.names[column]));
  const columns = [...new Set([...carried, ...onFirst, ...perhaps])];
  return columns.length === 0 ? undefined : { order, product, fields, blankContinues, columns };
}

/** The records of items in the look that are not the first of their order, each with that one. */
function laterRecords({ records, runs }: Look, belonging: Omit<Carrying, 'columns'>) {
  const { product } = belonging;
  const belongs = createBelongs(belonging);
  let first: readonly unknown[] = [];
  return records.flatMap((cells, index) => {
    const later = belongs(cells) && !runs.includes(index);
    if (!later) first = cells;
    // A record without a product may be one of sums.
    return later && !isBlank(cells[product]) ? [{ first, cells }] : [];
  });
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
    const same = started && (id === above || cleanId(id) === cleanId(above));
    above = id;
    started = true;
    return same;
  };
}
