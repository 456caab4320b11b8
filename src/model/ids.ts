import { EndcapError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import type { Model } from './model.ts';

/** Rows of customers and products by their ids. A number stands for its digits. All throw `invalid_options` for the rest. */
export interface Ids {
  /** Undefined if the model does not know the id. */
  customerRow(id: string | number): number | undefined;
  productRow(id: string | number): number | undefined;
  /** @throws `unknown_customer` */
  knownCustomer(id: string | number): number;
  /** @throws `unknown_product` */
  knownProduct(id: string | number): number;
}

export function createIds({ customers, products }: Model): Ids {
  const customerRows = new Map(customers.map((id, row) => [id, row]));
  const productRows = new Map(products.map((id, row) => [id, row]));
  const customerRow = (id: string | number) => customerRows.get(textOf('customer', id));
  const productRow = (id: string | number) => productRows.get(textOf('product', id));
  return {
    customerRow,
    productRow,
    knownCustomer(id) {
      const row = customerRow(id);
      if (row !== undefined) return row;
      const customer = String(id);
      throw new EndcapError('unknown_customer', `the model knows no customer '${customer}'`, { customer });
    },
    knownProduct(id) {
      const row = productRow(id);
      if (row !== undefined) return row;
      const product = String(id);
      throw new EndcapError('unknown_product', `the model knows no product '${product}'`, { product });
    },
  };
}

/** A missing id is no customer's: `String(undefined)` would be one that nobody knows, whose list is popular products. */
function textOf(what: string, id: unknown): string {
  if (typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint') return String(id);
  throw invalidOption(what, id, 'an id: text or a number');
}
