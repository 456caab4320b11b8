import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isUsualName, ranksOf } from '../../../src/orders/columns/names.ts';
import type { Role } from '../../../src/orders/columns/roles.ts';
import { rolesIn } from './looks.ts';

const test = suite('names of columns');

const rolesOf = (name: string) => Object.keys(ranksOf(name)).sort() as Role[];

test('an export in each language is recognized', () => {
  const records = `1001|a@x.org|2025-01-02|T-1|Tea|2|9.50
    1001|a@x.org|2025-01-02|C-1|Cup|1|12.00
    1002|b@x.org|2025-01-03|T-1|Tea|1|9.50
    1003|c@x.org|2025-01-04|T-1|Tea|1|9.50`;
  for (const header of [
    'Order number|Customer email|Order date|SKU|Product name|Quantity|Unit price',
    'Bestellnummer|Kunden-E-Mail|Bestelldatum|Artikelnummer|Bezeichnung|Menge|Einzelpreis',
    'Auftrags-Nr.|Kundennr.|Datum|Art.-Nr.|Artikelbezeichnung|Stück|Preis (EUR)',
    'N° de commande|Adresse e-mail|Date de commande|Référence produit|Désignation|Quantité|Prix unitaire TTC',
    'Numéro de commande|Client|Date|Code article|Libellé|Qté|PU HT',
    'Nº de pedido|Correo electrónico|Fecha de pedido|Código de producto|Descripción|Cantidad|Precio unitario',
    'Numero ordine|Codice cliente|Data ordine|Codice articolo|Descrizione|Quantità|Prezzo unitario',
    'Bestelnummer|Klantnummer|Besteldatum|Artikelnummer|Omschrijving|Aantal|Stukprijs',
    '注文番号|顧客ID|注文日時|商品コード|商品名|数量|単価',
    '受注番号|メールアドレス|受注日|商品番号|商品名|個数|販売価格',
  ]) {
    const [order, customer, time, product, name, quantity, price] = header.split('|');
    const expected = { customer, product, quantity, order, time, price, name };
    assert.equal(rolesIn(`${header}\n${records}`), expected, header);
  }
});

test('case, accents, blanks, punctuation, and full width make no difference', () => {
  for (const name of ['QUANTITE', 'quantité', 'Quantité', ' Quantite ', 'quan-ti-té']) {
    assert.equal(rolesOf(name), ['quantity'], name);
  }
  assert.equal(rolesOf('ＳＫＵ'), ['product']);
  assert.equal(rolesOf('Stück'), rolesOf('Stueck'));
});

test('what is in brackets does not matter, unless it is about returns', () => {
  assert.equal(rolesOf('Unit price (EUR)'), ['price']);
  assert.equal(rolesOf('Menge [Stk.]'), ['quantity']);
  assert.equal(rolesOf('Quantity (- Refund)'), ['quantity'], 'a name of its own');
  assert.equal(rolesOf('Quantity (returned)'), ['refunded']);
  assert.equal(rolesOf('Price (refunded)'), []);
});

test('a dotted name is known as a whole, or by its end where what it is of fits', () => {
  const expected: [string, Role[]][] = [
    ['customer.id', ['customer']],
    ['order.customer.email', ['customer']],
    ['billing.email', ['customer']],
    ['line_items.sku', ['product']],
    ['product.sku', ['product']],
    ['items.quantity', ['quantity']],
    ['line_items.price', ['price']],
    ['Warenkorb.name', ['name', 'product']],
    ['Product Details.Product Qty', ['quantity']],
    ['order.created_at', ['time']],
    ['properties.user_id', ['customer']],
    ['order.id', ['order']],
    ['line_items.id', []],
    ['shipping.name', []],
    ['shipping.method.title', []],
    ['store.address.email', []],
  ];
  for (const [name, roles] of expected) assert.equal(rolesOf(name), roles, name);
});

test('words before a name may say of what it is', () => {
  const expected: [string, Role[]][] = [
    ['order_item_sku', ['product']],
    ['orderItemSku', ['product']],
    ['Ordered item / SKU', ['product']],
    ['Order product name', ['name', 'product']],
    ['order_customer_id', ['customer']],
    ['event_user_id', ['customer']],
    ['line item qty', ['quantity']],
    ['order_item_id', []],
    ['OrderLineID', []],
    ['Order price', []],
    ['Order amount', []],
    ['shipping price', []],
    ['customer order date', []],
  ];
  for (const [name, roles] of expected) assert.equal(rolesOf(name), roles, name);
});

test('names that are no column’s are not known', () => {
  for (const name of ['', '-', 'foo', '12', 'total', 'currency', 'n'.repeat(1000)]) assert.not(isUsualName(name), name);
});

test.run();
