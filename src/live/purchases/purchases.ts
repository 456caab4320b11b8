import * as v from 'valibot';
import { anyId, checked, entriesOf, purchaseFields, timeOf } from '../catalogue/fields.ts';
import { exactly } from '../schemas.ts';
import type { ShopIds } from '../shop-ids.ts';
import type { Purchase } from '../store/store.ts';

/** A line of an order, as a shop tells it. */
export interface ShopPurchase {
  customer: string | number;
  order: string | number;
  product: string | number;
  /** Units, a whole number other than 0; a negative one is a return. */
  quantity: number;
  /** ISO 8601 with a time zone, or milliseconds since 1970 UTC; now by default. At most five minutes from now. */
  time?: string | number;
  /** The id of the recommendations that it followed. */
  recommendation?: string;
}

const purchases = entriesOf(
  exactly({
    customer: anyId,
    order: anyId,
    product: anyId,
    quantity: purchaseFields.quantity,
    time: v.optional(purchaseFields.time),
    recommendation: v.optional(purchaseFields.recommendation),
  }),
  'purchases',
);
const keyText = 'text of 1 to 255 characters';
const key = v.optional(v.pipe(v.string(keyText), v.minLength(1, keyText), v.maxLength(255, keyText)));

/** The key of a request. @throws `invalid_options` */
export const checkedKey = (given: unknown) => checked(key, given, 'key');

/** @throws `invalid_options` that names the place, such as `purchases[3].quantity`. */
export function readPurchases(given: readonly ShopPurchase[], ids: Pick<ShopIds, 'known'>): Purchase[] {
  const now = Date.now();
  return checked(purchases, given, 'purchases').map(
    ({ customer, order, product, quantity, time, recommendation }, i) => ({
      customer: ids.known('customer', customer, `purchases[${i}].customer`),
      order: ids.known('order', order, `purchases[${i}].order`),
      product: ids.known('product', product, `purchases[${i}].product`),
      quantity,
      ...(time === undefined ? { time: now, isUntimed: true as const } : { time: timeOf(time) }),
      ...(recommendation !== undefined && { recommendation }),
    }),
  );
}
