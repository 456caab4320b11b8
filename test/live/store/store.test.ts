/** What every store promises, on SQLite and, where it is installed, on Postgres. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isStorableId } from '../../../src/live/shop-ids.ts';
import { openPostgresStore } from '../../../src/live/store/postgres.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import {
  maxRequestLines,
  type Purchase,
  type PurchaseRequest,
  type ShopStore,
  type ShownList,
} from '../../../src/live/store/store.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { startPostgres } from '../../support/postgres.ts';
import { line } from '../../support/purchases.ts';
import { testUnless } from '../../support/skip.ts';

const postgres = await startPostgres();
const folder = mkdtempSync(join(tmpdir(), 'endcap-store-'));
let files = 0;

const stores: Record<string, (() => Promise<ShopStore>) | string> = {
  sqlite: () => openSqliteStore(join(folder, `${files++}.db`)),
  postgres: typeof postgres === 'string' ? postgres : async () => openPostgresStore(await postgres.newDatabase()),
};

/** A list that was shown, as it is given where it matters. */
const shown = (given: Partial<ShownList> = {}): ShownList => ({
  ...{ id: 'r1', customer: 'ann', time: 1, kind: 'recommend', source: 'personal', model: 'm1', products: ['tea'] },
  ...given,
});
/** Without what is undefined. */
const bareList = (list: ShownList): ShownList => JSON.parse(JSON.stringify(list));

const bare = ({ seq, ...purchase }: Purchase & { seq: number }) => purchase;

