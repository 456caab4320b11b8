import { number, plural } from '../../wording.ts';
import { ownCopy } from './cells.ts';

/** Why a record was dropped. */
export type DropReason =
  | 'missing customer'
  /**
   * An object, a list, a boolean, text with half a character, or a number above 2^53, where numbers lose their last digits
   * and different ids become one; write such ids as text.
   */
  | 'unreadable customer'
  | 'missing product'
  /** As for customers. */
  | 'unreadable product'
  | 'missing quantity'
  | 'unreadable quantity'
  | 'zero quantity'
  | 'unreadable date'
  /** As for customers. */
  | 'unreadable order'
  | 'malformed row'
  /** The names of the columns again, as in files that were joined end to end. */
  | 'repeated header'
  /** Sums of the table's columns. */
  | 'totals record'
  /** The state of its order, or what it is about, says so: cancelled, refunded, failed, viewed, put in a cart. */
  | 'not a purchase'
  /** It does not meet a condition of `where`. */
  | 'left out'
  /** A second record about the same item: of what was chosen of a configurable product, or of a part of a bundle. */
  | 'double line'
  | 'duplicate'
  /** An earlier file has as many records that equal it. */
  | 'in an earlier file'
  /** A joined file has no record with its id. */
  | 'without a partner'
  /** Its customer is one of `customersOut`, or was erased. */
  | 'left-out customer'
  /** A purchase of a store whose order the source has as well, or as one that does not count, such as a cancelled one. */
  | 'in the orders'
  /**
   * A purchase of a store from before the last order of a source that has other ids for orders: it is taken for one of
   * them.
   */
  | 'before the last order'
  /** The customer never bought the product. */
  | 'return without purchase'
  /** The customer returned everything they bought of the product; counts both the purchases and the returns. */
  | 'returned in full';

/** A dropped record. */
export interface DropExample {
  /** Its line in the file, from 1, counting the header; for objects and Parquet, the number of the record, from 1. */
  readonly line: number;
  /** The text of the cells in question; '' if they are blank. */
  readonly value: string;
}

/** What happened to every record: `read` is `kept` plus all of `dropped`, and `kept` is `purchases` plus `returns`. */
export interface Account {
  /** Records in the source, without the header and blank lines. */
  readonly read: number;
  readonly kept: number;
  /** Kept records that add to what a customer bought of a product. */
  readonly purchases: number;
  /** Kept records that reduce what a customer bought of a product. */
  readonly returns: number;
  /** Number of records dropped, for each reason that occurred. */
  readonly dropped: Partial<Record<DropReason, number>>;
  /** The first five dropped records for each reason. */
  readonly examples: Partial<Record<DropReason, readonly DropExample[]>>;
  /** The column of the source for each role, such as `{ customer: 'CustomerID', product: 'StockCode' }`. */
  readonly columns: Readonly<Record<string, string>>;
  /** Time of the first purchase, returned ones included: milliseconds since 1970 UTC. Absent if no purchase has a time. */
  readonly firstPurchase?: number;
  /** Time of the last purchase, likewise. */
  readonly lastPurchase?: number;
  /** What the source says alone; present if the purchases of a store were added to it. */
  readonly source?: SourceAccount;
}

/** A source without the purchases of a store that were added to it. */
export interface SourceAccount {
  /** Records in the source. */
  readonly read: number;
  /** Its kept purchases. */
  readonly purchases: number;
  /** Customers and products of the dataset that the source has itself. */
  readonly customers: number;
  readonly products: number;
  /** Time of its last kept purchase, in milliseconds since 1970 UTC. Absent if none has a time. */
  readonly lastPurchase?: number;
}

/** Records dropped for one reason, and the first few of them. */
export interface Drops {
  reason: DropReason;
  records: number;
  examples: DropExample[];
}

/** Counts records while they are read. */
export interface Tally {
  /** Records read so far, including dropped ones. */
  read: number;
  drop(reason: DropReason, line: number, value: string, records?: number): void;
  /** Returns what was dropped, by reason, and forgets it. */
  takeDrops(): Drops[];
  /** Adds what another tally dropped from the records that follow; `line` is added to its lines. */
  add(drops: readonly Drops[], line: number): void;
  account(kept: Omit<Account, 'read' | 'kept' | 'dropped' | 'examples'>): Account;
}

const maxExamples = 5;
const maxExampleLength = 80;

export function createTally(): Tally {
  const dropped: Account['dropped'] = {};
  const examples: Partial<Record<DropReason, DropExample[]>> = {};

  function countDrops(reason: DropReason, records: number): DropExample[] {
    dropped[reason] = (dropped[reason] ?? 0) + records;
    examples[reason] ??= [];
    return examples[reason];
  }

  return {
    read: 0,
    drop(reason, line, value, records = 1) {
      const list = countDrops(reason, records);
      if (list.length < maxExamples) {
        const text = value.length > maxExampleLength ? `${value.slice(0, maxExampleLength)}...` : value;
        list.push({ line, value: ownCopy(text) });
      }
    },
    takeDrops() {
      const reasons = Object.keys(dropped) as DropReason[];
      const drops = reasons.map((reason) => ({ reason, records: dropped[reason]!, examples: examples[reason]! }));
      for (const reason of reasons) {
        delete dropped[reason];
        delete examples[reason];
      }
      return drops;
    },
    add(drops, line) {
      for (const { reason, records, examples } of drops) {
        const list = countDrops(reason, records);
        for (const example of examples.slice(0, maxExamples - list.length)) {
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
 * An account as lines of plain English for a terminal: first the totals, then one line for each reason why rows were
 * dropped, the most frequent first, with the first few examples.
 *
 * @example
 * const dataset = await readOrders('orders.csv');
 * for (const line of describeAccount(dataset.account)) console.log(line);
 * // 2,000 rows read, 1,998 kept (1,998 purchases, 0 returns), 2 dropped:
 * //   2  missing quantity: lines 97, 323
 */
export function describeAccount(account: Account): string[] {
  const { source } = account;
  const reasons = Object.entries(account.dropped).sort((a, b) => b[1] - a[1]) as [DropReason, number][];
  const kinds = `${plural(account.purchases, '1 purchase', '# purchases')}, ${plural(account.returns, '1 return', '# returns')}`;
  const total = `${plural(account.read, '1 row', '# rows')} read, ${number(account.kept)} kept (${kinds}), ${number(account.read - account.kept)} dropped`;
  const width = number(reasons[0]?.[1] ?? 0).length;
  return [
    reasons.length > 0 ? `${total}:` : total,
    ...reasons.map(([reason, records]) => {
      const places = (account.examples[reason] ?? []).map(({ line, value }) =>
        /\S/.test(value) ? `${number(line)} (${JSON.stringify(value)})` : number(line),
      );
      const where =
        places.length > 0 ? `: ${places.length > 1 || records > 1 ? 'lines' : 'line'} ${places.join(', ')}` : '';
      return `  ${number(records).padStart(width)}  ${reason}${where}${places.length > 0 && records > places.length ? ', ...' : ''}`;
    }),
    ...(source
      ? [
          `These are ${plural(source.read, '1 row', '# rows')} of the orders and ${number(account.read - source.read)} of the store`,
        ]
      : []),
  ];
}
