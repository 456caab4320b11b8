import type { NewProductsOptions, Shop, ShopList, ShopListOptions, ShopQuestions } from '../types.ts';
import type { Showing } from './showing.ts';

/** The questions whose lists are shown as they are. */
export interface Shown<List extends ShopList>
  extends Pick<ShopQuestions<List>, 'recommend' | 'recommendSync' | 'recommendForBasket' | 'recommendForBasketSync'> {
  newProducts(options?: NewProductsOptions): Promise<List>;
}

/**
 * Questions whose lists have ids. Lists of products are bare arrays, which have none: who shows one says so
 * (`Shop.recordShown`).
 *
 * @param version of the model that answers what is asked now.
 */
export function withIds(
  { recommend, recommendSync, recommendForBasket, recommendForBasketSync, newProducts }: Shown<ShopList>,
  give: Showing['give'],
  version: () => string,
): Pick<Shop, keyof Shown<ShopList>> {
  const named = (
    list: ShopList,
    customer: string | number | undefined,
    scenario: ShopListOptions['scenario'],
    model: string,
  ) => {
    const { items, source, experiment, model: own = model } = list;
    const recommendationId = give({ kind: 'recommend', customer, items, source, scenario, experiment, model: own });
    return { ...list, recommendationId };
  };

  return {
    async recommend(customer, options) {
      const model = version();
      return named(await recommend(customer, options), customer, options?.scenario, model);
    },
    recommendSync: (customer, options) =>
      named(recommendSync(customer, options), customer, options?.scenario, version()),
    async recommendForBasket(lines, options) {
      const model = version();
      return named(await recommendForBasket(lines, options), options?.customer, options?.scenario, model);
    },
    recommendForBasketSync: (lines, options) =>
      named(recommendForBasketSync(lines, options), options?.customer, options?.scenario, version()),
    async newProducts(options) {
      const model = version();
      return named(await newProducts(options), undefined, 'new', model);
    },
  };
}
