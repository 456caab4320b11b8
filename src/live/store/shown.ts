/** Lists that were shown, as the table has them. */
import type { Source } from '../../recommending/types.ts';
import { isStorable, isStorableId } from '../shop-ids.ts';
import type { Connection, Row } from './connection.ts';
import type { ListKind, ShownList } from './store.ts';

export const shownColumns = [
  ...['customer', 'shown_at', 'id', 'kind', 'scenario', 'source', 'model', 'experiment', 'arm', 'products'],
];

/**
 * Writes lists but those of customers who were erased: one may have waited while its customer was, here or at another server.
 * What no database holds is passed over as well: purchases of the same transaction must not fail for it.
 *
 * @param hashOf the hash by which an erasure names a customer.
 */
export async function insertShown(
  connection: Connection,
  lists: readonly ShownList[],
  hashOf: (customer: string) => string,
): Promise<void> {
  if (lists.length === 0) return;
  const erased = await erasedOf(connection, new Set(lists.map(({ customer }) => customer)), hashOf);
  const rows = lists
    .filter((list) => !erased.has(list.customer) && canHold(list))
    .map(({ customer, time, id, kind, scenario, source, model, experiment, arm, products }) => [
      ...[customer, time, id, kind, scenario ?? null, source ?? null, model, experiment ?? null, arm ?? null],
      JSON.stringify(products),
    ]);
  await connection.insert('shown', shownColumns, rows);
}

function canHold({ customer, time, id, kind, scenario, source, model, experiment, arm }: ShownList): boolean {
  const texts = [id, kind, model, scenario, source, experiment, arm];
  const areStorable = texts.every((text) => text === undefined || isStorable(text));
  return isStorableId(customer) && Number.isSafeInteger(time) && areStorable;
}

async function erasedOf(
  connection: Connection,
  customers: ReadonlySet<string>,
  hashOf: (customer: string) => string,
): Promise<ReadonlySet<string>> {
  const [some] = await connection.all('SELECT 1 AS one FROM erasures LIMIT 1');
  // Hashes take longer than everything else.
  if (some === undefined) return new Set();
  const hashes = new Map(Array.from(customers, (customer) => [hashOf(customer), customer]));
  const keys = Array.from(hashes.keys(), (hash) => [hash]);
  const found = await connection.find('erasures', ['hash'], ['hash'], keys);
  return new Set(found.map(({ hash }) => hashes.get(String(hash))!));
}

/** Removes the oldest lists from before a time: `limit` of them, and those of the same moment. Returns how many. */
export async function removeOldShown(connection: Connection, before: number, limit: number): Promise<number> {
  const [last] = await connection.all(
    'SELECT shown_at FROM shown WHERE shown_at < ? ORDER BY shown_at LIMIT 1 OFFSET ?',
    [before, limit - 1],
  );
  const removed = await connection.all('DELETE FROM shown WHERE shown_at <= ? RETURNING 1 AS one', [
    last === undefined ? before - 1 : Number(last.shown_at),
  ]);
  return removed.length;
}

export function toShown(row: Row): ShownList {
  const { customer, shown_at, id, kind, scenario, source, model, experiment, arm, products } = row;
  return {
    id: String(id),
    customer: String(customer),
    time: Number(shown_at),
    kind: kind as ListKind,
    ...(scenario !== null && { scenario: String(scenario) }),
    ...(source !== null && { source: source as Source }),
    model: String(model),
    ...(experiment !== null && { experiment: String(experiment) }),
    ...(arm !== null && { arm: String(arm) }),
    products: JSON.parse(String(products)),
  };
}
