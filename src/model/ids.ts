import { EndcapError } from '../errors.ts';
import { hashText, mix } from '../hash.ts';
import { excerpt, invalidOption } from '../options.ts';
import { cleanCustomerId, cleanId, idCleaning } from '../orders/ids.ts';
import type { Model } from './model.ts';

/**
 * Rows of customers and products by their ids. A number stands for its digits, and an id that the model does not have as it
 * stands is cleaned as those of its orders were: ` 10276.0 ` is 10276. All throw `invalid_options` for the rest.
 */
export interface Ids {
  /** Undefined if the model does not know the id. */
  customerRow(id: string | number): number | undefined;
  productRow(id: string | number): number | undefined;
  /** @throws `unknown_customer` */
  knownCustomer(id: string | number): number;
  /** @throws `unknown_product` */
  knownProduct(id: string | number): number;
}

export function createIds({ customers, products, metadata }: Model): Ids {
  const isCleaned = metadata.idCleaning === idCleaning;
  const customerRow = rowIn(customers, 'customer', isCleaned ? cleanCustomerId : undefined);
  const productRow = rowIn(products, 'product', isCleaned ? cleanId : undefined);
  return {
    customerRow,
    productRow,
    knownCustomer(id) {
      const row = customerRow(id);
      if (row !== undefined) return row;
      const customer = String(id);
      throw new EndcapError('unknown_customer', `the model knows no customer '${excerpt(customer)}'`, { customer });
    },
    knownProduct(id) {
      const row = productRow(id);
      if (row !== undefined) return row;
      const product = String(id);
      throw new EndcapError('unknown_product', `the model knows no product '${excerpt(product)}'`, { product });
    },
  };
}

function rowIn(
  ids: readonly string[],
  what: string,
  clean: ((id: string) => string | undefined) | undefined,
): (id: string | number) => number | undefined {
  const { rowOf, longest } = createTable(ids);
  /** Cleaning takes away blanks and composes up to four characters to one; it is not done for ids that are none. */
  const maxLength = 4 * longest + 100;
  return (id) => {
    const text = textOf(what, id);
    const row = rowOf(text);
    if (row !== undefined || clean === undefined || text.length > maxLength) return row;
    return rowOf(clean(text) ?? text);
  };
}

/**
 * A hash table of distinct texts. A Map of a million takes ten times as long to make. The hash begins with a random number,
 * so that nobody can make up ids that share one.
 */
function createTable(ids: readonly string[]): { rowOf(text: string): number | undefined; longest: number } {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const mask = (1 << (33 - Math.clz32(ids.length))) - 1;
  /** One more than the row in each slot; 0 if it is free. */
  const slots = new Uint32Array(mask + 1);
  let longest = 0;
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row];
    if (id.length > longest) longest = id.length;
    let slot = mix(hashText(id, seed)) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = row + 1;
  }
  return {
    longest,
    rowOf(text) {
      if (text.length > longest) return undefined;
      for (let slot = mix(hashText(text, seed)) & mask; slots[slot] !== 0; slot = (slot + 1) & mask)
        if (ids[slots[slot] - 1] === text) return slots[slot] - 1;
      return undefined;
    },
  };
}

/** A missing id is no customer's: `String(undefined)` would be one that nobody knows, whose list is popular products. */
function textOf(what: string, id: unknown): string {
  if (typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint') return String(id);
  throw invalidOption(what, id, 'an id: text or a number');
}
