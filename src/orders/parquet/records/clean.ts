import { hashText } from '../../../hash.ts';
import type { Tally } from '../../cleaning/account.ts';
import { cleanText, dateTime } from '../../cleaning/cells.ts';
import { createCleaner } from '../../cleaning/clean.ts';
import { cleanCustomerId, cleanId } from '../../cleaning/ids.ts';
import { cancelledOrder, emptyLine, noOrder, orderNumber, timeNumber } from '../../cleaning/lines.ts';
import { cleanPrice, cleanQuantity, type DecimalMark } from '../../cleaning/numbers.ts';
import { type Role, roles } from '../../columns/roles.ts';
import { cleanOrderNumber, hashIn, isText, priceIn, quantityIn } from '../../csv/records/cells.ts';
import { decode } from '../../csv/utf8.ts';
import type { Plan } from '../../plan.ts';
import { isoTime } from '../../times/bytes.ts';
import { numberTime, type TimeUnit } from '../../times/calendar.ts';
import { createTimeParser, timeKey } from '../../times/times.ts';
import { type Dictionary, loneCellAt } from '../pages/contents.ts';
import type { Collector, Ids } from './collect.ts';
import { createMeanings, type MeaningOf, type Meanings } from './meanings.ts';
import type { Cells } from './rows.ts';

/** Records that are cleaned at a time: as many as leave what is known of them in the cache. */
export const batchRecords = 1 << 11;

/** Says that a cell means more than a number: that it cannot be read, or may be read in several ways. */
const unusual = Number.POSITIVE_INFINITY;
const noId = -1;

/**
 * Cleans records by column, exactly as `createCleaner` cleans them one by one; a property test compares the two.
 *
 * @param columnOf the cells of a role's column, undefined if it has none.
 */
export function createColumnCleaner(
  plan: Plan,
  collector: Collector,
  tally: Tally,
  columnOf: (role: Role) => Cells | undefined,
) {
  const { conventions, everyRecordIsOne, customersOut = [] } = plan;
  const { customers, products } = collector;
  // These have the first numbers.
  const outCount = Math.max(noId, ...customersOut.map(customers.numberOf)) + 1;
  const times = createTimeParser(conventions);
  const cleaner = createCleaner(plan, tally, collector.addLine, times);
  const columns = roles.map(columnOf);
  const cells: unknown[] = roles.map(() => undefined);

  const filled: { column: Cells; meanings: Meanings }[] = [];
  /** What the cells of a role mean, by slot of the batch. */
  function meaningsOf(role: Role, of: MeaningOf): Float64Array {
    const column = columnOf(role);
    if (column === undefined) return new Float64Array(batchRecords).fill(of.blank);
    const meanings = createMeanings(of, batchRecords);
    filled.push({ column, meanings });
    return meanings.values;
  }
  const customer = meaningsOf('customer', meaningOfIds(customers, cleanCustomerId));
  const product = meaningsOf('product', meaningOfIds(products, cleanId));
  const quantity = everyRecordIsOne
    ? new Float64Array(batchRecords).fill(1)
    : meaningsOf('quantity', meaningOfQuantities(conventions.decimalMark));
  const order = meaningsOf('order', meaningOfOrders);
  const time = meaningsOf('time', meaningOfTimes(conventions.timeUnit));
  const price = meaningsOf('price', meaningOfPrices(conventions.decimalMark));
  const orderColumn = columnOf('order');
  const timeColumn = columnOf('time');
  const names = createTexts(columnOf('name'));
  const categories = createTexts(columnOf('category'));
  const out = emptyLine();

  function cleanOne(slot: number, line: number): void {
    for (let role = 0; role < cells.length; role++) {
      const column = columns[role];
      if (column !== undefined) cells[role] = loneCellAt(column.content, column.at + slot);
    }
    cleaner.record(cells, line);
  }

  /** Whether the date of a slot, which is written in no usual way, can be read; `out` then has its time. */
  function readDate({ content, at }: Cells, slot: number): boolean {
    const read =
      content.kind === 'texts'
        ? times.parseBytes(content.bytes, content.starts[at + slot], content.ends[at + slot])
        : times.parse(loneCellAt(content, at + slot), undefined);
    out.time = read.time;
    out.otherTime = read.otherTime;
    return read.readable;
  }

  /** Whether the order can be read; `out` then has it. */
  function readOrder(known: number, units: number, slot: number): boolean {
    out.order = known;
    out.cancelled = '';
    if (known !== unusual) return true;
    const { content, at } = orderColumn!;
    const id = cleanId(loneCellAt(content, at + slot));
    if (id === undefined) return false;
    out.order = orderNumber(hashText(id));
    if (units > 0) out.cancelled = id;
    return true;
  }

  function cleanBatch(count: number, line: number): void {
    for (let i = 0; i < count; i++) {
      const units = quantity[i];
      const isUsual = customer[i] >= outCount && product[i] !== noId && units !== 0 && !Number.isNaN(units);
      out.time = out.otherTime = time[i];
      if (!isUsual || (out.time === unusual && !readDate(timeColumn!, i)) || !readOrder(order[i], units, i)) {
        cleanOne(i, line + i);
        continue;
      }
      tally.read++;
      if (out.order === noOrder && !Number.isNaN(out.time)) out.order = timeNumber(keyOf(timeColumn!, i));
      out.quantity = Math.abs(units);
      out.returned = units < 0;
      out.price = price[i];
      out.name = names(i, collector.names[product[i]]);
      out.category = categories(i, collector.categories[product[i]]);
      out.line = line + i;
      collector.add(customer[i], product[i], out);
    }
  }

  return {
    /** Cleans the next records of all columns, `batchRecords` at most; the first of them has this line. */
    clean(count: number, line: number): void {
      for (const { column, meanings } of filled) meanings.fill(column.content, column.at, count);
      cleanBatch(count, line);
    },
    /** What the dates so far have shown. */
    dateOrder: times.order,
    /** Replaces it. */
    restart: times.restart,
  };
}