for (const [kind, open] of Object.entries(stores)) {
  const test = suite(`store: ${kind}`);
  const withStore = (promise: string, work: (store: ShopStore) => Promise<void>) => {
    testUnless(test, typeof open === 'string' ? open : undefined, promise, async () => {
      const store = await (open as () => Promise<ShopStore>)();
      try {
        await work(store);
      } finally {
        await store.close();
      }
    });
  };

  withStore('purchases come back as they were, in their order, by place and by customer', async (store) => {
    const lines = [
      line({ recommendation: 'r1' }),
      line({ product: 'cups', quantity: 3 }),
      line({ customer: "bob'; --", order: 'o2', product: 'Tee €', quantity: -2 }),
    ];
    assert.equal(await store.append({ purchases: lines.slice(0, 2) }), { accepted: 2, duplicates: 0 });
    assert.equal(await store.append({ purchases: lines.slice(2) }), { accepted: 1, duplicates: 0 });
    const all = await store.purchasesAfter(0, 10);
    assert.equal(all.map(bare), lines);
    assert.equal(
      all.map(({ seq }) => seq),
      [1, 2, 3],
    );
    assert.equal(await store.purchasesAfter(1, 1), [all[1]]);
    assert.equal((await store.purchasesOf('ann')).map(bare), lines.slice(0, 2));
    assert.equal((await store.purchasesOf('ann', 1)).map(bare), [lines[1]]);
    const [first, second] = await store.purchasesOf('ann');
    assert.equal(await store.purchasesOf('ann', 5, second.seq), [first]);
    assert.equal(await store.purchasesOf('ann', 5, first.seq), []);
    assert.equal(await store.purchasesOf('nobody'), []);
    assert.is(await store.lastSeq(), 3);
  });

  withStore('the longest ids come back as they were', async (store) => {
    const signs = Array.from({ length: 700 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000)));
    const [order, product] = [signs.slice(0, 333).join(''), signs.slice(334, 667).join('')];
    const lines = [
      line({ customer: product, order, product }),
      line({ customer: product, order, product: `${order}a` }),
    ];
    assert.ok(lines.every((each) => isStorableId(each.product)));
    await store.append({ purchases: lines });
    assert.equal((await store.purchasesOf(product)).map(bare), lines);
    assert.equal(await store.append({ purchases: lines }), { accepted: 0, duplicates: 2 });
  });

  withStore('a request with a key counts once, and its key stands for nothing else', async (store) => {
    const request = { purchases: [line(), line({ product: 'cups' })], key: 'k1' };
    assert.equal(await store.append(request), { accepted: 2, duplicates: 0 });
    assert.equal(await store.append(request), { accepted: 0, duplicates: 2 });
    const later = request.purchases.map((purchase) => ({ ...purchase, time: purchase.time + 5 }));
    assert.is((await endcapErrorOf(store.append({ ...request, purchases: later }))).code, 'conflict');
    const other = await endcapErrorOf(store.append({ ...request, purchases: [line({ quantity: 2 })] }));
    assert.is(other.code, 'conflict');
    // More of the same, under a key of its own.
    assert.equal(await store.append({ purchases: [line()], key: 'k2' }), { accepted: 1, duplicates: 0 });
    assert.is((await store.purchasesAfter(0, 10)).length, 3);
  });

  withStore(
    'a request without times has those of its arrival, and is the same when it is sent again',
    async (store) => {
      const arriving = (time: number) => ({ purchases: [line({ time, isUntimed: true })], key: 'k1' });
      assert.equal(await store.append(arriving(1_700_000_000_000)), { accepted: 1, duplicates: 0 });
      assert.equal(await store.append(arriving(1_700_000_009_000)), { accepted: 0, duplicates: 1 });
      assert.is((await store.purchasesAfter(0, 10))[0].time, 1_700_000_000_000);
    },
  );

  withStore(
    'without a key, the same line of an order counts once, and another quantity of it is refused',
    async (store) => {
      assert.equal(await store.append({ purchases: [line()] }), { accepted: 1, duplicates: 0 });
      const again = { purchases: [line(), line({ product: 'cups' })] };
      assert.equal(await store.append(again), { accepted: 1, duplicates: 1 });
      const more = await endcapErrorOf(store.append({ purchases: [line({ product: 'pot' }), line({ quantity: 5 })] }));
      assert.is(more.code, 'conflict');
      assert.match(more.message, /order 'o1' has 1 of product 'tea', and not 5/);
      // A return has a name of its own. Lines of one request with one name are one line.
      const returned = {
        purchases: [line({ quantity: -1 }), line({ product: 'pot', quantity: 2 }), line({ product: 'pot' })],
      };
      assert.equal(await store.append(returned), { accepted: 3, duplicates: 0 });
      assert.equal(await store.append(returned), { accepted: 0, duplicates: 3 });
      assert.is((await store.purchasesAfter(0, 10)).length, 5);
    },
  );

  withStore('an order of another customer is refused, and nothing of the request is kept', async (store) => {
    await store.append({ purchases: [line()] });
    for (const purchases of [
      [line({ order: 'o2' }), line({ customer: 'bob' })],
      [line({ order: 'o2' }), line({ order: 'o2', customer: 'bob', product: 'cups' })],
    ]) {
      assert.is((await endcapErrorOf(store.append({ purchases }))).code, 'conflict');
      assert.is((await endcapErrorOf(store.append({ purchases, key: 'k' }))).code, 'conflict');
    }
    assert.is((await store.purchasesAfter(0, 10)).length, 1);
    // The key of a refused request is free.
    assert.equal(await store.append({ purchases: [line({ order: 'o2' })], key: 'k' }), { accepted: 1, duplicates: 0 });
  });

  withStore('requests of one moment count as they would one after the other', async (store) => {
    const requests: PurchaseRequest[] = Array.from({ length: 60 }, (_, i) => ({
      purchases: [line({ order: `o${i % 20}` }), line({ order: `o${i % 20}`, product: `p${i % 7}` })],
      ...(i % 3 === 0 && { key: `k${i % 12}` }),
    }));
    const results = await Promise.allSettled(requests.map((request) => store.append(request)));
    const accepted = results.map((result) => (result.status === 'fulfilled' ? result.value.accepted : 0));
    const stored = await store.purchasesAfter(0, 1000);
    assert.is(
      stored.length,
      accepted.reduce((sum, n) => sum + n, 0),
    );
    assert.equal(
      stored.map(({ seq }) => seq),
      Array.from(stored, (_, i) => i + 1),
    );
    const again = await Promise.allSettled(requests.map((request) => store.append(request)));
    assert.ok(again.every((result) => result.status === 'rejected' || result.value.accepted === 0));
  });

  withStore('products are replaced or changed field by field, and read by place', async (store) => {
    await store.putProducts([
      { product: 'tea', fields: { price: 3, name: 'Tea', available: true } },
      { product: 'cups', fields: { price: 9 } },
    ]);
    await store.patchProducts([
      { product: 'tea', fields: { available: false, name: null } },
      { product: 'new', fields: { available: true } },
    ]);
    await store.putProducts([{ product: 'cups', fields: { attributes: { size: 'L' } } }]);
    const after = await store.productsAfter(0, 10);
    assert.equal(
      after.map(({ product, fields }) => ({ product, fields })),
      [
        { product: 'tea', fields: { price: 3, available: false } },
        { product: 'new', fields: { available: true } },
        { product: 'cups', fields: { attributes: { size: 'L' } } },
      ],
    );
    assert.equal(await store.productsAfter(after[1].seq, 10), after.slice(2));
    assert.equal(await store.productsAfter(0, 1), after.slice(0, 1));
    assert.is(await store.lastSeq(), after[2].seq);
  });

  withStore('a product keeps the time at which it was first written', async (store) => {
    const start = Date.now();
    const fields = { available: true };
    await store.putProducts([{ product: 'tea', fields }]);
    const [{ addedAt }] = await store.productsAfter(0, 1);
    assert.ok(addedAt >= start && addedAt <= Date.now());
    while (Date.now() === addedAt);
    await store.putProducts([{ product: 'tea', fields }]);
    await store.patchProducts([
      { product: 'tea', fields },
      { product: 'cups', fields },
    ]);
    const [tea, cups] = await store.productsAfter(0, 10);
    assert.is(tea.addedAt, addedAt);
    assert.ok(cups.addedAt > addedAt);
  });

  withStore('settings are a text of their own, as it was last written', async (store) => {
    assert.is(await store.settings(), undefined);
    const text = '{"scenarios":{"Ä 🧀 home":{}}}';
    for (const each of ['{}', text]) {
      const before = await store.lastSeq();
      await store.putSettings(each);
      assert.is(await store.settings(), each);
      assert.ok((await store.lastSeq()) > before);
    }
    await store.erase('ann');
    assert.is(await store.settings(), text);
  });

  withStore('an erased customer leaves a hash, and may come back as a stranger', async (store) => {
    await store.append({ purchases: [line(), line({ product: 'cups' })], key: 'k-ann' });
    await store.append({ purchases: [line({ customer: 'bob', order: 'o2' })] });
    assert.equal(await store.erase('ann'), { purchases: 2, lists: 0 });
    assert.equal(await store.purchasesOf('ann'), []);
    const [erasure] = await store.erasuresAfter(0);
    assert.is(erasure.hash, store.hashOf('ann'));
    assert.equal(await store.erasuresAfter(erasure.seq), []);
    assert.equal(await store.append({ purchases: [line()] }), { accepted: 1, duplicates: 0 });
    assert.equal(await store.erase('ann'), { purchases: 1, lists: 0 });
    assert.equal(await store.erase('nobody'), { purchases: 0, lists: 0 });
    assert.is((await store.purchasesAfter(0, 10)).length, 1);
  });

  withStore('purchases from before a time can be removed', async (store) => {
    await store.append({
      purchases: [line({ time: 1 }), line({ time: 2, product: 'cups' }), line({ time: 3, order: 'o2' })],
    });
    assert.equal(await store.compact(3), { purchases: 2, lists: 0 });
    assert.equal(
      (await store.purchasesAfter(0, 10)).map(({ time }) => time),
      [3],
    );
    // Its order is gone, so that another customer may have the number.
    assert.equal(await store.append({ purchases: [line({ customer: 'bob' })] }), { accepted: 1, duplicates: 0 });
  });

  withStore('removing many purchases lets others in between, and no order loses its customer', async (store) => {
    const old = (order: string) =>
      Array.from({ length: 900 }, (_, k) => line({ order, product: `p${k}`, time: k + 1 }));
    for (const order of ['a', 'b', 'c']) await store.append({ purchases: old(order) });
    const compacting = store.compact(900);
    const added = ['a', 'b', 'c'].map((order) => store.append({ purchases: [line({ order, product: 'new' })] }));
    assert.equal(
      (await Promise.all(added)).map(({ accepted }) => accepted),
      [1, 1, 1],
    );
    assert.equal(await compacting, { purchases: 3 * 899, lists: 0 });
    assert.is((await store.purchasesAfter(0, 10)).length, 6);
    for (const order of ['a', 'b', 'c']) {
      const wrong = await endcapErrorOf(store.append({ purchases: [line({ order, customer: 'bob', product: 'x' })] }));
      assert.is(wrong.code, 'conflict');
    }
  });

  withStore('lists that were shown come back as they were, by customer and by place', async (store) => {
    const lists = [
      shown({ id: 'b', time: 5, products: ['tea', 'Tee "€"\n', '🧀'] }),
      shown({ id: 'c', time: 5, kind: 'similar', source: undefined }),
      shown({ id: 'a', time: 6, scenario: 'home', experiment: 'taste', arm: 'popular' }),
      shown({ id: 'd', time: 1, customer: "bob'; --" }),
    ];
    await store.recordShown!(lists.slice(0, 1));
    await Promise.all([
      store.recordShown!([lists[3], lists[2]]),
      store.recordShown!([lists[1]]),
      store.recordShown!([]),
    ]);
    assert.equal(await store.shownTo!('ann', 10), [lists[2], lists[1], lists[0]].map(bareList));
    assert.equal(await store.shownTo!('ann', 1), [lists[2]].map(bareList));
    assert.equal(await store.shownTo!('ann', 1, lists[2]), [lists[1]].map(bareList));
    assert.equal(await store.shownTo!('ann', 10, lists[1]), [lists[0]].map(bareList));
    assert.equal(await store.shownTo!('ann', 10, lists[0]), []);
    assert.equal(await store.shownTo!('nobody', 10), []);
    const all: ShownList[] = [];
    for (let page = await store.shownAfter!(undefined, 1); page.length > 0; page = await store.shownAfter!(page[0], 1))
      all.push(...page);
    assert.equal(
      all.filter(({ customer }) => customer === 'ann'),
      lists.slice(0, 3).map(bareList),
    );
    assert.equal(await store.shownAfter!(undefined, 10), all);
    assert.is(all.length, 4);
    // Nobody follows them by place.
    assert.is(await store.lastSeq(), 0);
  });

  withStore('what several customers bought comes in one answer', async (store) => {
    const lines = ['ann', 'bob', 'ann', 'cid'].map((customer, i) => line({ customer, order: `o${i}` }));
    for (const each of lines) await store.append({ purchases: [each] });
    const found = await store.purchasesOfAll!(['cid', 'ann', 'nobody', 'ann'], 10);
    assert.equal(found.map(bare), [lines[0], lines[2], lines[3]]);
    const newest = await store.purchasesOfAll!(['cid', 'ann'], 1);
    assert.equal(newest.map(bare), [lines[2], lines[3]]);
    assert.equal(await store.purchasesOfAll!([], 10), []);
  });

  withStore('customers are found by how their ids begin, each once, and whoever was erased is not', async (store) => {
    const ids = [
      'a',
      'A',
      'ab',
      'aé',
      'a\u{10ffff}',
      'a\ud7ff',
      'a\ue000',
      'a%_',
      'b',
      "b'; --",
      'é',
      '😀',
      '\u{10ffff}b',
      'gone',
    ];
    // Who buys for all strangers has very many orders.
    const orders = [...ids, ...Array.from({ length: 300 }, () => 'a')];
    await store.append({ purchases: orders.map((customer, i) => line({ customer, order: `o${i}` })) });
    await store.erase('gone');
    const asBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    const expected = ids.filter((id) => id !== 'gone').sort(asBytes);
    for (const prefix of [
      'a',
      'ab',
      'A',
      'a%',
      'a\ud7ff',
      'a\u{10ffff}',
      '\u{10ffff}',
      'b',
      'é',
      '😀',
      'g',
      'gone',
      "b';",
    ])
      for (const limit of [1, 3, 100])
        assert.equal(
          await store.customersWithPrefix!(prefix, limit),
          expected.filter((id) => id.startsWith(prefix)).slice(0, limit),
          `${prefix}, ${limit}`,
        );
  });

  withStore('lists of whoever was erased are gone, and none is kept of them afterwards', async (store) => {
    await store.append({ purchases: [line()] });
    await store.recordShown!([shown({ id: 'a' }), shown({ id: 'b' }), shown({ id: 'c', customer: 'bob' })]);
    const late = [shown({ id: 'd' }), shown({ id: 'e', customer: 'bob' })];
    assert.equal(await store.erase('ann'), { purchases: 1, lists: 2 });
    await store.recordShown!(late);
    const [erased] = await Promise.all([store.erase('cid'), store.recordShown!([shown({ customer: 'cid' })])]);
    assert.is(erased.purchases, 0);
    assert.equal(
      (await store.shownAfter!(undefined, 10)).map(({ id }) => id),
      ['c', 'e'],
    );
  });

  withStore('old lists can be removed, however many there are', async (store) => {
    // More than one transaction removes, and as many of one moment.
    const lists = Array.from({ length: 2600 }, (_, i) => shown({ id: `${i}`, time: i < 1300 ? i : 2000 }));
    await store.recordShown!(lists);
    await store.recordShown!([shown({ id: 'new', time: 2001 })]);
    assert.equal(await store.compact(0), { purchases: 0, lists: 0 });
    assert.equal(await store.compact(0, 1250), { purchases: 0, lists: 1250 });
    assert.equal(await store.compact(0, 2001), { purchases: 0, lists: 1350 });
    assert.equal(
      (await store.shownAfter!(undefined, 10)).map(({ id }) => id),
      ['new'],
    );
  });

  withStore('a list that no database holds is passed over, and costs nobody else anything', async (store) => {
    const [receipt] = await Promise.all([
      store.append({ purchases: [line()] }),
      store.recordShown!([
        shown({ id: 'a', model: 'm\0' }),
        shown({ id: 'b', customer: 'x'.repeat(2000) }),
        shown({ id: 'c', time: Number.NaN }),
        shown({ id: 'd', products: ['p\0', '\ud83e'] }),
      ]),
    ]);
    assert.equal(receipt, { accepted: 1, duplicates: 0 });
    assert.equal(await store.shownTo!('ann', 10), [bareList(shown({ id: 'd', products: ['p\0', '\ud83e'] }))]);
  });

  withStore('while too many lines wait, requests are refused at once, and later taken', async (store) => {
    const requestOf = (i: number) => ({
      purchases: Array.from({ length: maxRequestLines }, (_, k) => line({ order: `o${i}`, product: `p${k}` })),
    });
    const results = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => store.append(requestOf(i))));
    const refused = results.filter((result) => result.status === 'rejected');
    assert.is(refused.length, 2);
    assert.is((refused[0] as PromiseRejectedResult).reason.code, 'store_busy');
    assert.equal(await store.append(requestOf(12)), { accepted: 1000, duplicates: 0 });
  });

  withStore('any sequence of requests leaves what a plain list of them would', async (store) => {
    let round = 0;
    const purchase = fc.record({
      customer: fc.constantFrom('ann', 'bob'),
      order: fc.constantFrom('1', '2', '3'),
      product: fc.constantFrom('a', 'b'),
      quantity: fc.constantFrom(1, 2, -1),
    });
    const request = fc.record(
      { purchases: fc.array(purchase, { minLength: 1, maxLength: 4 }), key: fc.constantFrom('x', 'y') },
      { requiredKeys: ['purchases'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 12 }), async (given) => {
        round++;
        // Rounds share a store, not their orders and keys.
        const requests = given.map(({ purchases, key }) => ({
          purchases: purchases.map((p) => line({ ...p, order: `${round}-${p.order}` })),
          ...(key && { key: `${round}-${key}` }),
        }));
        const before = await store.lastSeq();
        const results = await Promise.allSettled(requests.map((r) => store.append(r)));
        const plain = plainStore();
        const expected = requests.map(plain.append);
        assert.equal(
          results.map((r) => (r.status === 'fulfilled' ? r.value : (r.reason as { code: string }).code)),
          expected,
        );
        assert.equal((await store.purchasesAfter(before, 1000)).map(bare), plain.lines);
      }),
      { numRuns: kind === 'sqlite' ? 40 : 15 },
    );
  });

  test.run();
}

