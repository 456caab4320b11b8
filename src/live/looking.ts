/** What there is to see of a shop without changing it. */
import { onlyKnown, wholeNumber } from '../options.ts';
import { maxListsOfCustomer } from './attribution/outcomes.ts';
import { customerDataOf } from './purchases/customer-data.ts';
import { maxPurchasesOfCustomer } from './purchases/customers.ts';
import { type FoundCustomers, findCustomers } from './purchases/find.ts';
import type { CustomerData } from './shop-answers.ts';
import type { ShopStore } from './store/store.ts';
import type { Answering } from './swapping/answering.ts';
import type { ShopList, ShopQuestions } from './types.ts';

export interface ShopLooking {
  /**
   * What the store and the model have of a customer, a page at a time; undefined if they have nothing.
   *
   * @param options how much of each there is in a page: `purchases`, lines of orders (to 10,000; 1,000 by default), `lists` that
   * were shown to them (to 1,000; 100 by default), and `products` of the model (the same as `purchases`); with 0, the pages that
   * follow have none either. `next`: what the page before says.
   * @throws `invalid_options`; `store_failed`.
   *
   * @example
   * for (let page = await shop.customerData('ann'); page; page = page.next && (await shop.customerData('ann', { next: page.next })))
   *   console.log(page.purchases);
   */
  customerData(
    customer: string | number,
    options?: { purchases?: number; lists?: number; products?: number; next?: string },
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
      onlyKnown(options, ['purchases', 'lists', 'products', 'next']);
      const { purchases = 1000, lists = 100, products = 1000, next } = options;
      wholeNumber('purchases', purchases, 0, maxPurchasesOfCustomer);
      wholeNumber('lists', lists, 0, maxListsOfCustomer);
      wholeNumber('products', products, 0, maxPurchasesOfCustomer);
      return holding((served) => customerDataOf(served, store, customer, { purchases, lists, products, next }));
    },
    async findCustomers(prefix, options = {}) {
      onlyKnown(options, ['limit']);
      const limit = wholeNumber('limit', options.limit ?? 50, 1, 1000);
      return holding((served) => findCustomers(served, store, String(prefix), limit));
    },
  };
}
