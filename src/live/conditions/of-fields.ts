import type { CatalogueFields } from '../catalogue/catalogue.ts';
import { isWithin } from './coded-column.ts';
import { attributePrefix, type Value } from './columns.ts';
import type { Checked } from './condition.ts';

/** Whether what the shop says of one product meets a condition: for products that have no row, and so no columns. */
export function fieldsMeet(node: Checked, fields: CatalogueFields): boolean {
  if ('and' in node) return node.and.every((each) => fieldsMeet(each, fields));
  if ('or' in node) return node.or.some((each) => fieldsMeet(each, fields));
  if ('not' in node) return !fieldsMeet(node.not, fields);
  return isWithin(valuesOf(node.field, fields), node.test);
}

function valuesOf(field: string, fields: CatalogueFields): Value[] {
  const { available = true, price, name, category, url, imageUrl, attributes } = fields;
  if (field.startsWith(attributePrefix)) {
    const attribute = field.slice(attributePrefix.length);
    return attributes && Object.hasOwn(attributes, attribute) ? [attributes[attribute]] : [];
  }
  const values = { available, price, name, category, url, image_url: imageUrl }[field];
  return values === undefined ? [] : ([values].flat() as Value[]);
}
