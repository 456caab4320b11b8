/** Lists that may be the items of an order, told by their names and those of their fields. */

const product =
  /sku|product|article|variant|barcode|stockcode|asin|^(ean|upc|gtin|isbn)|(item|movie|track|book)(id|code|no|number)?$/;
const perhapsProduct = /^(id|code|name|title|description)$/;
const quantity = /quantity|qty|units|count|pieces|pcs/;
const items = /item|product|article|line|position|entries|basket|cart|purchase/;
/** Lists of other things that have products or prices, too. */
const others = /refund|return|cancel|fulfil|tax|shipping|discount|payment|recommend|viewed|wish/;

/**
 * How much a list looks like the items of an order; 0 if it is something else.
 *
 * @param fields the dotted names of its items' fields; none if its items are plain values.
 */
export function likenessToItems(name: string, fields: readonly string[]): number {
  const list = lastPart(name);
  if (others.test(list)) return 0;
  if (fields.length === 0) return namesProduct(name) ? 1 : 0;
  const parts = fields.map(lastPart);
  const of = (pattern: RegExp) => parts.some((part) => pattern.test(part));
  const likeness = (of(product) ? 4 : of(perhapsProduct) ? 1 : 0) + (of(quantity) ? 3 : 0) + (items.test(list) ? 2 : 0);
  // Lines of taxes have a title, too.
  return likeness < 4 ? 0 : likeness;
}

/** Whether a column with this dotted name may have products. */
export function namesProduct(name: string): boolean {
  return product.test(lastPart(name).replace(/s$/, ''));
}

/** The last field of a dotted name in lower case, without punctuation. */
function lastPart(name: string): string {
  return name
    .slice(name.lastIndexOf('.') + 1)
    .toLowerCase()
    .replace(/[\s_-]/g, '');
}
