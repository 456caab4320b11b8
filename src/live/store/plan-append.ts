import { createHash } from 'node:crypto';
import { EndcapError } from '../../errors.ts';
import type { Connection, Value } from './connection.ts';
import type { Purchase, PurchaseRequest, Receipt } from './store.ts';

/**
 * Writes the requests of a group, in their order. Each sees what the ones before it add. One that is refused adds nothing
 * and leaves the others alone: its place in the result is an error.
 *
 * @param seq the last place in use.
 * @returns the last place in use afterwards.
 */
export async function planAppend(
  connection: Connection,
  requests: readonly PurchaseRequest[],
  seq: number,
): Promise<{ seq: number; result: (Receipt | EndcapError)[] }> {
  const known = await readKnown(connection, requests);
  const lines: Value[][] = [];
  const orders: string[][] = [];
  const names: Value[][] = [];
  const now = Date.now();
  let last = seq;

  const result = requests.map((request): Receipt | EndcapError => {
    const { purchases, key } = request;
    const name = key === undefined ? undefined : digest(key);
    if (name !== undefined) {
      const body = digest(JSON.stringify(purchases.map(asSent)));
      const before = known.requests.get(name);
      if (before !== undefined && before !== body)
        return conflict(`the key '${key}' was used for other purchases; use a new key for new purchases`, { key });
      if (before !== undefined) return { accepted: 0, duplicates: purchases.length };
      const wrong = orderOfAnother(purchases, known.owners);
      if (wrong) return wrong;
      known.requests.set(name, body);
      names.push([name, body, now]);
      accept(purchases);
      return { accepted: purchases.length, duplicates: 0 };
    }
    const wrong = orderOfAnother(purchases, known.owners);
    if (wrong) return wrong;
    const fresh: Purchase[] = [];
    let duplicates = 0;
    for (const [line, same] of byName(purchases)) {
      const [{ order, product }] = same;
      const quantity = same.reduce((sum, purchase) => sum + purchase.quantity, 0);
      const before = known.quantities.get(line);
      if (before === undefined) fresh.push(...same);
      else if (before === quantity) duplicates += same.length;
      else
        return conflict(
          `order '${order}' has ${before} of product '${product}', and not ${quantity}; send an Idempotency-Key if this ` +
            'is more of the same',
          { order, product, quantity: before },
        );
    }
    accept(fresh);
    return { accepted: fresh.length, duplicates };
  });

  function accept(purchases: readonly Purchase[]): void {
    for (const purchase of purchases) {
      const { customer, order, product, quantity, time, recommendation = null } = purchase;
      lines.push([++last, customer, order, product, quantity, time, recommendation]);
      if (!known.owners.has(order)) {
        known.owners.set(order, customer);
        orders.push([order, customer]);
      }
      const name = nameOf(purchase);
      known.quantities.set(name, quantity + (known.quantities.get(name) ?? 0));
    }
  }

  const columns = ['seq', 'customer', 'order_id', 'product', 'quantity', 'bought_at', 'recommendation'];
  await connection.insert('orders', ['order_id', 'customer'], orders);
  await connection.insert('requests', ['name', 'body', 'received_at'], names);
  await connection.insert('purchases', columns, lines);
  return { seq: last, result };
}

interface Known {
  /** The customer of each order. */
  owners: Map<string, string>;
  /** Units by the name of a line. */
  quantities: Map<string, number>;
  /** The hash of a request's body by the hash of its key, since a key may hold the id of somebody who is erased later. */
  requests: Map<string, string>;
}

/** What the store has of the orders, lines, and keys of these requests. */
async function readKnown(connection: Connection, requests: readonly PurchaseRequest[]): Promise<Known> {
  const owners = new Map<string, string>();
  const quantities = new Map<string, number>();
  const bodies = new Map<string, string>();
  const orders = new Set(requests.flatMap(({ purchases }) => purchases.map(({ order }) => order)));
  const orderKeys = Array.from(orders, (order) => [order]);
  for (const row of await connection.find('orders', ['order_id', 'customer'], ['order_id'], orderKeys))
    owners.set(String(row.order_id), String(row.customer));
  // Most orders are new: nothing can be known of their lines.
  const lines = new Map<string, string[]>();
  for (const { purchases, key } of requests) {
    if (key !== undefined) continue;
    for (const { order, product } of purchases)
      if (owners.has(order)) lines.set(JSON.stringify([order, product]), [order, product]);
  }
  const found = await connection.find(
    'purchases',
    ['order_id', 'product', 'quantity'],
    ['order_id', 'product'],
    [...lines.values()],
  );
  for (const row of found) {
    const [order, product, quantity] = [String(row.order_id), String(row.product), Number(row.quantity)];
    const name = nameOf({ order, product, quantity });
    quantities.set(name, quantity + (quantities.get(name) ?? 0));
  }
  const keys = requests.flatMap(({ key }) => (key === undefined ? [] : digest(key)));
  const named = await connection.find(
    'requests',
    ['name', 'body'],
    ['name'],
    Array.from(new Set(keys), (key) => [key]),
  );
  for (const { name, body } of named) bodies.set(String(name), String(body));
  return { owners, quantities, requests: bodies };
}

/** A line as its request had it, which is the same when it is sent again. */
function asSent({ time, isUntimed, ...line }: Purchase): Partial<Purchase> {
  return isUntimed ? line : { ...line, time };
}

/** What names a line if its request has no key. */
function nameOf({ order, product, quantity }: Pick<Purchase, 'order' | 'product' | 'quantity'>): string {
  return JSON.stringify([order, product, quantity < 0]);
}

function byName(purchases: readonly Purchase[]): Map<string, [Purchase, ...Purchase[]]> {
  const lines = new Map<string, [Purchase, ...Purchase[]]>();
  for (const purchase of purchases) {
    const name = nameOf(purchase);
    const same = lines.get(name);
    if (same) same.push(purchase);
    else lines.set(name, [purchase]);
  }
  return lines;
}

function orderOfAnother(purchases: readonly Purchase[], owners: ReadonlyMap<string, string>): EndcapError | undefined {
  const customers = new Map<string, string>();
  for (const { order, customer } of purchases) {
    const owner = owners.get(order) ?? customers.get(order);
    if (owner !== undefined && owner !== customer) return conflict(`order '${order}' is another customer's`, { order });
    customers.set(order, customer);
  }
  return undefined;
}

function conflict(message: string, details: Record<string, unknown>): EndcapError {
  return new EndcapError('conflict', message, details);
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');
