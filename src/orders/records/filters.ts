import { EndcapError } from '../../errors.ts';
import { invalidOption } from '../../options.ts';
import { cleanText, isBlank, ownCopy, show } from '../cleaning/cells.ts';
import type { Decision, Look } from '../look.ts';
import type { Filter, StatusKind } from '../plan.ts';
import { plainWords, type Saying, saying } from './words.ts';

/** A condition of `--where`. */
export interface Condition {
  /** The name of a column, or `#` and its number, from 1. */
  readonly column: string;
  readonly passes: 'these' | 'others';
  readonly values: readonly string[];
}

const token = `"(?:[^"]|"")*"|'(?:[^']|'')*'`;
const conditionPattern = new RegExp(String.raw`^\s*(${token}|[^=]*?)\s*(!?=)(.*)$`, 's');
const valuePattern = new RegExp(String.raw`\s*(${token}|[^,]*)\s*(?:,|$)`, 'gs');

/**
 * Parses `Status=completed,processing` or `Refunded Amount!=0`. Names and values with signs of their own can be quoted.
 *
 * @throws `invalid_options`.
 */
export function conditionFromText(text: string): Condition {
  const [, name = '', sign, list = ''] = conditionPattern.exec(text) ?? [];
  const column = unquoted(name);
  if (column === '') {
    throw invalidOption('where', text, "column=value, or column!=value, such as 'Status=completed,processing'");
  }
  const values = [...list.matchAll(valuePattern)].slice(0, -1).map(([, value]) => unquoted(value));
  return { column, passes: sign === '=' ? 'these' : 'others', values: values.length > 0 ? values : [''] };
}

function unquoted(text: string): string {
  const bare = text.trim();
  const mark = bare[0];
  if (bare.length < 2 || (mark !== '"' && mark !== "'") || bare.at(-1) !== mark) return bare;
  return bare.slice(1, -1).replaceAll(mark + mark, mark);
}

/** The filters of the conditions. @throws `columns_unrecognized` if a column does not exist. */
export function filtersOfConditions(look: Look, conditions: readonly Condition[]): Filter[] {
  return conditions.map(({ column: name, passes, values }) => {
    const column = columnNamed(look.names, name);
    if (column === -1) throw unknownColumn(look, name);
    const cells = look.records.map((cells) => cells[column]).filter((cell) => !isBlank(cell));
    const blankIsZero = cells.length > 0 && cells.every((cell) => Number.isFinite(numberOf(textOf(cell))));
    return { column, passes, values, blankIsZero };
  });
}

function columnNamed(names: readonly string[], name: string): number {
  const exact = names.indexOf(name);
  if (exact !== -1) return exact;
  const number = /^#(\d+)$/.exec(name)?.[1];
  if (number !== undefined && Number(number) >= 1 && Number(number) <= names.length) return Number(number) - 1;
  return names.findIndex((candidate) => candidate.toLowerCase() === name.toLowerCase());
}

function unknownColumn({ source, names }: Look, name: string): EndcapError {
  const message = `${source}: there is no column '${name}', which --where or { where } names. The columns are: ${listed(names)}`;
  return new EndcapError('columns_unrecognized', message, { source, columns: names.slice(0, maxListed), column: name });
}

const maxListed = 20;

/** Up to 20 texts in words. */
export function listed(texts: readonly string[]): string {
  const shown = texts.slice(0, maxListed).map((text) => text || '(blank)');
  return shown.join(', ') + (texts.length > maxListed ? ` and ${texts.length - maxListed} more` : '');
}

const statusName =
  /status|statut|zustand|^(order|sale|current)? ?state$|^etat|etat (de|commande)|^estado|^stato\b|ステータス|状態/;
const notStatusName =
  /customer|member|marital|mail|marketing|stock|subscri|account|tax|inventory|visib|publi|kunde|client|loyalty|civil|stad|state tax/;
const eventName =
  /^(user )?(event|action|behaviou?r|interaction|activity|ereignis|aktion|evento|evenement|actie)( type| name|typ)?$/;
