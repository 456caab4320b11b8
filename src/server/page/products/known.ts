/** A product as pages show it: what the model has, and what the shop says of it. */
import type { CatalogueFields } from '../../../live/catalogue/catalogue.ts';
import { servedBy } from '../../../live/swapping/answering.ts';
import type { Answering } from '../page.ts';

export interface KnownProduct {
  readonly product: string;
  /** Its row in the model that answers; undefined if only the catalogue has it. */
  readonly row: number | undefined;
  /** As the shop says them, or else the orders; of several categories, the first. */
  readonly name?: string;
  readonly category?: string;
}

/** A product by its id, which is cleaned as those of requests are; undefined if neither model nor catalogue has it. */
export function productById(answering: Answering, id: string): KnownProduct | undefined {
  const row = answering.productRow(id);
  if (row !== undefined) return productByRow(answering, row);
  // The catalogue has ids that are clean by the rules of the model that answered when they came.
  const product = [id, servedBy(answering)?.ids.product(id)].find((each) => each && fieldsOf(answering, each));
  return product === undefined ? undefined : described(answering, product, undefined);
}

export function productByRow(answering: Answering, row: number): KnownProduct {
  return described(answering, answering.model.products[row], row);
}

/** What the shop says of a product; undefined if it says nothing, or there is no shop. */
export function fieldsOf(answering: Answering, product: string): CatalogueFields | undefined {
  return servedBy(answering)?.catalogue.fieldsOf(product);
}

function described(answering: Answering, product: string, row: number | undefined): KnownProduct {
  const info = row === undefined ? undefined : answering.model.productInfo[row];
  const said = fieldsOf(answering, product);
  const { name = info?.name } = said ?? {};
  const category = firstCategory(said?.category) ?? info?.category;
  return { product, row, ...(name !== undefined && { name }), ...(category !== undefined && { category }) };
}

export function firstCategory(category: CatalogueFields['category']): string | undefined {
  return typeof category === 'string' ? category : category?.[0];
}
