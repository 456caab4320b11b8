/** How the source of a dataset was understood, in texts of a bounded size, for whoever reads of it later. */
import { roles } from '../orders/columns/roles.ts';
import type { ColumnChoice, Decision, Note } from '../orders/look.ts';
import type { Dataset } from './dataset.ts';

/** What a source was understood to say. It holds no cells but those that reasons and notes quote. */
export interface Reading {
  /** Names of the files, without their folders; absent if the orders came otherwise. At most 20. */
  readonly files?: readonly string[];
  /** The column of each role, and why it was chosen. */
  readonly columns: Readonly<Record<string, ReadColumn>>;
  /** Columns without a role, at most 100. */
  readonly unusedColumns: readonly string[];
  /** How what the source leaves open was decided, by name; at most 50. */
  readonly decisions: Readonly<Record<string, Decision>>;
  /** What is odd about it, at most 50. */
  readonly notes: readonly Note[];
  /** How many there are besides, of what there are too many. */
  readonly more?: { readonly files?: number; readonly unusedColumns?: number; readonly notes?: number };
}

/** A column without samples of its cells. */
type ReadColumn = Pick<ColumnChoice, 'column' | 'index' | 'why'>;

/** How many of each a reading has at most. */
export const mostRead = { files: 20, columns: 50, unusedColumns: 100, decisions: 50, notes: 50 };
/** Characters of names, of columns and files, and of sentences. */
export const longest = { name: 200, text: 1000 };

type Source = Pick<Dataset, 'files' | 'columns' | 'unusedColumns' | 'decisions' | 'notes'>;

/** Undefined for a dataset that says nothing of a source, such as one that was made by hand. */
export function readingOf(dataset: Source): Reading | undefined {
  const { files, columns, unusedColumns = [], decisions = {}, notes = [] } = dataset;
  if (!columns) return undefined;
  const beyond = (what: 'files' | 'unusedColumns' | 'notes', list: readonly unknown[] = []) =>
    list.length > mostRead[what] ? [[what, list.length - mostRead[what]] as const] : [];
  const more = [...beyond('files', files), ...beyond('unusedColumns', unusedColumns), ...beyond('notes', notes)];
  return {
    ...(files && { files: files.slice(0, mostRead.files).map(nameOf) }),
    columns: Object.fromEntries(
      Object.entries(columns)
        .slice(0, mostRead.columns)
        .map(([role, { column, index, why }]) => [role, { column: nameOf(column), index, why: textOf(why) }]),
    ),
    unusedColumns: unusedColumns.slice(0, mostRead.unusedColumns).map(nameOf),
    decisions: Object.fromEntries(
      Object.entries(decisions)
        .slice(0, mostRead.decisions)
        .map(([name, { value, why }]) => [nameOf(name), { value: textOf(value), why: textOf(why) }]),
    ),
    notes: notes.slice(0, mostRead.notes).map(({ code, text }) => ({ code: nameOf(code), text: textOf(text) })),
    ...(more.length > 0 && { more: Object.fromEntries(more) }),
  };
}

/**
 * Notes that name no customer and no order, by their codes. All others may: what is not known here goes when a customer is
 * erased.
 */
const impersonal: ReadonlySet<string> = new Set([
  ...['no-order-ids', 'every-line-is-an-order', 'no-times', 'most-of-one-day', 'future-dates', 'odd-years'],
  ...['not-products', 'unknown-products', 'product-in-nearly-every-order'],
  ...['duplicate-records', 'totals-record', 'order-far-apart', 'purchases-in-orders'],
  ...['date-order-assumed', 'date-orders-mixed', 'decimal-mark-assumed', 'time-units-mixed', 'days-without-start'],
  ...['different-columns', 'equal-column-names', 'two-columns'],
]);

/** What stands around a cell, or the name of a column, in a reason why a column was chosen. */
const quote = /['"(]/;
const isRole = new Set<string>(roles);

/** What may name a customer. */
interface Named extends Pick<Reading, 'decisions' | 'notes'> {
  readonly columns: Readonly<Record<string, Pick<ColumnChoice, 'why'> | undefined>>;
}

/** The same without what may name a customer: notes that do, and reasons that quote cells, which are empty then. */
export function withoutNames<Of extends Named>(reading: Of): Of {
  const plain = <Reason extends { readonly why: string }>(reason: Reason): Reason =>
    quote.test(reason.why) ? { ...reason, why: '' } : reason;
  return {
    ...reading,
    columns: Object.fromEntries(
      Object.entries(reading.columns).map(([role, choice]) => [role, choice && plain(choice)]),
    ),
    decisions: Object.fromEntries(
      Object.entries(reading.decisions).map(([name, each]) => [name, isRole.has(name) ? plain(each) : each]),
    ),
    notes: reading.notes.filter(({ code }) => impersonal.has(code)),
  };
}

/** The name of a decision, such as `date order`. */
export function decisionWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function nameOf(text: string): string {
  return cut(text, longest.name);
}

function textOf(text: string): string {
  return cut(text, longest.text);
}

/** Whole characters, of which the last is an ellipsis if there are more. */
function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;
}

/** What is wrong with what a dataset says of its source; undefined if it keeps its promises. */
export function readingProblem({ files, columns, unusedColumns, decisions, notes }: Source): string | undefined {
  const isText = (value: unknown) => typeof value === 'string';
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  const has = (value: unknown, ...texts: string[]) =>
    isObject(value) && texts.every((text) => isText((value as Record<string, unknown>)[text]));
  const areTexts = (list: unknown) => list === undefined || (Array.isArray(list) && list.every(isText));
  const areReasons = (all: unknown, ...texts: string[]) =>
    all === undefined || (isObject(all) && Object.values(all as object).every((each) => has(each, ...texts)));
  if (!areTexts(files)) return 'files is not a list of texts';
  if (!areReasons(columns, 'column', 'why') || !Object.values(columns ?? {}).every(({ index }) => index >= 0))
    return 'columns does not have a column, its index, and a reason for each role';
  if (!areTexts(unusedColumns)) return 'unusedColumns is not a list of texts';
  if (!areReasons(decisions, 'value', 'why')) return 'decisions does not have a value and a reason for each';
  if (notes !== undefined && !(Array.isArray(notes) && notes.every((note) => has(note, 'code', 'text'))))
    return 'notes is not a list of a code and a text each';
  return undefined;
}
