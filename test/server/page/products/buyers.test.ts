import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { forgetCustomer } from '../../../../src/live/erasing/in-memory.ts';
import { buyersOf } from '../../../../src/server/page/products/buyers.ts';
import { smallModel } from '../../../model/models.ts';
import { piecesOf, resultOf } from '../../../support/pieces.ts';

const test = suite('buyers of a product');

test('they are what plain counting gives', () => {
  const anyPair = fc.record({ product: fc.nat(4), orders: fc.integer({ min: 1, max: 3 }), units: fc.nat(9) });
  const anyCustomer = fc.uniqueArray(anyPair, { selector: ({ product }) => product });
  fc.assert(
    fc.property(fc.array(anyCustomer, { maxLength: 12 }), fc.integer({ min: 1, max: 4 }), (customers, limit) => {
      const pairs = customers.map((own) => own.sort((a, b) => a.product - b.product));
      let end = 0;
      const all = pairs.flat();
      const model = {
        customers: customers.map((_, row) => `c${String(row).padStart(2, '0')}`),
        purchases: {
          offsets: Uint32Array.from([0, ...pairs.map((own) => (end += own.length))]),
          products: Uint32Array.from(all, ({ product }) => product),
          orders: Uint32Array.from(all, ({ orders }) => orders),
          quantities: Float32Array.from(all, ({ units }) => units),
        },
      };
      for (let product = 0; product < 5; product++) {
        const bought = pairs.flatMap((own, row) =>
          own.filter((pair) => pair.product === product).map(({ orders, units }) => ({ row, orders, units })),
        );
        const sum = (of: (one: (typeof bought)[number]) => number) => bought.reduce((total, one) => total + of(one), 0);
        const { top, ...counts } = resultOf(buyersOf(model, product, limit));
        assert.equal(counts, {
          buyers: bought.length,
          again: bought.filter(({ orders }) => orders > 1).length,
          orders: sum(({ orders }) => orders),
          units: sum(({ units }) => units),
        });
        const best = bought.sort((a, b) => b.orders - a.orders || b.units - a.units || a.row - b.row).slice(0, limit);
        assert.equal(
          top.map(({ row, orders, units }) => ({ row, orders, units })),
          best,
        );
      }
    }),
  );
});

test('customers who were erased are not counted', () => {
  const model = smallModel();
  assert.equal(
    resultOf(buyersOf(model, 1, 9)).top.map(({ row }) => row),
    [2, 0],
  );
  for (const row of [0, 2]) {
    const left = structuredClone(model);
    forgetCustomer(left, row);
    assert.is(resultOf(buyersOf(left, 1, 9)).buyers, 1);
    assert.is(resultOf(buyersOf(left, 0, 9)).buyers, row === 0 ? 0 : 1);
  }
});

test('a product that nobody bought has none, and many pairs are looked at in pieces', () => {
  const customers = Array.from({ length: 300_000 }, (_, row) => String(row).padStart(6, '0'));
  const offsets = Uint32Array.from({ length: customers.length + 1 }, (_, row) => row);
  const purchases = { offsets, products: new Uint32Array(customers.length).fill(3) };
  assert.equal(resultOf(buyersOf({ customers, purchases }, 7, 5)), {
    buyers: 0,
    again: 0,
    orders: 0,
    units: 0,
    top: [],
  });
  assert.ok(piecesOf(buyersOf({ customers, purchases }, 3, 5)) >= 3);
  assert.is(resultOf(buyersOf({ customers, purchases }, 3, 5)).buyers, 300_000);
});

test.run();
