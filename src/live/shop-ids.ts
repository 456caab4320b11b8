import { EndcapError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { cleanCustomerId, cleanId, idCleaning } from '../orders/cleaning/ids.ts';

/** Longer ids than any shop has would only fill the store. */
export const maxIdLength = 500;
/** As UTF-8. An index of Postgres takes 2,704 bytes, and one has an order and a product. */
const maxIdBytes = 1000;
/** What Postgres does not take, and half of a character, which UTF-8 cannot hold: different ids would become equal. */
const unstorable = /[\0\p{Surrogate}]/u;

/** Whether every store returns the text as it was given. */
export function isStorable(text: string): boolean {
  return !unstorable.test(text);
}

/** Whether an id that is clean can be written to every store. */
export function isStorableId(id: string): boolean {
  const isShort = id.length * 3 <= maxIdBytes || new TextEncoder().encode(id).length <= maxIdBytes;
  return isShort && id.length <= maxIdLength && isStorable(id);
}

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
  const cleanerOf = (clean: typeof cleanId) => (given: string | number) => {
    const id = isCleaned ? clean(given) : String(given);
    return id && isStorableId(id) ? id : undefined;
  };
  const customer = cleanerOf(cleanCustomerId);
  const other = cleanerOf(cleanId);
  return {
    customer,
    product: other,
    known(what, id, place) {
      const clean = what === 'customer' ? customer(id) : other(id);
      if (clean !== undefined) return clean;
      const expected = `the id of a ${what}, of at most ${maxIdLength} characters and ${maxIdBytes} bytes as UTF-8`;
      throw new EndcapError('invalid_options', `${place}: expected ${expected}`, { option: place, expected });
    },
  };
}