const typeName =
  /^(line|row|record|position|entry|sale|transaction|document|invoice)? ?(type|typ|art)$|^(zeilen|positions|beleg|vorgangs)(typ|art)$|^tipo( .*)?$|^type (de )?(ligne|transaction|vente|document)$|取引種別|種別/;
const markName =
  /^(order |is |was )*(cancell?ed|voided|deleted|storniert|annulee?|cancelad[oa]|anulad[oa]|annullat[oa]|geannuleerd|refunded|returned)( (at|on|date|time|am|le|el|il|op))?$|^(cancel|cancell?ation|void|storno|stornierungs) ?(date|time|datum)$|^(date|datum) (cancell?ed|void|d annulation|annulation)$/;
/** These may be numbers of pieces, or dates of a part. */
const refundName = /refund|return/;

/** A column whose cells say which records are no purchases. */
export interface StatusColumn {
  readonly filter: Filter;
  readonly name: string;
  readonly kind: StatusKind;
  readonly leftOut: readonly string[];
  readonly kept: readonly string[];
}

/** Longer names are those of no status. */
const maxName = 200;
/** Codes of a status are fewer. */
const maxUnclear = 20;
/** A status has no more values than this in a look. */
const maxValues = 100;

/**
 * Finds the columns that say which records are no purchases.
 *
 * @param taken columns that have another role.
 * @param forced the column of the status, or -1.
 * @param refunds whether another column has the numbers of pieces that were returned.
 */
export function findStatusColumns(
  look: Look,
  taken: ReadonlySet<number>,
  forced: number,
  refunds: boolean,
): StatusColumn[] {
  return look.names.flatMap((name, column) => {
    const plain = plainWords(name);
    if (taken.has(column)) return [];
    const kinds = kindsNamed(plain);
    if (refunds && kinds[0] === 'mark' && refundName.test(plain)) return [];
    if (column === forced) kinds.push('status', 'event', 'line');
    if (kinds.length === 0) return [];
    const values = new Set<string>();
    for (const cells of look.records) {
      if (!isBlank(cells[column])) values.add(textOf(cells[column]));
      if (values.size > maxValues && !kinds.includes('mark')) return [];
    }
    const kind = kinds.find((candidate) => isOfKind(candidate, plain, values));
    if (kind === undefined) return [];
    const says = (text: string) => saying(kind, text);
    const onlyKnown = (kind === 'event' || kind === 'line') && [...values].some((value) => says(value) === 'purchase');
    const isLeftOut = (value: string) => says(value) === 'other' || (onlyKnown && says(value) === 'unknown');
    return [
      {
        filter: { column, passes: kind, onlyKnown },
        name,
        kind,
        leftOut: [...values].filter(isLeftOut),
        kept: [...values].filter((value) => !isLeftOut(value)),
      },
    ];
  });
}

/** Names of columns that say what an order or a record is, even if their values are codes. */
const ownName =
  /^(order|bestell|auftrags?|payment|zahlungs?|financial|commande|pedido|ordine)?[ _]?(status|statut|stato|estado)$/;

/**
 * Columns that should say which records are no purchases, but whose values, such as codes, do not tell.
 *
 * @param taken columns that have another role, or are understood.
 */
export function findUnclearColumns(look: Look, taken: ReadonlySet<number>): { name: string; values: string[] }[] {
  return look.names.flatMap((name, column) => {
    const plain = plainWords(name);
    if (taken.has(column) || name.length > maxName || !(eventName.test(plain) || ownName.test(plain))) return [];
    const values = new Set<string>();
    for (const cells of look.records) if (!isBlank(cells[column])) values.add(textOf(cells[column]));
    return values.size > 1 && values.size <= maxUnclear ? [{ name, values: [...values].sort() }] : [];
  });
}

function kindsNamed(name: string): StatusKind[] {
  if (name.length > maxName) return [];
  if (markName.test(name)) return ['mark'];
  if (eventName.test(name)) return ['event'];
  if (typeName.test(name)) return ['line', 'event'];
  return statusName.test(name) && !notStatusName.test(name) ? ['status'] : [];
}

