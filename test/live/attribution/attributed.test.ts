import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { attributed, type BoughtLine } from '../../../src/live/attribution/attributed.ts';
import type { ShownList, StoredPurchase } from '../../../src/live/store/store.ts';
import { line } from '../../support/purchases.ts';

const test = suite('which list a purchase followed');
const dayMs = 86_400_000;

const list = (id: string, time: number, ...products: string[]): ShownList => ({
  ...{ id, time, products, customer: 'ann', kind: 'recommend', model: 'm1' },
});
let seq = 0;
const bought = (product: string, time: number, given: Partial<StoredPurchase> = {}): StoredPurchase => ({
  ...line({ product, time, order: `o${seq}` }),
  ...{ seq: ++seq, ...given },
});
const followed = (lines: readonly BoughtLine[]) =>
  lines.map(({ product, units, list, by }) => [product, units, list?.id, by]);

test('a purchase follows the latest list of the days before that held the product', () => {
  const lists = [list('a', 10, 'tea', 'cups'), list('b', 20, 'tea'), list('c', 30, 'pot'), list('d', 50, 'tea')];
  const lines = attributed(lists, [bought('tea', 40), bought('cups', 41), bought('pot', 29), bought('jam', 60)], 1);
  assert.equal(followed(lines), [
    ['pot', 1, undefined, undefined],
    ['tea', 1, 'b', 'product'],
    ['cups', 1, 'a', 'product'],
    ['jam', 1, undefined, undefined],
  ]);
  // In the same moment, and as late as can be.
  const edges = attributed(lists, [bought('tea', 50), bought('pot', 30 + dayMs), bought('cups', 11 + dayMs)], 1);
  assert.equal(
    edges.map(({ list }) => list?.id),
    ['d', undefined, 'c'],
  );
});

test('one that names a list of the customer that held the product follows that', () => {
  const lists = [list('a', 10, 'tea'), list('b', 20, 'tea'), list('c', 90, 'tea')];
  const named = (recommendation: string) => followed(attributed(lists, [bought('tea', 40, { recommendation })], 1))[0];
  assert.equal(named('a'), ['tea', 1, 'a', 'id']);
  // Forged, another customer's, later than the purchase: as if it named none.
  for (const id of ['x', '', 'c']) assert.equal(named(id), ['tea', 1, 'b', 'product']);
  const [other] = attributed(lists, [bought('jam', 40, { recommendation: 'a' })], 1);
  assert.is(other.list, undefined);
});

test('a product of an order counts once, less what is sent back', () => {
  const lists = [list('a', 10, 'tea')];
  const order = 'w1';
  const lines = attributed(
    lists,
    [
      bought('tea', 20, { order, quantity: 2 }),
      bought('tea', 30, { order, quantity: 1, recommendation: 'a' }),
      bought('tea', 25, { order: 'w2', quantity: 5 }),
      bought('tea', 35, { order: 'r', quantity: -6 }),
      bought('tea', 36, { order, quantity: -1 }),
    ],
    1,
  );
  // The return without an order of its own takes the five of w2, which came last, and one of w1.
  assert.equal(followed(lines), [
    ['tea', 1, 'a', 'id'],
    ['tea', 0, 'a', 'product'],
  ]);
  assert.equal(followed(attributed(lists, [bought('tea', 20), bought('tea', 15, { quantity: -1 })], 1)), [
    ['tea', 1, 'a', 'product'],
  ]);
});

test('it is what a plain search finds, whatever was shown and bought', () => {
  const times = fc.integer({ min: 0, max: 6 });
  const products = fc.constantFrom('a', 'b', 'c');
  const ids = fc.constantFrom('0', '1', '2', '3', 'forged');
  const shown = fc.record({ time: times, products: fc.uniqueArray(products, { maxLength: 3 }) });
  const purchase = fc.record(
    {
      time: times,
      product: products,
      order: fc.constantFrom('x', 'y'),
      quantity: fc.constantFrom(1, 2, -1),
      recommendation: ids,
    },
    { requiredKeys: ['time', 'product', 'order', 'quantity'] },
  );
  fc.assert(
    fc.property(fc.array(shown, { maxLength: 5 }), fc.array(purchase, { maxLength: 6 }), (given, sold) => {
      // A day is a unit of time, so that three are the window.
      const lists = given
        .map((each, i) => list(`${i}`, each.time * dayMs, ...each.products))
        .sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
      const purchases = sold.map((each, i) =>
        bought(each.product, each.time * dayMs, { ...each, seq: i, time: each.time * dayMs }),
      );
      const lines = attributed(lists, purchases, 3);
      const expected = plainly(lists, purchases);
      assert.equal(
        lines.map(({ order, product, list, units }) => `${order} ${product} ${list?.id} ${units}`).sort(),
        expected.sort(),
      );
      assert.ok(lines.every(({ time }, i) => i === 0 || lines[i - 1].time <= time));
    }),
    { numRuns: 2000 },
  );
});

/** The same, by looking at everything for each product of each order. */
function plainly(lists: readonly ShownList[], purchases: readonly StoredPurchase[]): string[] {
  const inTurn = [...purchases].sort((a, b) => a.time - b.time || a.seq - b.seq);
  const lines: { order: string; product: string; time: number; ids: unknown[]; units: number }[] = [];
  for (const { order, product, time, quantity, recommendation } of inTurn) {
    if (quantity < 0) continue;
    const known = lines.find((each) => each.order === order && each.product === product);
    if (known) {
      known.units += quantity;
      known.ids.push(recommendation);
    } else lines.push({ order, product, time, units: quantity, ids: [recommendation] });
  }
  for (const { order, product, time, quantity } of inTurn) {
    for (let unit = 0; unit < -quantity; unit++) {
      const left = lines.filter((each) => each.product === product && each.units > 0);
      const from = left.find((each) => each.order === order) ?? left.filter((each) => each.time <= time).at(-1);
      if (from) from.units--;
    }
  }
  return lines.map(({ order, product, time, ids, units }) => {
    const could = lists.filter(
      (each) => each.products.includes(product) && each.time <= time && each.time >= time - 3 * dayMs,
    );
    const named = ids.flatMap((id) => could.find((each) => each.id === id) ?? [])[0];
    return `${order} ${product} ${(named ?? could.at(-1))?.id} ${units}`;
  });
}

test.run();
