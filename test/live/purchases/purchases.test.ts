import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkedKey, readPurchases } from '../../../src/live/purchases/purchases.ts';
import { createShopIds } from '../../../src/live/shop-ids.ts';

const test = suite('purchases');
const cleaning = createShopIds({ metadata: { idCleaning: 1 } } as never);
const plain = createShopIds({ metadata: {} } as never);
const line = { customer: 'ann', order: 'o1', product: 'tea', quantity: 1 };

test('ids are cleaned as those of the orders were', () => {
  const given = { customer: ' Ann@Shop.example ', order: 17.0, product: "'0042", quantity: 2 };
  const [cleaned] = readPurchases([given], cleaning);
  assert.equal([cleaned.customer, cleaned.order, cleaned.product], ['ann@shop.example', '17', '0042']);
  const [kept] = readPurchases([given], plain);
  assert.equal([kept.customer, kept.order, kept.product], [' Ann@Shop.example ', '17', "'0042"]);
});

test('times are text with a zone or milliseconds, and now by default', () => {
  const timeOf = (time?: string | number) => readPurchases([{ ...line, time }], cleaning)[0].time;
  assert.is(timeOf('2026-01-31T12:00:00+01:00'), Date.UTC(2026, 0, 31, 11));
  assert.is(timeOf(1_700_000_000_000), 1_700_000_000_000);
  assert.ok(Math.abs(timeOf() - Date.now()) < 1000);
  assert.ok(timeOf(Date.now() + 4 * 60_000) > Date.now());
});

test('what is wrong is named by its place', () => {
  for (const [field, values] of Object.entries({
    customer: ['', null, 'NULL', {}],
    order: [undefined, '  '],
    product: ['x'.repeat(501)],
    quantity: [0, 1.5, '2', 1e7, undefined],
    time: ['2026-01-31', '2026-01-31T12:00:00', 1_700_000_000, Date.now() + 6 * 60_000],
    recommendation: ['', 'r\0', 'r\ud800'],
    price: [3],
  }))
    for (const value of values)
      assert.throws(
        () => readPurchases([line, { ...line, [field]: value } as never], cleaning),
        new RegExp(`^purchases\\[1\\]\\.${field}.*: expected `),
        `${field}: ${value}`,
      );
  for (const wrong of [[], 'tea', new Array(1001).fill(line)])
    assert.throws(() => readPurchases(wrong as never, cleaning), /^purchases: expected a list of 1 to 1000/);
  for (const key of ['', 'x'.repeat(256), 3]) assert.throws(() => checkedKey(key), /^key: expected text/);
  assert.is(checkedKey(undefined), undefined);
});

test.run();
