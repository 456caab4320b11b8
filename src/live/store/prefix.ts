/** Customers by the beginnings of their ids. */
import type { Connection, Database } from './connection.ts';

/** Postgres compares text as a language does unless told otherwise. */
const byCodePoint: Readonly<Record<Database['kind'], string>> = {
  sqlite: 'orders.customer',
  postgres: 'orders.customer COLLATE "C"',
};

/** As `ShopStore.customersWithPrefix` says. */
export async function customersWithPrefix(
  connection: Connection,
  kind: Database['kind'],
  prefix: string,
  limit: number,
): Promise<string[]> {
  const id = byCodePoint[kind];
  const end = endOf(prefix);
  const [isBefore, before] = end === undefined ? ['', []] : [`AND ${id} < ?`, [end]];
  // From one customer to the next by the index: one of them may have very many orders.
  const rows = await connection.all(
    `WITH RECURSIVE found (customer) AS (
      SELECT MIN(${id}) FROM orders WHERE ${id} >= ? ${isBefore}
      UNION ALL
      SELECT (SELECT MIN(${id}) FROM orders WHERE ${id} > found.customer ${isBefore}) FROM found
        WHERE found.customer IS NOT NULL
    ) SELECT customer FROM found WHERE customer IS NOT NULL LIMIT ?`,
    [prefix, ...before, ...before, limit],
  );
  return rows.map(({ customer }) => String(customer));
}

const lastCodePoint = 0x10ffff;
/** The code point before surrogates, which are none of text. */
const beforeSurrogates = 0xd7ff;

/** The first text, by code points, after all that begin with a prefix; undefined if there is none. */
function endOf(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  for (let last = points.pop(); last !== undefined; last = points.pop())
    if (last < lastCodePoint) return String.fromCodePoint(...points, last === beforeSurrogates ? 0xe000 : last + 1);
  return undefined;
}