function isOfKind(kind: StatusKind, name: string, values: ReadonlySet<string>): boolean {
  const sayings = new Set<Saying>([...values].map((value) => saying(kind, value)));
  const known = sayings.has('other') || sayings.has('purchase');
  switch (kind) {
    case 'status':
      return known;
    case 'event':
      // A column named just "type" is one of events only if it has several kinds of them.
      return eventName.test(name) ? known : sayings.has('purchase') && (sayings.has('other') || sayings.has('return'));
    case 'line':
      return sayings.has('purchase') && (sayings.has('other') || sayings.has('return'));
    case 'mark':
      return !refundName.test(name) || [...values].every((value) => !/\d/.test(value));
  }
}

/** What becomes of a record. */
export type Verdict = 'passes' | 'drops' | 'returns';

/** Returns a function that judges a cell. */
export function createFilter(filter: Filter): (cell: unknown) => Verdict {
  if ('values' in filter) {
    const { values, blankIsZero, passes } = filter;
    const texts = new Set(values.map((value) => value.toLowerCase()));
    const numbers = new Set(values.map(numberOf).filter((value) => !Number.isNaN(value)));
    return remembered((text) => {
      const found = texts.has(text.toLowerCase()) || numbers.has(text === '' && blankIsZero ? 0 : numberOf(text));
      return found === (passes === 'these') ? 'passes' : 'drops';
    });
  }
  const { passes: kind, onlyKnown } = filter;
  return remembered((text) => {
    const said = saying(kind, text);
    if (said === 'return') return 'returns';
    return said === 'other' || (said === 'unknown' && onlyKnown) ? 'drops' : 'passes';
  });
}

/** Columns that filters look at have few values as a rule. */
const maxRemembered = 4096;

function remembered(judge: (text: string) => Verdict): (cell: unknown) => Verdict {
  const verdicts = new Map<unknown, Verdict>();
  return (cell) => {
    let verdict = verdicts.get(cell);
    if (verdict === undefined) {
      verdict = judge(textOf(cell));
      if (verdicts.size === maxRemembered) verdicts.clear();
      verdicts.set(typeof cell === 'string' ? ownCopy(cell) : cell, verdict);
    }
    return verdict;
  };
}

function textOf(cell: unknown): string {
  return typeof cell === 'string' ? cleanText(cell) : isBlank(cell) ? '' : show(cell);
}

/** The value of text that is a number, perhaps with a currency and a decimal comma; NaN for any other. */
function numberOf(text: string): number {
  const bare = text.replace(/^[$€£¥]\s*|\s*[$€£¥]$/g, '').replace(',', '.');
  return bare === '' ? Number.NaN : Number(bare);
}

/** How the columns of status decide, in words. */
export function statusDecision(columns: readonly StatusColumn[]): Decision {
  const parts = columns.map(({ name, kind, leftOut, kept }) => {
    if (kind === 'mark') return `records with a date or a yes in '${name}' are left out`;
    const returns = kept.filter((value) => saying(kind, value) === 'return');
    const counted = kept.filter((value) => !returns.includes(value));
    const taken = returns.length > 0 ? [verdict(returns, 'taken off as returned')] : [];
    return `in '${name}', ${[verdict(leftOut, 'left out'), verdict(counted, 'kept'), ...taken].join('; ')}`;
  });
  const first = columns.find(({ kept }) => kept.length > 0) ?? columns[0];
  const example = `--where "${first.name}=${first.kept[0] ?? ''}"`;
  return {
    value: parts.join('. '),
    why: `what is plainly not a purchase, such as cancelled or viewed, does not count; ${example}, or where, decides otherwise`,
  };
}

function verdict(values: readonly string[], done: string): string {
  if (values.length === 0) return `nothing is ${done} so far`;
  return `${listed(values)} ${values.length === 1 ? 'is' : 'are'} ${done}`;
}
