/**
 * A store of your own: here one in memory, which forgets everything at its end. Over a database, keep each method's promise
 * in one transaction.
 *
 *     node --import tsx test/examples/own-store.ts
 */
import { createHash, randomBytes } from 'node:crypto';
import { createShop, EndcapError, readOrders, type ShopStore, sampleOrders, train } from 'endcap';

type Request = Parameters<ShopStore['append']>[0];
type Purchase = Awaited<ReturnType<ShopStore['purchasesOf']>>[number];
type Entry = Awaited<ReturnType<ShopStore['productsAfter']>>[number];

function createMemoryStore(): ShopStore {
  const salt = randomBytes(16);
  const hashOf = (customer: string) => createHash('sha256').update(salt).update(customer).digest('hex');
  const products = new Map<string, Entry>();
  const erasures = new Map<string, number>();
  /** The lines of each request that had a key, as text. */
  const requests = new Map<string, string>();
  let purchases: Purchase[] = [];
  let settings: string | undefined;
  /** One count of places for all that is written, so that readers know what is new. */
  let seq = 0;

  /** Lines that are new. The same line again is a duplicate, and the same line with another quantity a conflict. */
  function fresh({ purchases: lines, key }: Request): Request['purchases'] {
    const theirs = lines.find((line) =>
      purchases.some(({ order, customer }) => order === line.order && customer !== line.customer),
    );
    if (theirs) throw new EndcapError('conflict', `order '${theirs.order}' is another customer's`);
    if (key !== undefined) {
      const text = JSON.stringify(lines.map(({ time: _, ...line }) => line));
      const before = requests.get(key);
      if (before !== undefined && before !== text) throw new EndcapError('conflict', `the key '${key}' was used`);
      requests.set(key, text);
      return before === undefined ? lines : [];
    }
    return lines.filter(({ order, product, quantity }) => {
      const same = purchases.find(
        (line) => line.order === order && line.product === product && line.quantity < 0 === quantity < 0,
      );
      if (same && same.quantity !== quantity)
        throw new EndcapError('conflict', `order '${order}' has ${same.quantity}`);
      return !same;
    });
  }

  function write(entries: Parameters<ShopStore['putProducts']>[0], isPatch: boolean): void {
    for (const { product, fields } of entries) {
      const all = { ...(isPatch && products.get(product)?.fields), ...fields };
      const known = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
      const addedAt = products.get(product)?.addedAt ?? Date.now();
      products.set(product, { product, fields: known, addedAt, seq: ++seq });
    }
  }

  return {
    kind: 'memory',
    async append(request) {
      const lines = fresh(request);
      for (const line of lines) purchases.push({ ...line, seq: ++seq });
      return { accepted: lines.length, duplicates: request.purchases.length - lines.length };
    },
    purchasesAfter: async (after, limit) => purchases.filter((line) => line.seq > after).slice(0, limit),
    purchasesOf: async (customer, limit = Number.POSITIVE_INFINITY, before = Number.POSITIVE_INFINITY) =>
      purchases.filter((line) => line.customer === customer && line.seq < before).slice(-limit),
    putProducts: async (entries) => write(entries, false),
    patchProducts: async (entries) => write(entries, true),
    async productsAfter(after, limit) {
      const later = [...products.values()].filter((entry) => entry.seq > after);
      return later.sort((a, b) => a.seq - b.seq).slice(0, limit);
    },
    async putSettings(text) {
      settings = text;
      seq++;
    },
    settings: async () => settings,
    async erase(customer) {
      const { length } = purchases;
      purchases = purchases.filter((line) => line.customer !== customer);
      erasures.set(hashOf(customer), ++seq);
      return { purchases: length - purchases.length };
    },
    erasuresAfter: async (after) =>
      Array.from(erasures, ([hash, seq]) => ({ hash, seq })).filter((erasure) => erasure.seq > after),
    hashOf,
    async compact(before) {
      const { length } = purchases;
      purchases = purchases.filter(({ time }) => time >= before);
      return { purchases: length - purchases.length };
    },
    lastSeq: async () => seq,
    // Nobody else writes.
    watch: () => () => {},
    close: async () => {},
  };
}

const model = await train(await readOrders(sampleOrders({ lines: 2000 })));
const shop = await createShop({ model, store: createMemoryStore() });
const list = async () => (await shop.recommend('ann', { n: 10_000 })).items.map(({ product }) => product);

const [first, second] = await list();
const lines = [{ customer: 'ann', order: 'w1', product: second, quantity: 1 }];
console.log('once:', (await shop.recordPurchases(lines, { key: 'k1' })).accepted);
console.log('again:', (await shop.recordPurchases(lines, { key: 'k1' })).accepted);
console.log('ann:', (await shop.recommend('ann')).source);
await shop.recordPurchases([{ ...lines[0], customer: 'bob' }]).catch(({ code }) => console.log('bob:', code));

await shop.putProducts([{ product: first, available: false, name: 'Tea' }]);
await shop.patchProducts([{ product: first, name: null }]);
console.log('sold out:', (await list()).includes(first) ? 'listed' : 'gone');
const { store, erasedCustomers } = shop.status();
console.log(`${store}: ${erasedCustomers} erased`);
await shop.eraseCustomer('ann');
console.log('ann:', (await shop.recommend('ann')).source);
await shop.close();
