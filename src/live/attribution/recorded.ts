import { invalidOption, oneOf, onlyKnown } from '../../options.ts';
import { anyId, checked } from '../catalogue/fields.ts';
import { settingName } from '../setting-fields.ts';
import { listKinds } from '../store/store.ts';
import type { ProductsShown } from '../types.ts';
import type { GivenList } from './showing.ts';

/**
 * What `Shop.recordShown` was told.
 *
 * @throws `invalid_options` that names the place.
 */
export function recordedList(list: ProductsShown): Omit<GivenList, 'model'> {
  onlyKnown(list, ['kind', 'customer', 'items', 'scenario']);
  const { kind, customer, items, scenario } = list;
  oneOf('kind', kind, listKinds);
  if (customer !== undefined) checked(anyId, customer, 'customer');
  if (scenario !== undefined) checked(settingName, scenario, 'scenario');
  if (!Array.isArray(items)) throw invalidOption('items', items, 'a list of products');
  const wrong = items.findIndex((item) => typeof item?.product !== 'string');
  if (wrong >= 0) throw invalidOption(`items[${wrong}]`, items[wrong], 'an object with the id of a product');
  return { kind, customer, items, scenario };
}
