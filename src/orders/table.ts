import { hashText } from '../hash.ts';
import type { DropReason, Tally } from './cleaning/account.ts';
import { type Cleaner, createCleaner } from './cleaning/clean.ts';
import { cleanCustomerId, cleanId } from './cleaning/ids.ts';
import { type OrderLine, orderNumber } from './cleaning/lines.ts';
import { type Role, roles } from './columns/roles.ts';
import { dateOrderAssumed, dateOrderShownLater } from './conventions/date-order.ts';
import type { BlockLines } from './csv/records/block-lines.ts';
import { withoutOrders } from './databases/query.ts';
import type { ColumnChoice, Decision, Look, Note } from './look.ts';
import type { ReadOptions } from './options.ts';
import type { Plan } from './plan.ts';
import { createRecords, type RecordTaker } from './records/steps.ts';
import { createColumnComparison } from './sources/differences.ts';
import type { DateOrder } from './times/times.ts';
import { type Understanding, understand } from './understand.ts';

/** Receives the tables of a source one after the other: each is opened, and then gives records, or blocks of clean lines. */
export interface TableSink {
  /** Whether it takes records, and no blocks. */
  readonly takesRecordsOnly?: boolean;
  /** Takes what is seen of a table before it is read. */
  open(look: Look): Plan;
  /** Takes a record; the caller may reuse the array. */
  record: RecordTaker;
  /** Takes a record that cannot be split into cells. `problem` says what is wrong with it. */
  malformed(line: number, text: string): void;
  /** Takes a record that is left out before its cells are looked at. */
  drop(reason: DropReason, line: number, value: string): void;
  /** Takes the new ids of a block, which are numbered by its cleaner: each table has cleaners from 0 on. */
  learn(cleaner: number, lines: BlockLines): void;
  /** Takes the lines of a block, after `learn`; `firstLine` is its first line in the file, counted from 1. */
  take(cleaner: number, lines: BlockLines, firstLine: number): void;
  /** What the dates of the open table have shown so far. */
  dateOrder(): DateOrder | undefined;
  /** What has been read so far: records, and the time of the last purchase, unless that is in the future. */
  before?(): { readonly records: number; readonly last: number | undefined };
  /** Takes the end of a file, which may have several tables, if another file follows. */
  endFile(): void;
}

/** Receives clean order lines. */
export interface LineSink {
  add(line: OrderLine): void;
  /** Takes the beginning of a table: what cleaners of the one before have numbered is of no use any more. */
  beginTable(): void;
  learn(cleaner: number, lines: BlockLines): void;
  addBlock(cleaner: number, lines: BlockLines, line: number): void;
  endFile(): void;
  /** The time of the last purchase that is not in the future; undefined if none has one. @param swapped day and month. */
  lastTime?(swapped: boolean): number | undefined;
  /** Takes the customer and the order number (see `orderNumber`) of a record that a filter leaves out, if that matters. */
  leave?(customer: string, order: number): void;
}

/** What was understood of the tables that were read. */
interface Reading {
  /** The column of each role. */
  columns: Partial<Record<Role, ColumnChoice>>;
  unusedColumns: readonly string[];
  decisions: Record<string, Decision>;
  notes: Note[];
  /** As dates have shown it, or as it is assumed to be. */
  dateOrder: DateOrder | undefined;
}

export interface Tables extends TableSink {
  reading(): Reading;
}

/** A table is cleaned by fewer cleaners than this. */
const cleanersPerTable = 64;

/** Decides for each table how it is read, cleans its records, and gives its lines to `lines`. */
export function createTables(options: ReadOptions, tally: Tally, lines: LineSink): Tables {
  let tables = 0;
  let first: Understanding | undefined;
  /** Of a table that was not read from its beginning. */
  let since: Decision | undefined;
  const notes = new Map<string, Note>();
  const comparison = createColumnComparison();
  let cleaner: Cleaner | undefined;
  let take: RecordTaker | undefined;
  /** What the dates of the open table, and of the first table that has shown it, say about day and month. */
  let ownOrder: DateOrder | undefined;
  let dateOrder: DateOrder | undefined;

  /** Ends the open table. */
  function close(): void {
    dateOrder ??= ownOrder ?? cleaner?.dateOrder();
    ownOrder = undefined;
    cleaner = undefined;
  }

  function drop(reason: DropReason, line: number, value: string): void {
    tally.read++;
    tally.drop(reason, line, value);
  }

  function leave(customer: unknown, order: unknown): void {
    const [customerId, orderId] = [cleanCustomerId(customer), cleanId(order)];
    if (customerId && orderId) lines.leave!(customerId, orderNumber(hashText(orderId)));
  }

  return {
    open(look) {
      close();
      comparison.add(look);
      since ??= look.decisions?.since;
      const understood = understand(look, look.decisions?.since && first ? likeFiles(first, look, options) : options);
      first ??= understood;
      for (const note of understood.notes) notes.set(`${note.code} ${note.text}`, note);
      tables++;
      lines.beginTable();
      const { plan } = understood;
      if (options.since !== undefined && plan.columns[roles.indexOf('order')] < 0) throw withoutOrders(look.source);
      const opened = createCleaner(plan, tally, lines.add);
      cleaner = opened;
      take = createRecords(plan, opened.record, drop, lines.leave && leave);
      return plan;
    },
    record: (cells, line) => take!(cells, line),
    malformed: (line, text) => drop('malformed row', line, text),
    drop,
    learn: (number, block) => lines.learn(tables * cleanersPerTable + number, block),
    take(number, block, firstLine) {
      tally.read += block.records;
      tally.add(block.dropped, firstLine);
      // A block may have been cleaned before this was known.
      ownOrder ??= block.dateOrder;
      lines.addBlock(tables * cleanersPerTable + number, block, firstLine);
    },
    dateOrder: () => ownOrder ?? cleaner?.dateOrder(),
    before() {
      const order = dateOrder ?? ownOrder ?? cleaner?.dateOrder() ?? first?.plan.conventions.assumedDateOrder;
      return { records: tally.read, last: lines.lastTime?.(order === 'dmy') };
    },
    endFile: lines.endFile,
    reading() {
      close();
      const { columns = {}, unusedColumns = [], plan } = first ?? {};
      const decisions = { ...first?.decisions, ...(since && { since }) };
      const isShownLater = dateOrder !== undefined && plan?.conventions.dateOrder === 'auto';
      return {
        columns,
        unusedColumns,
        decisions: isShownLater ? { ...decisions, dateOrder: dateOrderShownLater(dateOrder!) } : decisions,
        notes: [...comparison.notes(), ...notes.values()].filter(
          ({ code }) => dateOrder === undefined || code !== dateOrderAssumed,
        ),
        dateOrder: dateOrder ?? plan?.conventions.assumedDateOrder,
      };
    },
  };
}

/** A few days need not show what a column holds: where they came before, the columns of the files with the same names are read. */
function likeFiles({ columns }: Understanding, { names }: Look, options: ReadOptions): ReadOptions {
  const known = Object.entries(columns).filter(([, { column }]) => names.includes(column));
  const named = Object.fromEntries(known.map(([role, { column }]) => [role, column]));
  return { ...options, columns: { ...named, ...options.columns } };
}