/** The same rules over a list. */
function plainStore() {
  const lines: Purchase[] = [];
  const keys = new Map<string, string>();
  return {
    lines,
    append({ purchases, key }: PurchaseRequest) {
      const body = JSON.stringify(purchases);
      if (key !== undefined && keys.has(key))
        return keys.get(key) === body ? { accepted: 0, duplicates: purchases.length } : 'conflict';
      const owners = new Map([...lines].reverse().map((p) => [p.order, p.customer]));
      for (const { order, customer } of purchases) {
        if ((owners.get(order) ?? customer) !== customer) return 'conflict';
        owners.set(order, customer);
      }
      let duplicates = 0;
      const fresh: Purchase[] = [];
      const same = (a: Purchase) => (b: Purchase) =>
        a.order === b.order && a.product === b.product && a.quantity < 0 === b.quantity < 0;
      const units = (of: Purchase[]) => of.reduce((sum, p) => sum + p.quantity, 0);
      if (key === undefined) {
        for (const p of purchases) {
          const had = lines.filter(same(p));
          if (had.length > 0 && units(had) !== units(purchases.filter(same(p)))) return 'conflict';
        }
        for (const p of purchases) if (lines.some(same(p))) duplicates++;
        // Lines of one name go together, where the first one stands.
        for (const p of purchases)
          if (!lines.some(same(p)) && !fresh.some(same(p))) fresh.push(...purchases.filter(same(p)));
      } else {
        keys.set(key, body);
        fresh.push(...purchases);
      }
      lines.push(...fresh);
      return { accepted: fresh.length, duplicates };
    },
  };
}

process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
if (typeof postgres !== 'string') {
  const last = suite('store: end');
  last('the server of the tests stops', () => postgres.stop());
  last.run();
}
