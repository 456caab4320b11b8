import { dayMs } from '../../orders/times/calendar.ts';
import type { Connection, Database, Row } from './connection.ts';
import { createGroup } from './group.ts';
import { planAppend } from './plan-append.ts';
import { customersWithPrefix } from './prefix.ts';
import { hashWith } from './schema.ts';
import { insertShown, removeOldShown, shownColumns, toShown } from './shown.ts';
import type { CatalogueEntry, PurchaseRequest, Receipt, ShopStore, ShownList, StoredPurchase } from './store.ts';

/** How long a request's key is remembered. */
const keyDays = 7;
/** Rows that are removed in one transaction. */
const compactRows = 1000;

const purchaseColumns = ['seq', 'customer', 'order_id', 'product', 'quantity', 'bought_at', 'recommendation'];

interface ShownLists {
  readonly lists: readonly ShownList[];
}

/** What writers of lists hear. */
const nothing: Receipt = { accepted: 0, duplicates: 0 };

/**
 * The store over the tables of `schema.ts`, in whichever database.
 *
 * @param salt of the store's hashes.
 */
export function createSqlStore(database: Database, salt: string): Required<Omit<ShopStore, 'discard'>> {
  const hashOf = hashWith(salt);

  /** Runs `work` with the next free place; what it returns as `seq` is the last one that it used. */
  const write = <T>(
    work: (connection: Connection, seq: number) => Promise<{ seq: number; result: T }>,
    isQuiet?: boolean,
  ) =>
    database.transaction(async (connection) => {
      // The row is locked until the end, so that places are in the order in which others see them.
      const [{ number }] = await connection.all("UPDATE state SET number = number WHERE name = 'seq' RETURNING number");
      const { seq, result } = await work(connection, Number(number));
      if (seq !== Number(number)) await connection.all("UPDATE state SET number = ? WHERE name = 'seq'", [seq]);
      return result;
    }, isQuiet);

  /** Purchases, and lists that were shown, which share a wait for the disk. */
  const add = createGroup(
    (entry: PurchaseRequest | ShownLists) => ('lists' in entry ? entry.lists : entry.purchases).length,
    async (entries) => {
      const requests = entries.filter((entry) => 'purchases' in entry);
      const lists = entries.flatMap((entry) => ('lists' in entry ? entry.lists : []));
      // Others need not hear of lists.
      const receipts = await write(async (connection, seq) => {
        await insertShown(connection, lists, hashOf);
        return planAppend(connection, requests, seq);
      }, requests.length === 0);
      let next = 0;
      return entries.map((entry) => ('lists' in entry ? nothing : receipts[next++]));
    },
  );

  /** Writes the fields of products, which `merge` makes of what they were and what is given. */
  const writeProducts = async (entries: readonly CatalogueEntry[], merge: boolean) => {
    const given = new Map<string, Record<string, unknown>>();
    for (const { product, fields } of entries)
      given.set(product, merge ? { ...given.get(product), ...fields } : { ...fields });
    const keys = Array.from(given.keys(), (product) => [product]);
    if (keys.length === 0) return;
    await write(async (connection, seq) => {
      const now = Date.now();
      const added = new Map<string, number>();
      for (const row of await connection.find('products', ['product', 'fields', 'added_at'], ['product'], keys)) {
        const product = String(row.product);
        added.set(product, Number(row.added_at));
        if (merge) given.set(product, { ...JSON.parse(String(row.fields)), ...given.get(product) });
      }
      await connection.remove('products', ['product'], keys);
      const rows = Array.from(given, ([product, fields], i) => [
        ...[product, textOf(fields), seq + 1 + i, added.get(product) ?? now],
      ]);
      await connection.insert('products', ['product', 'fields', 'seq', 'added_at'], rows);
      return { seq: seq + rows.length, result: undefined };
    });
  };

  const select = `SELECT ${purchaseColumns.join(', ')} FROM purchases WHERE`;
  const selectShown = `SELECT ${shownColumns.join(', ')} FROM shown WHERE`;
  const read = (sql: string, values: readonly (string | number)[]) =>
    database.read(async (connection) => connection.all(sql, values));

  return {
    kind: database.kind,
    append: add,
    purchasesAfter: async (seq, limit) =>
      (await read(`${select} seq > ? ORDER BY seq LIMIT ?`, [seq, limit])).map(toPurchase),
    async purchasesOf(customer, limit = Number.MAX_SAFE_INTEGER, before = Number.MAX_SAFE_INTEGER) {
      const newest = 'customer = ? AND seq < ? ORDER BY seq DESC LIMIT ?';
      return (await read(`${select} ${newest}`, [customer, before, limit])).map(toPurchase).reverse();
    },
    putProducts: (entries) => writeProducts(entries, false),
    patchProducts: (entries) => writeProducts(entries, true),
    async productsAfter(seq, limit) {
      const sql = 'SELECT product, fields, seq, added_at FROM products WHERE seq > ? ORDER BY seq LIMIT ?';
      const rows = await read(sql, [seq, limit]);
      return rows.map((row) => ({
        product: String(row.product),
        fields: JSON.parse(String(row.fields)),
        seq: Number(row.seq),
        addedAt: Number(row.added_at),
      }));
    },
    putSettings: (text) =>
      write(async (connection, seq) => {
        await connection.remove('state', ['name'], [['settings']]);
        await connection.insert('state', ['name', 'number', 'text'], [['settings', seq + 1, text]]);
        return { seq: seq + 1, result: undefined };
      }),
    async settings() {
      const [row] = await read("SELECT text FROM state WHERE name = 'settings'", []);
      return row && String(row.text);
    },
    async erase(customer) {
      const hash = hashOf(customer);
      const erased = await write(async (connection, seq) => {
        const countIn = async (table: string) => {
          const [{ count }] = await connection.all(`SELECT COUNT(*) AS count FROM ${table} WHERE customer = ?`, [
            customer,
          ]);
          return Number(count);
        };
        const result = { purchases: await countIn('purchases'), lists: await countIn('shown') };
        for (const table of ['purchases', 'orders', 'shown'])
          await connection.remove(table, ['customer'], [[customer]]);
        await connection.remove('erasures', ['hash'], [[hash]]);
        await connection.insert('erasures', ['hash', 'seq'], [[hash, seq + 1]]);
        return { seq: seq + 1, result };
      });
      await database.forget(customer);
      return erased;
    },
    async erasuresAfter(seq) {
      const rows = await read('SELECT hash, seq FROM erasures WHERE seq > ? ORDER BY seq', [seq]);
      return rows.map((row) => ({ hash: String(row.hash), seq: Number(row.seq) }));
    },
    hashOf,
    async compact(before, shownBefore = 0) {
      let purchases = 0;
      let lists = 0;
      // A little at a time, so that purchases that arrive meanwhile need not wait for all of it.
      for (let removed = compactRows; removed === compactRows; purchases += removed)
        removed = await write(async (connection, seq) => ({ seq, result: await removeOldest(connection, before) }));
      for (let removed = compactRows; removed >= compactRows; lists += removed)
        removed = await database.transaction(
          (connection) => removeOldShown(connection, shownBefore, compactRows),
          true,
        );
      const since = Date.now() - keyDays * dayMs;
      for (let removed = compactRows; removed === compactRows; ) {
        removed = await database.transaction(async (connection) => {
          const rows = await connection.all(
            'DELETE FROM requests WHERE name IN (SELECT name FROM requests WHERE received_at < ? LIMIT ?) RETURNING 1 AS one',
            [since, compactRows],
          );
          return rows.length;
        });
      }
      await database.forget();
      return { purchases, lists };
    },
    async recordShown(lists) {
      if (lists.length > 0) await add({ lists });
    },
    async shownTo(customer, limit, before) {
      const [isBefore, place] = before ? ['AND (shown_at, id) < (?, ?)', [before.time, before.id]] : ['', []];
      const newest = `customer = ? ${isBefore} ORDER BY shown_at DESC, id DESC LIMIT ?`;
      return (await read(`${selectShown} ${newest}`, [customer, ...place, limit])).map(toShown);
    },
    async shownAfter({ customer, time, id } = { customer: '', time: 0, id: '' }, limit) {
      const after = '(customer, shown_at, id) > (?, ?, ?) ORDER BY customer, shown_at, id LIMIT ?';
      return (await read(`${selectShown} ${after}`, [customer, time, id, limit])).map(toShown);
    },
    async purchasesOfAll(customers, limit) {
      const keys = Array.from(new Set(customers), (customer) => [customer]);
      const newest = { by: 'seq', limit };
      const rows = await database.read(async (connection) =>
        connection.find('purchases', purchaseColumns, ['customer'], keys, newest),
      );
      return rows.map(toPurchase).sort((a, b) => a.seq - b.seq);
    },
    customersWithPrefix: (prefix, limit) =>
      database.read((connection) => customersWithPrefix(connection, database.kind, prefix, limit)),
    async lastSeq() {
      const [row] = await read("SELECT number FROM state WHERE name = 'seq'", []);
      return Number(row.number);
    },
    watch: (changed) => database.watch(changed),
    async close() {
      await add.idle();
      await database.close();
    },
  };
}

/** Removes some of the purchases from before a time, and orders that have none left. Returns how many purchases. */
async function removeOldest(connection: Connection, before: number): Promise<number> {
  const removed = await connection.all(
    `DELETE FROM purchases WHERE seq IN (SELECT seq FROM purchases WHERE bought_at < ? ORDER BY bought_at, seq LIMIT ?)
      RETURNING order_id`,
    [before, compactRows],
  );
  const orders = new Set(removed.map(({ order_id }) => String(order_id)));
  const keys = Array.from(orders, (order) => [order]);
  for (const { order_id } of await connection.find('purchases', ['order_id'], ['order_id'], keys))
    orders.delete(String(order_id));
  await connection.remove(
    'orders',
    ['order_id'],
    Array.from(orders, (order) => [order]),
  );
  return removed.length;
}

function toPurchase(row: Row): StoredPurchase {
  return {
    seq: Number(row.seq),
    customer: String(row.customer),
    order: String(row.order_id),
    product: String(row.product),
    quantity: Number(row.quantity),
    time: Number(row.bought_at),
    ...(row.recommendation !== null && { recommendation: String(row.recommendation) }),
  };
}

/** JSON without the fields that are null. */
function textOf(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)));
}
