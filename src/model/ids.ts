import { packedTextsOf } from '../dataset/texts/packed.ts';
import { rowOfText } from '../dataset/texts/text-order.ts';
import { EndcapError } from '../errors.ts';
import { excerpt, invalidOption } from '../options.ts';
import { cleanCustomerId, cleanId, idCleaning } from '../orders/cleaning/ids.ts';
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

/** They are made a piece at a time. */
export function* createIds({ customers, products, metadata }: Model): Generator<undefined, Ids> {
  const isCleaned = metadata.idCleaning === idCleaning;
  const customerRow = yield* rowIn(customers, 'customer', isCleaned ? cleanCustomerId : undefined);
  const productRow = yield* rowIn(products, 'product', isCleaned ? cleanId : undefined);
  return {
    customerRow,
    productRow,
    knownCustomer(id) {
      const row = customerRow(id);
      if (row !== undefined) return row;
      throw unknownCustomer(String(id));
    },
    knownProduct(id) {
      const row = productRow(id);
      if (row !== undefined) return row;
      const product = String(id);
      throw new EndcapError('unknown_product', `the model knows no product '${excerpt(product)}'`, { product });
    },
  };
}

export function unknownCustomer(customer: string): EndcapError {
  return new EndcapError('unknown_customer', `the model knows no customer '${excerpt(customer)}'`, { customer });
}

/** Ids that are measured in a piece: some tenths of a millisecond. */
const idsOfPiece = 2 ** 14;

function* rowIn(
  ids: readonly string[],
  what: string,
  clean: ((id: string) => string | undefined) | undefined,
): Generator<undefined, (id: string | number) => number | undefined> {
  const packed = packedTextsOf(ids);
  // A character takes a byte at least.
  const lengthOf = packed ? (row: number) => packed.ends[row] - packed.starts[row] : (row: number) => ids[row].length;
  let longest = 0;
  for (let row = 0; row < ids.length; row++) {
    if (row % idsOfPiece === 0) yield;
    const length = lengthOf(row);
    if (length > longest) longest = length;
  }
  /** Cleaning takes away blanks and composes up to four characters to one; it is not done for ids that are none. */
  const maxLength = 4 * longest + 100;
  return (id) => {
    const text = textOf(what, id);
    const row = rowOfText(ids, text);
    if (row !== undefined || clean === undefined || text.length > maxLength) return row;
    return rowOfText(ids, clean(text) ?? text);
  };
}

/** A missing id is no customer's: `String(undefined)` would be one that nobody knows, whose list is popular products. */
function textOf(what: string, id: unknown): string {
  if (typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint') return String(id);
  throw invalidOption(what, id, 'an id: text or a number');
}
