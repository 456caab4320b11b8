import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { refuseBroken } from '../../../src/dataset/check.ts';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import type { NamedFactors } from '../../../src/exchange/import/ids.ts';
import { joinIds, noOrders } from '../../../src/exchange/import/joined.ts';
import { createPlaces, indexOf } from '../../../src/exchange/import/places.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';

const test = suite('joinIds');
const orders = await readOrders(sampleOrders({ lines: 3000 }), { productsOut: ['TEA*'] });

/** Factors of these ids, out of their order. */
function named(ids: readonly string[]): NamedFactors {
  const mixed = ids.toSorted((a, b) => (a.at(-1)! + a < b.at(-1)! + b ? -1 : 1));
  const places = createPlaces('table');
  const values = new Float32Array(mixed.length);
  return { source: 'table', ids: mixed, factors: 1, values, places, notes: [], index: indexOf(mixed, places, 'id') };
}

/** Ids between, before, and after those of the orders. */
const strangers = (ids: readonly string[]) => [' ', ...ids.filter((_, i) => i % 5 === 0).map((id) => `${id}a`), '~'];

/** What a dataset says, by ids. */
function said({ customers, products, productInfo, purchases, history, returned, unlisted, byProduct }: Dataset) {
  const rowsOf = (offsets: Uint32Array, row: number) =>
    Array.from({ length: offsets[row + 1] - offsets[row] }, (_, i) => offsets[row] + i);
  const bought = customers.flatMap((id, c) =>
    rowsOf(purchases.offsets, c).map((pair) => [
      id,
      products[purchases.products[pair]],
      purchases.quantities?.[pair],
      purchases.orders?.[pair],
      purchases.lastPurchase?.[pair],
    ]),
  );
  const placed = customers.flatMap((id, c) =>
    rowsOf(history!.offsets, c).map((order) => [
      id,
      history!.times?.[order],
      rowsOf(history!.starts, order).map((line) => [products[history!.products[line]], history!.quantities?.[line]]),
    ]),
  );
  const sentBack = customers.flatMap((id, c) =>
    rowsOf(returned!.offsets, c).map((pair) => [id, products[returned!.products[pair]]]),
  );
  const buyers = products.flatMap((id, p) =>
    rowsOf(byProduct.offsets, p).map((pair) => [id, customers[byProduct.customers[pair]]]),
  );
  const infos = products.flatMap((id, p) => (Object.keys(productInfo[p]).length > 0 ? [[id, productInfo[p]]] : []));
  return { bought, placed, sentBack, buyers, infos, unlisted: Array.from(unlisted!, (row) => products[row]) };
}

test('orders say the same by rows that others have joined', () => {
  const [customers, products] = [orders.customers, orders.products].map((ids) =>
    named([...ids.filter((_, i) => i % 3 !== 0), ...strangers(ids)]),
  );
  const joined = joinIds(orders, customers, products);
  refuseBroken(joined.dataset);
  assert.ok(orders.returned!.products.length > 0 && orders.unlisted!.length > 0);
  assert.equal(said(joined.dataset), said(orders));
  for (const [ids, places, { ids: given }, before] of [
    [joined.dataset.customers, joined.customers, customers, orders.customers],
    [joined.dataset.products, joined.products, products, orders.products],
  ] as const) {
    assert.equal([...ids], [...new Set([...before, ...given])].sort());
    assert.equal(
      ids.map((id) => given.indexOf(id)),
      [...places],
    );
  }
});

test('factors alone make a dataset of customers who bought nothing', () => {
  const { dataset, customers } = joinIds(noOrders, named(['b', 'a']), named(['x']));
  refuseBroken(dataset);
  assert.equal([dataset.customers, dataset.products, [...customers].sort()], [['a', 'b'], ['x'], [0, 1]]);
  assert.equal([[...dataset.purchases.offsets], dataset.purchases.products.length], [[0, 0, 0], 0]);
});

test.run();
