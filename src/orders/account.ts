import { ownCopy } from './values.ts';

/** Why a row was dropped. */
export type DropReason =
  | 'missing customer'
  | 'missing product'
  | 'missing quantity'
  | 'unreadable quantity'
  | 'zero quantity'
  | 'unreadable date'
  | 'malformed row'
  | 'duplicate'
  /** Nothing that this customer bought is there to take it off from. */
  | 'return without purchase'
  /** All that this customer bought of the product went back; purchases and returns alike. */
  | 'returned in full';

/** A dropped row: its line (from 1, the header included; of objects and Parquet, the row) and what stood there. */
export interface DropExample {
  readonly line: number;
  readonly value: string;
}

/** An account of every row: `read = kept + the sum of dropped`. `kept = purchases + returns`. */
export interface Account {
  readonly read: number;
  readonly kept: number;
  /** Kept rows that add to a pair. */
  readonly purchases: number;
  /** Kept rows that take off from a pair. */
  readonly returns: number;
  /** Rows dropped for each reason that occurred. */
  readonly dropped: Partial<Record<DropReason, number>>;
  /** The first few dropped rows for each reason. */
  readonly examples: Partial<Record<DropReason, readonly DropExample[]>>;
  /** The column of the source that each role was read from. */
  readonly columns: Readonly<Record<string, string>>;
  /** First and last purchase, milliseconds since 1970 UTC, those later returned included; absent without times. */
  readonly firstPurchase?: number;
  readonly lastPurchase?: number;
}

/** Rows dropped for one reason, and the first few of them. */
export interface Drops {
  reason: DropReason;
  rows: number;
  examples: DropExample[];
}

/** Counts rows while they are read. */
export interface Tally {
  /** Rows seen so far, dropped ones included. */
  read: number;
  drop(reason: DropReason, line: number, value: string, rows?: number): void;
  /** What was dropped, by reason; forgets it. */
  takeDrops(): Drops[];
  /** Adds what another tally dropped in rows that come after these; `line` is added to its lines. */
  add(drops: readonly Drops[], line: number): void;
  account(kept: Pick<Account, 'purchases' | 'returns' | 'columns' | 'firstPurchase' | 'lastPurchase'>): Account;
}

const EXAMPLES = 5;
const EXAMPLE_LENGTH = 80;

export function createTally(): Tally {
  const dropped: Account['dropped'] = {};
  const examples: Partial<Record<DropReason, DropExample[]>> = {};

  function listOf(reason: DropReason, rows: number): DropExample[] {
    dropped[reason] = (dropped[reason] ?? 0) + rows;
    examples[reason] ??= [];
    return examples[reason];
  }

  return {
    read: 0,
    drop(reason, line, value, rows = 1) {
      const list = listOf(reason, rows);
      if (list.length < EXAMPLES) {
        const text = value.length > EXAMPLE_LENGTH ? `${value.slice(0, EXAMPLE_LENGTH)}...` : value;
        list.push({ line, value: ownCopy(text) });
      }
    },
    takeDrops() {
      const reasons = Object.keys(dropped) as DropReason[];
      const drops = reasons.map((reason) => ({ reason, rows: dropped[reason]!, examples: examples[reason]! }));
      for (const reason of reasons) {
        delete dropped[reason];
        delete examples[reason];
      }
      return drops;
    },
    add(drops, line) {
      for (const { reason, rows, examples } of drops) {
        const list = listOf(reason, rows);
        for (const example of examples.slice(0, EXAMPLES - list.length)) {
          list.push({ line: example.line + line, value: example.value });
        }
      }
    },
    account({ purchases, returns, ...rest }) {
      return { read: this.read, kept: purchases + returns, purchases, returns, dropped, examples, ...rest };
    },
  };
}

/**
 * An account as lines of plain English for a terminal: one line with the totals, then one for each reason that rows
 * were dropped for, the most frequent first, with the first few places.
 */
export function describeAccount(account: Account): string[] {
  const reasons = Object.entries(account.dropped).sort((a, b) => b[1] - a[1]) as [DropReason, number][];
  const lost = account.read - account.kept;
  const kinds = `${plural(account.purchases, 'purchase')}, ${plural(account.returns, 'return')}`;
  const total = `${plural(account.read, 'row')} read, ${count(account.kept)} kept (${kinds}), ${count(lost)} dropped`;
  const width = count(reasons[0]?.[1] ?? 0).length;
  return [
    reasons.length > 0 ? `${total}:` : total,
    ...reasons.map(([reason, rows]) => {
      const places = (account.examples[reason] ?? []).map(({ line, value }) =>
        /\S/.test(value) ? `${count(line)} (${JSON.stringify(value)})` : count(line),
      );
      const where =
        places.length > 0 ? `: ${places.length > 1 || rows > 1 ? 'lines' : 'line'} ${places.join(', ')}` : '';
      return `  ${count(rows).padStart(width)}  ${reason}${where}${rows > places.length ? ', ...' : ''}`;
    }),
  ];
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
