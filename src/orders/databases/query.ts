/** What is asked of a database: the rows of a table or of a query, all of them or those since some time. */
import { EndcapError } from '../../errors.ts';
import { firstOf, invalidOption } from '../../options.ts';
import { number } from '../../wording.ts';
import type { Decision } from '../look.ts';
import type { ReadOptions } from '../options.ts';
import type { Before } from '../sources/stored.ts';
import { dayMs } from '../times/calendar.ts';
import { databaseAddress, databaseKind } from './address.ts';

/** What is asked of a database. */
export type QueryOptions = Pick<ReadOptions, 'query' | 'table' | 'since'>;

/** How SQL is written for a kind of database. */
export interface Dialect {
  /** An identifier in quotes. */
  quote(name: string): string;
  /** A name as the database has it that is written without quotes. */
  fold(name: string): string;
}

/** Columns that are named. */
const maxNames = 20;

/** A part of the name of a table, in quotes, or without: of letters, digits, `_`, and `$`, as databases have them. */
const part = /\s*(?:"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|([\w$\u0080-\uffff]+))\s*(?:\.|$)/y;

/**
 * Checks whether it is clear what is asked, and of whom.
 *
 * @param source where the orders come from.
 * @throws `invalid_options`.
 */
export function checkQuery(
  source: unknown,
  options: QueryOptions & { readonly join?: readonly unknown[]; readonly history?: boolean },
): void {
  const { query, table, since, history, join = [] } = options;
  if (join.some((one) => databaseKind(one) ?? databaseKind((one as { file?: unknown } | undefined)?.file)))
    throw new EndcapError('invalid_options', 'join: takes files, and no databases; join their tables in the query', {
      option: 'join',
    });
  const sources = Array.isArray(source) ? source : [source];
  const databases = sources.flatMap((one) => databaseAddress(one)?.name ?? []);
  for (const [option, value] of Object.entries({ query, table, since })) {
    if (value === undefined) continue;
    if (typeof value !== 'string' || value.trim() === '') throw invalidOption(option, value, expected[option]);
    if (databases.length === 0)
      throw new EndcapError(
        'invalid_options',
        `${option}: it is for orders in a database, such as postgres://host/shop or sqlite:shop.db, and there is none`,
        { option, value },
      );
  }
  if (table !== undefined) tableParts(table);
  if (databases.length > 0 && (query === undefined) === (table === undefined)) {
    const problem =
      query === undefined ? 'it is not said which orders are read from' : 'both query and table are given for';
    throw new EndcapError(
      'invalid_options',
      `${problem} ${databases[0]}; expected either table: 'orders', or query: 'select ...' (--table, or --query)`,
      { option: query === undefined ? 'table' : 'query', source: databases[0] },
    );
  }
  if (since !== undefined && sources.every(databaseKind))
    throw new EndcapError(
      'invalid_options',
      'since: it reads what came after the orders in files, and there are none: name the files that have all orders before, ' +
        `or leave it out to read all of ${databases[0]}`,
      { option: 'since', value: since },
    );
  if (since !== undefined && history === false)
    throw new EndcapError(
      'invalid_options',
      'since: rows that both the files and the database have are recognized by their order ids, which history: false ' +
        '(--no-history) does not keep',
      { option: 'since', value: since },
    );
}

const expected: Readonly<Record<string, string>> = {
  query: "a query, such as 'select * from orders'",
  table: "the name of a table, such as 'orders' or 'shop.orders', and in quotes if it has other signs: '\"My Orders\"'",
  since: "the column with the time of a row, such as 'ordered_at'",
};

/** Schema and table, as they are written: `shop.orders`, `"Shop"."My Orders"`. @throws `invalid_options`. */
export function tableParts(table: string, fold = (name: string) => name): string[] {
  const parts: string[] = [];
  part.lastIndex = 0;
  while (part.lastIndex < table.length) {
    const found = part.exec(table);
    if (found === null) throw badTable(table);
    const [, quoted, ticked, plain] = found;
    parts.push(quoted?.replaceAll('""', '"') ?? ticked?.replaceAll('``', '`') ?? fold(plain));
  }
  if (parts.length === 0 || parts.length > 3 || /\.\s*$/.test(table)) throw badTable(table);
  return parts;
}

const badTable = (table: string) => invalidOption('table', table, expected.table);

/**
 * The SELECT for what is asked.
 *
 * @param since a condition on the rows, in SQL.
 */
export function selectOf({ query, table }: QueryOptions, { quote, fold }: Dialect, since?: string): string {
  const name = table === undefined ? undefined : tableParts(table, fold).map(quote).join('.');
  const rows = query?.replace(/[\s;]+$/, '');
  if (since === undefined) return rows ?? `SELECT * FROM ${name}`;
  // On a line of its own, since the query may end with a comment.
  return `SELECT * FROM ${name ?? `(\n${rows}\n)`} AS orders WHERE ${since}`;
}

/**
 * The place of the column that `since` names among those of a query.
 *
 * @throws `invalid_options` if there is none.
 */
export function sinceColumn(since: string, names: readonly string[], source: string): number {
  const exact = names.indexOf(since);
  const alike = names.flatMap((name, i) => (name.toLowerCase() === since.toLowerCase() ? [i] : []));
  const found = exact >= 0 ? exact : alike.length === 1 ? alike[0] : -1;
  if (found < 0) throw invalidOption('since', since, `one of the columns of ${source}: ${firstOf(names, maxNames)}`);
  return found;
}

/**
 * From when on rows are read: the beginning of the day before the last purchase of the files, in UTC. So rows that were
 * written late are read, and equal records, which are told apart by their day, are counted over the same days.
 *
 * @throws `invalid_options` if the files say of no purchase when it was.
 */
export function sinceTime({ last }: Before): number {
  if (last !== undefined) return (Math.floor(last / dayMs) - 1) * dayMs;
  throw new EndcapError(
    'invalid_options',
    'since: it reads what came after the orders in files, and these say of no purchase when it was',
    { option: 'since' },
  );
}

/**
 * What a model keeps of an increment: where it began, and where it ends.
 *
 * @param to the greatest time of its rows, milliseconds since 1970 UTC; NaN if none has one, infinite if it is.
 */
export function sinceDecision(column: string, before: Before, to: number): Decision {
  const [from, last] = [sinceTime(before), before.last!].map(textOfTime);
  const until = Number.isFinite(to) ? `the last row is of ${textOfTime(to)}` : 'it is not known when the last row was';
  return { value: `${column} from ${from}`, why: `the last purchase of the files is of ${last}, and ${until}` };
}

const textOfTime = (time: number) => new Date(time).toISOString();

/**
 * Refuses to read what came since some time if the files cannot have all that was before it.
 *
 * @param earlier rows of the database before that time.
 * @throws `orders_lost`.
 */
export function refuseGap(earlier: number, before: Before, { acceptLoss, since }: ReadOptions, source: string): void {
  if (acceptLoss || earlier <= before.records) return;
  throw new EndcapError(
    'orders_lost',
    `${source} has ${number(earlier)} rows whose ${since} is before ${textOfTime(sinceTime(before))}, and the ` +
      `files have ${number(before.records)} records: some would be missing. Export them again, or leave out since, or ` +
      '--since, to read all. If that is as it should be: --accept-loss, or acceptLoss: true',
    { source, earlier, records: before.records },
  );
}

/** Without the ids of orders, equal records cannot be told from those that are in the files already. */
export function withoutOrders(source: string): EndcapError {
  return new EndcapError(
    'columns_unrecognized',
    `since: rows that both the files and the database have are recognized by their order ids, and ${source} has no column of ` +
      'these; name it with columns: { order: ... }, or --columns order=..., or leave out since, or --since',
    { option: 'since', source },
  );
}

/** The error that no columns were recognized, with what helps in a query as well. */
export function withQueryHint(error: unknown, { query }: QueryOptions): unknown {
  if (!(error instanceof EndcapError) || error.code !== 'columns_unrecognized') return error;
  const hint =
    query === undefined
      ? "Or read a query instead of the table, which can rename and join: query: 'select ... from ...', or --query"
      : 'Or name them in the query (--query), such as select cust_no as customer';
  const sentence = /[.)]$/.test(error.message) ? error.message : `${error.message}.`;
  return new EndcapError(error.code, `${sentence} ${hint}`, { ...error.details }, { cause: error });
}
