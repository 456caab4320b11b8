import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ProductEvidence, whyNotProduct } from '../../../src/dataset/unlisted/not-products.ts';

const test = suite('what is not a product');

const usual = { lowestAboveZero: 5, highest: 6, lowest: 5, share: 0.1, single: false };
const why = (id: string, name: string | undefined, evidence: Partial<ProductEvidence> = {}) =>
  whyNotProduct({ id, name, ...usual, ...evidence });

test('an id or name that says nothing but postage, a discount, a voucher, or a fee', () => {
  for (const [id, name] of [
    ['SHIPPING', 'DHL parcel'],
    ['S-1', 'Standard Shipping (EU)'],
    ['POST', 'POSTAGE'],
    ['DOT', 'DOTCOM POSTAGE'],
    ['BANK CHARGES', 'Bank Charges'],
    ['0', 'Gift Card - $50'],
    ['c', 'Coupon SUMMER10'],
    ['v', 'Versandkosten (DHL)'],
    ['PFAND-25', undefined],
    ['GUTSCHEIN50', 'Gutschein 50 €'],
    ['p', 'Pfand 0,25 EUR'],
    ['f', 'Frais de port'],
    ['l', 'Livraison Colissimo'],
    ['e', 'Gastos de envío'],
    ['i', 'Spese di spedizione'],
    ['n', 'Verzendkosten'],
    ['j', '送料'],
    ['b', 'Carrier bag'],
  ] as const)
    assert.match(why(id, name) ?? `${id} is a product`, /^it is called "/, `${id} ${name}`);
});

test('a product that has such a word in its name is a product', () => {
  for (const [id, name] of [
    ['x', 'Shipping container toy'],
    ['x', 'Gift bag'],
    ['x', 'Gift card holder'],
    ['x', 'Gutschein-Tasse'],
    ['x', 'Courier bag'],
    ['x', 'Delivery van'],
    ['DELIVERY-VAN', undefined],
    ['x', 'Special Delivery'],
    ['x', 'Porto 10'],
    ['x', 'Discount Card Game'],
    ['85123A', 'CREAM HANGING HEART T-LIGHT HOLDER'],
    ['M', 'T-shirt'],
    ['x', 'Manual'],
    ['', ''],
  ] as const)
    assert.is(why(id, name), undefined, `${id} ${name}`);
});

test('a word that may mean a product counts together with prices of every size, no price, or a place in many orders', () => {
  assert.is(why('M', 'Manual', { highest: 400 }), 'it is called "manual" and costs 5 to 400');
  assert.is(
    why('x', 'Bag', { highest: 0, lowest: 0, lowestAboveZero: Number.NaN }),
    'it is called "bag" and costs nothing',
  );
  assert.is(why('x', 'Porto', { share: 0.42 }), 'it is called "porto" and is in 42 % of the orders');
  assert.is(why('x', 'Tea', { highest: 400 }), undefined);
});

test('what is sold below zero, and never above', () => {
  const below = { highest: -4, lowest: -5, lowestAboveZero: Number.NaN };
  assert.is(why('x', 'Tea', below), 'it is sold below zero');
  assert.is(why('x', 'Tea', { ...below, highest: 0 }), 'it is never sold above zero');
  assert.is(why('x', 'Tea', { lowest: -5 }), undefined, 'a correction of a price');
  assert.is(why('x', 'Tea', { highest: Number.NaN, lowest: Number.NaN, lowestAboveZero: Number.NaN }), undefined);
});

test('what is in nearly every order, once each, at very different prices', () => {
  const everywhere = { share: 0.9, single: true, highest: 20 };
  assert.is(why('9999', 'Hantering', everywhere), 'it is in 90 % of the orders, once each, for 5 to 20');
  assert.is(why('9999', 'Milk', { ...everywhere, highest: 6 }), undefined);
  assert.is(why('9999', 'Milk', { ...everywhere, single: false }), undefined);
});

test.run();