function meaningOfIds(ids: Ids, clean: (cell: unknown) => string | undefined): MeaningOf {
  return {
    blank: noId,
    text: ids.number,
    cell(cell) {
      const id = clean(cell);
      return id === undefined || id === '' ? noId : ids.numberOf(id);
    },
  };
}

function meaningOfQuantities(mark: DecimalMark): MeaningOf {
  return {
    blank: Number.NaN,
    text: (bytes, start, end) => quantityIn(bytes, start, end, mark) ?? Number.NaN,
    cell: (cell) => cleanQuantity(cell, mark) ?? Number.NaN,
  };
}

function meaningOfPrices(mark: DecimalMark): MeaningOf {
  return {
    blank: Number.NaN,
    text: (bytes, start, end) => priceIn(bytes, start, end, mark),
    cell: (cell) => cleanPrice(cell, mark),
  };
}

const meaningOfOrders: MeaningOf = {
  blank: noOrder,
  text(bytes, start, end) {
    const order = bytes[start] === 67 ? noOrder : cleanOrderNumber(bytes, start, end);
    return order === noOrder ? meaningOfOrder(decode(bytes, start, end)) : order;
  },
  cell: meaningOfOrder,
};

function meaningOfOrder(cell: unknown): number {
  const id = cleanId(cell);
  if (id === '') return noOrder;
  return id === undefined || cancelledOrder.test(id) ? unusual : orderNumber(hashText(id));
}

/** Times that are the same whatever other dates show; NaN if there is none. */
function meaningOfTimes(unit: TimeUnit | 'auto'): MeaningOf {
  const known = (time: number) => (Number.isNaN(time) ? unusual : time);
  // The lines of an order follow each other, and have the same time.
  let last = Number.NaN;
  let lastBytes: Uint8Array = new Uint8Array(0);
  let lastStart = 0;
  let lastEnd = 0;
  return {
    blank: Number.NaN,
    text(bytes, start, end) {
      if (bytes !== lastBytes || !isSame(bytes, start, end, lastStart, lastEnd)) {
        last = known(isoTime(bytes, start, end));
        lastBytes = bytes;
        lastStart = start;
        lastEnd = end;
      }
      return last;
    },
    cell(cell) {
      if (typeof cell === 'number' || typeof cell === 'bigint') {
        return Number.isNaN(cell) ? Number.NaN : known(numberTime(Number(cell), unit));
      }
      return typeof cell === 'object' && cell !== null ? known(dateTime(cell) ?? Number.NaN) : unusual;
    },
  };
}

function isSame(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  const length = end - start;
  if (otherEnd - otherStart !== length) return false;
  // Times differ in their last digits.
  for (let i = length - 1; i >= 0; i--) if (bytes[start + i] !== bytes[otherStart + i]) return false;
  return true;
}

/** `timeKey` of the cell of a slot. */
function keyOf({ content, at }: Cells, slot: number): number {
  if (content.kind === 'texts') {
    const start = content.starts[at + slot];
    // Decoding takes off a byte-order mark.
    if (content.bytes[start] < 128) return hashIn(content.bytes, start, content.ends[at + slot]);
  }
  return timeKey(loneCellAt(content, at + slot));
}

/** Gives the text of a slot; `last` is what it often is. */
function createTexts(column: Cells | undefined): (slot: number, last: string | undefined) => string {
  if (column === undefined) return () => '';
  let dictionary: Dictionary | undefined;
  let known: (string | undefined)[] = [];
  return (slot, last) => {
    const { content, at } = column;
    if (content.kind === 'codes') {
      if (content.dictionary !== dictionary) {
        dictionary = content.dictionary;
        known = new Array(dictionary.size + 1);
      }
      const code = content.codes[at + slot];
      let text = known[code];
      if (text === undefined) text = known[code] = cleanText(loneCellAt(content, at + slot));
      return text;
    }
    if (content.kind === 'texts' && last !== undefined) {
      const { bytes, starts, ends } = content;
      if (isText(bytes, starts[at + slot], ends[at + slot], last)) return last;
    }
    return cleanText(loneCellAt(content, at + slot));
  };
}
