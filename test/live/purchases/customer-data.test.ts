import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { customerDataOf } from '../../../src/live/purchases/customer-data.ts';
import { placeOf, placePattern, textOfPlace } from '../../../src/live/purchases/customer-place.ts';
import type { CustomerData } from '../../../src/live/shop-answers.ts';
import type { ShopStore, ShownList, StoredPurchase } from '../../../src/live/store/store.ts';
import { smallModel } from '../../model/models.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { line } from '../../support/purchases.ts';

const test = suite('what there is of a customer');
const model = smallModel();
const customer = model.customers[0];

type Served = Parameters<typeof customerDataOf>[0];
const served = {
  model,
  customerRow: (id: string | number) =>
    model.customers.includes(String(id)) ? model.customers.indexOf(String(id)) : undefined,
  ids: { customer: String },
  learned: { has: ({ seq }: { seq: number }) => seq <= 3 },
} as unknown as Served;

const purchases = Array.from(
  { length: 25 },
  (_, i): StoredPurchase => ({ ...line({ customer, order: `o${i}` }), seq: i + 1 }),
);
/** Two of a moment each, newest first. */
const lists = Array.from(
  { length: 7 },
  (_, i): ShownList => ({
    ...{ id: `é${9 - i}`, customer, time: 1e12 - (i >> 1), kind: 'recommend', model: 'm', products: ['tea'] },
  }),
);
const store = {
  kind: 'test',
  async purchasesOf(id: string, limit = Infinity, before = Infinity) {
    return purchases.filter((each) => each.customer === id && each.seq < before).slice(-limit);
  },
  async shownTo(id: string, limit: number, before?: Pick<ShownList, 'id'>) {
    const from = before ? lists.findIndex((list) => list.id === before.id) + 1 : 0;
    return id === customer ? lists.slice(from, from + limit) : [];
  },
} satisfies Pick<ShopStore, 'kind' | 'purchasesOf' | 'shownTo'>;

async function pagesOf(size: { purchases: number; lists: number; products: number }, of = store, id = customer) {
  const pages: CustomerData[] = [];
  for (let next: string | undefined, page: CustomerData | undefined; ; next = page.next) {
    page = await customerDataOf(served, of, id, { ...size, ...(next !== undefined && { next }) });
    if (!page) return pages;
    pages.push(page);
    if (page.next === undefined) return pages;
  }
}

test('whatever the size of a page, all of it comes once, newest first', async () => {
  const [whole, ...rest] = await pagesOf({ purchases: 100, lists: 100, products: 100 });
  assert.equal(rest, []);
  assert.equal(
    whole.purchases.map(({ order, isLearned }) => [order, isLearned]),
    purchases.map(({ order, seq }) => [order, seq <= 3]).reverse(),
  );
  assert.equal(
    whole.lists.map(({ id }) => id),
    lists.map(({ id }) => id),
  );
  assert.ok(whole.model!.products.length > 1);
  for (const [size, pages] of [
    [{ purchases: 25, lists: 7, products: whole.model!.products.length }, 1],
    [{ purchases: 24, lists: 7, products: 50 }, 2],
    [{ purchases: 10, lists: 2, products: 1 }, Math.max(4, whole.model!.products.length)],
    [{ purchases: 1, lists: 1, products: 1 }, 25],
  ] as const) {
    const found = await pagesOf(size);
    assert.is(found.length, pages, JSON.stringify(size));
    for (const part of ['purchases', 'lists'] as const)
      assert.equal(
        found.flatMap((page): unknown[] => page[part]),
        whole[part],
      );
    assert.equal(
      found.flatMap((page) => page.model!.products),
      whole.model!.products,
    );
    for (const page of found) assert.ok(page.purchases.length <= size.purchases && page.lists.length <= size.lists);
  }
});

test('what is not asked for is on no page, and keeps none going', async () => {
  const found = await pagesOf({ purchases: 20, lists: 0, products: 0 });
  assert.is(found.length, 2);
  for (const page of found) assert.equal([page.lists, page.model!.products], [[], []]);
  assert.equal(await pagesOf({ purchases: 5, lists: 5, products: 5 }, store, 'nobody'), []);
});

test('a place is a text that URLs take as it is, and anything else is refused', async () => {
  const places = [
    { purchase: 12, list: { time: 1e12, id: 'PADt4-0r9q_KZ' }, product: 'tea' },
    { purchase: null, list: { time: 0, id: 'é\u{1f600}\ufeff' }, product: null },
    { purchase: null, list: null, product: '\ufeffNaïve, 50 % "off"' },
  ];
  for (const place of places) {
    const text = textOfPlace(place)!;
    assert.is(encodeURIComponent(text), text);
    assert.match(text, new RegExp(placePattern));
    assert.equal(placeOf(text), place);
  }
  assert.is(textOfPlace({ purchase: null, list: null, product: null }), undefined);
  for (const wrong of ['', '1', '1..zz', '1.5..', '-1..', '..00', '1.2.', 'x'.repeat(1e5), 7 as unknown as string]) {
    const { code, details } = await endcapErrorOf((async () => placeOf(wrong))());
    assert.equal([code, details.option], ['invalid_options', 'next'], String(wrong));
  }
});

test('a store that does not go on where a page ended is told so, and nobody asks it for ever', async () => {
  const deaf: [string, typeof store][] = [
    ['purchasesOf', { ...store, purchasesOf: (id, limit) => store.purchasesOf(id, limit) }],
    ['shownTo', { ...store, shownTo: (id, limit) => store.shownTo(id, limit) }],
  ];
  for (const [method, own] of deaf) {
    const { code, message } = await endcapErrorOf(pagesOf({ purchases: 5, lists: 2, products: 0 }, own));
    assert.is(code, 'store_failed');
    assert.match(message, `the store 'test' does not go on where a page ended: ${method} `);
  }
});

test.run();
