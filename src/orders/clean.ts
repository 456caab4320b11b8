import { EndcapError } from '../errors.ts';
import type { DropReason, Tally } from './account.ts';
import { type ColumnMap, ROLES, type Role, recognizeColumns } from './columns.ts';
import { CANCELLATION, type LineBlock, noOrder, orderNumber } from './csv/lines.ts';
import { createRowSet } from './duplicates.ts';
import { hashText } from './hash.ts';
import { createTimeParser, type DateOrder } from './times.ts';
import { cleanId, cleanPrice, cleanQuantity, cleanText, ownCopy, show } from './values.ts';

/** Where a reader puts what it reads. */
export interface RowSink {
  /**
   * Takes the names of the source's columns, once, before the first row.
   * @returns for every role of `ROLES` the index of its column, or -1.
   */
  header(names: readonly string[]): readonly number[];
  /** One row: a cell for every role of `ROLES`, undefined where there is no such column. The array may be reused. */
  row(cells: readonly unknown[], line: number): void;
  /** A row that cannot be taken apart. */
  malformed(line: number, text: string): void;
}

/** A clean order line. The object is reused from line to line. */
export interface OrderLine {
  customer: string;
  product: string;
  /** Whole and above zero, of returns too. */
  quantity: number;
  returned: boolean;
  /** `orderNumber` of the order, of the time where there is no order id; `noOrder` where there is neither. */
  order: number;
  /** Milliseconds since 1970 UTC, or NaN. */
  time: number;
  /** The same with day and month the other way round; see `TimeParser`. */
  otherTime: number;
  /** Above zero, or NaN. */
  price: number;
  name: string;
  category: string;
  /** Where it stood in the source. */
  line: number;
}

export interface CleanOptions {
  columns: ColumnMap;
  dateOrder: DateOrder | 'auto';
  duplicates: 'keep' | 'drop';
}

export interface Cleaner extends RowSink {
  /** Takes the account of a block that was cleaned by its reader and that begins at `line`. */
  block(block: LineBlock, line: number): void;
  /** The column that each role is read from. */
  columns(): Record<string, string>;
  /** See `TimeParser`. */
  dateOrder(): DateOrder | undefined;
  /** Rows of a quantity above zero taken for returns because of their order id alone. */
  cancellations(): number;
}

/** Where the cell of a role stands in a row. */
const at = Object.fromEntries(ROLES.map((role, index) => [role, index])) as Record<Role, number>;

/** The cells that an example of each reason shows. */
export const CULPRITS: Partial<Record<DropReason, Role[]>> = {
  'missing customer': ['customer'],
  'missing product': ['product'],
  'missing quantity': ['quantity'],
  'unreadable quantity': ['quantity'],
  'zero quantity': ['quantity'],
  'unreadable date': ['time', 'clock'],
  duplicate: ['order'],
};

function culprits(reason: DropReason, cells: readonly unknown[]): string {
  const shown = (CULPRITS[reason] ?? []).map((role) => show(cells[at[role]]));
  return shown.join(' ').trim();
}

/**
 * Turns rows into clean order lines and gives them to `take`; what it drops goes to the tally. Columns are recognized
 * when the reader hands over its header.
 */
export function createCleaner(
  source: string,
  options: CleanOptions,
  tally: Tally,
  take: (line: OrderLine) => void,
): Cleaner {
  const times = createTimeParser(options.dateOrder);
  const seen = options.duplicates === 'drop' ? createRowSet() : undefined;
  const everyRowIsOne = options.columns.quantity === false;
  let dateOrder: DateOrder | undefined;
  let columns: Partial<Record<Role, string>> = {};
  let cancellations = 0;
  const out: OrderLine = {
    customer: '',
    product: '',
    quantity: 1,
    returned: false,
    order: noOrder,
    time: Number.NaN,
    otherTime: Number.NaN,
    price: Number.NaN,
    name: '',
    category: '',
    line: 0,
  };

  function id(role: Role, cell: unknown, line: number): string {
    const text = cleanId(cell);
    if (text !== undefined) return text;
    throw new EndcapError(
      'orders_unreadable',
      typeof cell === 'number'
        ? `${source}, line ${line}: the ${role} ${cell} is past 2^53, where numbers lose their last digits and ` +
            'different ids become one; write such ids as text'
        : `${source}, line ${line}: the ${role} is ${show(cell)}; expected text or a number`,
      { source, line, role },
    );
  }

  /** Fills `out`, or says why the row is dropped. */
  function clean(cells: readonly unknown[], line: number): DropReason | undefined {
    const customer = id('customer', cells[at.customer], line);
    if (customer === '') return 'missing customer';
    const product = id('product', cells[at.product], line);
    if (product === '') return 'missing product';
    const quantity = everyRowIsOne ? 1 : cleanQuantity(cells[at.quantity]);
    if (quantity === undefined) return 'missing quantity';
    if (Number.isNaN(quantity)) return 'unreadable quantity';
    if (quantity === 0) return 'zero quantity';
    const { time, otherTime, key, readable } = times.parse(cells[at.time], cells[at.clock]);
    if (!readable) return 'unreadable date';
    const order = id('order', cells[at.order], line);
    const price = cleanPrice(cells[at.price]);
    if (seen?.add([customer, product, quantity, order, key, price].join('\0')) === false) return 'duplicate';
    const cancelled = order.charCodeAt(0) === 67 && CANCELLATION.test(order);
    if (cancelled && quantity > 0) cancellations++;
    out.customer = customer;
    out.product = product;
    out.quantity = Math.abs(quantity);
    out.returned = cancelled || quantity < 0;
    out.order = order === '' && Number.isNaN(time) ? noOrder : orderNumber(order === '' ? key : hashText(order));
    out.time = time;
    out.otherTime = otherTime;
    out.price = price;
    out.name = cleanText(cells[at.name]);
    out.category = cleanText(cells[at.category]);
    out.line = line;
    return undefined;
  }

  return {
    row(cells, line) {
      tally.read++;
      const reason = clean(cells, line);
      if (reason === undefined) take(out);
      else tally.drop(reason, line, culprits(reason, cells));
    },
    header(names) {
      const found = recognizeColumns(names, options.columns, source);
      columns = Object.fromEntries(
        ROLES.flatMap((role, i) => (found[i] === -1 ? [] : [[role, ownCopy(names[found[i]!]!)]])),
      );
      return found;
    },
    malformed(line, text) {
      tally.read++;
      tally.drop('malformed row', line, text);
    },
    block(block, line) {
      tally.read += block.rows;
      tally.add(block.dropped, line);
      cancellations += block.cancellations;
      dateOrder = block.dateOrder;
    },
    columns: () => columns as Record<string, string>,
    dateOrder: () => dateOrder ?? times.order(),
    cancellations: () => cancellations,
  };
}
