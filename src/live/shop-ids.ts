import { EndcapError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { cleanCustomerId, cleanId, idCleaning } from '../orders/ids.ts';

/** Longer ids than any shop has would only fill the store. */
export const maxIdLength = 500;

/** Ids as the store has them, which are cleaned as those of the model's orders were. */
export interface ShopIds {
  /** Undefined if it is none. */
  customer(id: string | number): string | undefined;
  product(id: string | number): string | undefined;
  /**
   * @param place for the message, such as `purchases[3].product`.
   * @throws `invalid_options` if it is none, such as 'NULL'.
   */
  known(what: 'customer' | 'product' | 'order', id: string | number, place: string): string;
}

export function createShopIds({ metadata }: Pick<Model, 'metadata'>): ShopIds {
  const isCleaned = metadata.idCleaning === idCleaning;
  const cleanerOf = (clean: typeof cleanId) => (id: string | number) =>
    (isCleaned ? clean(id) : String(id)) || undefined;
  const customer = cleanerOf(cleanCustomerId);
  const other = cleanerOf(cleanId);
  return {
    customer,
    product: other,
    known(what, id, place) {
      const clean = what === 'customer' ? customer(id) : other(id);
      if (clean !== undefined) return clean;
      const expected = `the id of a ${what}`;
      throw new EndcapError('invalid_options', `${place}: expected ${expected}`, { option: place, expected });
    },
  };
}
