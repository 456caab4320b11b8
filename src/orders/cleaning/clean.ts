import { hashText } from '../../hash.ts';
import { type Role, roles } from '../columns/roles.ts';
import type { Plan } from '../plan.ts';
import { hasTotals } from '../records/totals.ts';
import { createTimeParser, type DateOrder, type TimeParser } from '../times/times.ts';
import type { DropReason, Tally } from './account.ts';
import { cleanText, show } from './cells.ts';
import { createRecordSet } from './duplicates.ts';
import { cleanCustomerId, cleanId } from './ids.ts';
import { cancelledOrder, emptyLine, noOrder, type OrderLine, orderNumber, timeNumber } from './lines.ts';
import { cleanPrice, cleanQuantity } from './numbers.ts';
import { createSequenceReader, isSequenced } from './sequence.ts';

/** Turns the records of one table into clean order lines. */
export interface Cleaner {
  /** Takes a cell for every role in `roles`, undefined if the role has no column. The caller may reuse the array. */
  record(cells: readonly unknown[], line: number): void;
  /** What the dates so far have shown. */
  dateOrder(): DateOrder | undefined;
}

/** The index of each role in a record's cells. */
const at = Object.fromEntries(roles.map((role, index) => [role, index])) as Record<Role, number>;

/** The roles whose cells an example of each reason shows. */
export const culpritRoles: Partial<Record<DropReason, Role[]>> = {
  'missing customer': ['customer'],
  'unreadable customer': ['customer'],
  'left-out customer': ['customer'],
  'missing product': ['product'],
  'unreadable product': ['product'],
  'missing quantity': ['quantity'],
  'unreadable quantity': ['quantity'],
  'zero quantity': ['quantity'],
  'unreadable date': ['time', 'clock'],
  'unreadable order': ['order'],
  duplicate: ['order'],
  'totals record': ['customer', 'product', 'order', 'time', 'quantity'],
};

function culpritText(reason: DropReason, cells: readonly unknown[]): string {
  const shown = (culpritRoles[reason] ?? []).map((role) => show(cells[at[role]]));
  return shown.join(' ').trim();
}

/**
 * Turns records into clean order lines for `take`, and counts those it drops in the tally. `csv/records/clean.ts` does the
 * same for the bytes of CSV, and `parquet/records/clean.ts` for columns; property tests compare them.
 *
 * @param times reads the dates; what they have shown about day and month is there.
 */
export function createCleaner(
  { columns, conventions, everyRecordIsOne, duplicates, customersOut = [] }: Plan,
  tally: Tally,
  take: (line: OrderLine) => void,
  times: TimeParser = createTimeParser(conventions),
): Cleaner {
  const seen = duplicates === 'drop' ? createRecordSet() : undefined;
  const sequenceOf = isSequenced(columns) ? createSequenceReader() : undefined;
  const isOut = new Set(customersOut);
  const out = emptyLine();

  /** Fills `out`, or gives the reason to drop the record. */
  function clean(cells: readonly unknown[], line: number): DropReason | undefined {
    const customer = cleanCustomerId(cells[at.customer]);
    if (customer === undefined) return 'unreadable customer';
    if (customer === '') return 'missing customer';
    if (isOut.has(customer)) return 'left-out customer';
    const product = cleanId(cells[at.product]);
    if (product === undefined) return 'unreadable product';
    if (product === '') return 'missing product';
    const quantity = everyRecordIsOne ? 1 : cleanQuantity(cells[at.quantity], conventions.decimalMark);
    if (quantity === undefined) return 'missing quantity';
    if (Number.isNaN(quantity)) return 'unreadable quantity';
    if (quantity === 0) return 'zero quantity';
    const { time, otherTime, key, readable } = sequenceOf
      ? sequenceOf(cells[at.sequence])
      : times.parse(cells[at.time], cells[at.clock]);
    if (!readable) return 'unreadable date';
    const order = cleanId(cells[at.order]);
    if (order === undefined) return 'unreadable order';
    const price = cleanPrice(cells[at.price], conventions.decimalMark);
    if (seen?.add([customer, product, quantity, order, key, price].join('\0')) === false) return 'duplicate';
    const cancelled = order.charCodeAt(0) === 67 && cancelledOrder.test(order);
    const left = quantity - unitsReturned(cells[at.refunded], quantity);
    out.customer = customer;
    out.product = product;
    out.quantity = Math.abs(left);
    out.returned = left <= 0;
    out.cancelled = cancelled && left > 0 ? order : '';
    if (order !== '') out.order = orderNumber(hashText(order));
    else out.order = Number.isNaN(time) ? noOrder : timeNumber(key);
    out.time = time;
    out.otherTime = otherTime;
    out.price = price;
    out.name = cleanText(cells[at.name]);
    out.category = cleanText(cells[at.category]);
    out.line = line;
    return undefined;
  }

  /** The units of a purchase that its own record says were returned. */
  function unitsReturned(cell: unknown, quantity: number): number {
    const units = Math.abs(cleanQuantity(cell, conventions.decimalMark) ?? 0);
    return units > 0 && quantity > 0 ? Math.min(units, quantity) : 0;
  }

  return {
    record(cells, line) {
      tally.read++;
      const problem = clean(cells, line);
      if (problem === undefined) return take(out);
      const reason = hasTotals(problem, (role) => cells[at[role]]) ? 'totals record' : problem;
      tally.drop(reason, line, culpritText(reason, cells));
    },
    dateOrder: times.order,
  };
}
