import { EndcapError } from '../errors.ts';
import type { Model } from './model.ts';

/** Rows of customers and products by their ids. A number stands for its digits. */
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
  const customerRow = (id: string | number) => customerRows.get(String(id));
  const productRow = (id: string | number) => productRows.get(String(id));
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
