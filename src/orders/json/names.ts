/** What the names of fields say about the objects that have them, in JSON and Parquet. */
import { ranksOf } from '../columns/names.ts';

/** Keys under which exports and answers of servers keep their list of orders, compared as `plainKey`. */
const listKeys = new Set(
  (
    'orders orderlist salesorders data items results result records rows list values value response body payload edges ' +
    'nodes content entries documents docs transactions sales purchases invoices receipts events lines lineitems ' +
    'orderitems orderlines'
  ).split(' '),
);

/** Keys that only an order or a line of one has, and not what is wrapped around a list of them. */
const recordKey =
  /^(id|gid|number|(order|sales|increment|transaction|receipt|basket|cart|invoice)(id|no|number|date|key)|(customer|user|client|buyer|member|billing|shipping).*|email|.*sku|product(id)?|quantity|qty|createdat|purchasedat|parentid)$/;

const quantityKey = /^(.*(quantity|qty)|units|pieces|pcs|count|amount)$/;
const productKey =
  /^(.*sku|.*(product|variant|article|item|stock)(id|no|number|code)?|asin|ean|gtin|upc|barcode|isbn|title|name|product(name|title))$/;
const itemsKey =
  /(line|order|cart|basket|invoice)(item|line|product)s?$|^(items?|products?|lines?|articles?|skus|productids|basket|cart|purchases)$/;
const otherListKey =
  /(tax|shipping|discount|coupon|refund|fulfillment|payment|transaction|address|fee|note|attribute|meta|tag)/;

/** A key without case, blanks, and punctuation. */
export function plainKey(key: string): string {
  return key.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

export function isListKey(key: string): boolean {
  return listKeys.has(plainKey(key));
}

/** Whether a list under this key, and nothing beside it, is all that there is: an order would say whose it is. */
export function isProductsKey(key: string): boolean {
  return plainKey(key) === 'products';
}

export function isRecordKey(key: string): boolean {
  return recordKey.test(plainKey(key));
}

/** The least score of a list of items. */
export const minItemScore = 3;

/**
 * How much a list under a key looks like the items of an order: 2 points each for a quantity and for a product among the
 * keys of its elements, and one for its own key. See `minItemScore`.
 */
export function itemScore(key: string, elementKeys: Iterable<string>): number {
  const name = plainKey(key);
  if (otherListKey.test(name) && !itemsKey.test(name)) return 0;
  const keys = [...elementKeys];
  const has = (pattern: RegExp, role: 'product' | 'quantity') =>
    keys.some((one) => pattern.test(plainKey(one)) || ranksOf(one)[role]?.kind === 0) ? 2 : 0;
  return has(quantityKey, 'quantity') + has(productKey, 'product') + (itemsKey.test(name) ? 1 : 0);
}

/** Whether a list of plain values under this key holds the products of an order. */
export function isProductList(key: string): boolean {
  const name = plainKey(key);
  return itemsKey.test(name) && !otherListKey.test(name);
}
