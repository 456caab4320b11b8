/** What there is to see of a shop without changing it. */
import { onlyKnown, wholeNumber } from '../options.ts';
import { customerDataOf } from './purchases/customer-data.ts';
import { type FoundCustomers, findCustomers } from './purchases/find.ts';
import type { CustomerData } from './shop-answers.ts';
import type { ShopStore } from './store/store.ts';
import type { Answering } from './swapping/answering.ts';
import type { ShopList, ShopQuestions } from './types.ts';

export interface ShopLooking {
  /**
   * What the store and the model have of a customer; undefined if they have nothing.
   *
   * @param options `purchases`: how many lines of orders, of those that came last; `lists`: how many of the newest lists that were
   * shown to them. All by default.
   * @throws `invalid_options`; `store_failed`.
   */
  customerData(
    customer: string | number,
    options?: { purchases?: number; lists?: number },
  ): Promise<CustomerData | undefined>;

  /**
   * Customers whose ids begin with a text: those whom the model knows, and those who bought something since.
   *
   * @param options `limit`: how many ids, up to 1,000; 50 by default.
   * @throws `invalid_options`; `store_failed`.
   *
   * @example
   * const { customers, more } = await shop.findCustomers('102');
   */
  findCustomers(prefix: string, options?: { limit?: number }): Promise<FoundCustomers>;

  /**
   * Lists as customers get them, experiments included, for somebody who looks: they are shown to nobody, and so they have no id,
   * are not kept, and no purchase is attributed to them.
   */
  readonly preview: Pick<ShopQuestions<ShopList>, 'recommend' | 'recommendForBasket'>;
}

export function createLooking(
  { holding }: Pick<Answering, 'holding'>,
  store: ShopStore | undefined,
): Omit<ShopLooking, 'preview'> {
  return {
    async customerData(customer, options = {}) {
      onlyKnown(options, ['purchases', 'lists']);
      const { purchases = Number.MAX_SAFE_INTEGER, lists = Number.MAX_SAFE_INTEGER } = options;
      wholeNumber('purchases', purchases, 0, Number.MAX_SAFE_INTEGER);
      wholeNumber('lists', lists, 0, Number.MAX_SAFE_INTEGER);
      return holding((served) => customerDataOf(served, store, customer, purchases, lists));
    },
    async findCustomers(prefix, options = {}) {
      onlyKnown(options, ['limit']);
      const limit = wholeNumber('limit', options.limit ?? 50, 1, 1000);
      return holding((served) => findCustomers(served, store, String(prefix), limit));
    },
  };
}
