import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { attributed } from '../../../src/live/attribution/attributed.ts';
import type { Outcome } from '../../../src/live/attribution/outcomes.ts';
import { reportedShop } from '../../../src/live/attribution/reported-shop.ts';
import { learnedByPlace } from '../../../src/live/purchases/learned.ts';
import type { StoredPurchase } from '../../../src/live/store/store.ts';
import { smallModel } from '../../model/models.ts';
import { line } from '../../support/purchases.ts';

const test = suite('what reports ask of a shop');

const model = smallModel();
const [customer] = model.customers;
const row = (ids: readonly string[]) => (id: string | number) => {
  const found = ids.indexOf(String(id));
  return found < 0 ? undefined : found;
};
const shopOf = (learnedSeq: number) =>
  reportedShop({
    model,
    catalogue: { fieldsOf: () => undefined } as never,
    learned: learnedByPlace(learnedSeq),
    customerRow: row(model.customers),
    productRow: row(model.products),
  });

function outcomeOf(purchases: readonly StoredPurchase[]): Outcome {
  return { customer, lists: [], purchases, lines: attributed([], purchases, 30) };
}

const stored = (product: string, seq: number, quantity = 1): StoredPurchase => ({
  ...line({ customer, product, quantity, order: `o${seq}`, time: 10 * seq }),
  seq,
});

test('what a customer had before is what they bought earlier, of the store or in orders of the model beyond it', () => {
  const { products, offsets, orders } = model.purchases;
  const inModel = model.products[products[offsets[0]]];
  const ordersOfIt = orders?.[offsets[0]] ?? 1;
  const ofIt = Array.from({ length: ordersOfIt }, (_, i) => stored(inModel, 4 + i));
  const outcome = outcomeOf([stored('cups', 1), stored('cups', 2), stored('pot', 3, -1), ...ofIt]);
  const shop = shopOf(0);
  const had = (product: string, time: number, of = shop) => of.hadBefore(outcome, { product, time } as never);
  assert.equal([had('cups', 10), had('cups', 11), had('cups', 20)], [false, true, true]);
  assert.equal([had('pot', 99), had('jam', 99)], [false, false]);
  assert.equal([had(inModel, 40), had(inModel, 40, shopOf(3 + ordersOfIt))], [true, false]);
});

test('all that a customer bought is looked through once, however often it is asked for', () => {
  const count = 500;
  let looked = 0;
  const counted = <Of extends object>(given: Of): Of =>
    new Proxy(given, {
      get(target, field) {
        looked++;
        return Reflect.get(target, field);
      },
    });
  const { lines, purchases, ...rest } = outcomeOf(Array.from({ length: count }, (_, i) => stored(`p${i}`, i + 1)));
  const outcome = { ...rest, lines: lines.map(counted), purchases: purchases.map(counted) };
  const shop = shopOf(count);
  for (const line of lines) assert.is(shop.hadBefore(outcome, line), false);
  assert.ok(looked < 20 * count, `${looked}`);
});

test.run();
