/** The bodies of what a shop writes. What the fields may hold is in `live/catalogue/fields.ts`. */
import * as v from 'valibot';
import { entriesOf, productFields, purchaseFields } from '../../live/catalogue/fields.ts';
import { exactly, optional } from '../../live/schemas.ts';
import { writtenId } from './written-ids.ts';

const customerId = writtenId('customer', 'WrittenCustomerId');
const orderId = writtenId('order', 'WrittenOrderId');
const productId = writtenId('product', 'WrittenProductId');

const changes = Object.fromEntries(
  Object.entries(productFields).map(([name, field]) => [name, v.nullable(field)]),
) as unknown as typeof productFields;

const product = v.pipe(exactly({ product_id: productId, ...optional(productFields) }), v.metadata({ id: 'Product' }));
const change = v.pipe(
  exactly({ product_id: productId, ...optional(changes) }),
  v.metadata({
    id: 'ProductChange',
    description: 'The fields to change; null removes one.',
  }),
);

export const productsRequest = v.pipe(
  exactly({ products: entriesOf(product, 'products') }),
  v.metadata({
    id: 'ProductsRequest',
    examples: [
      { products: [{ product_id: 'P17', available: false }] },
      { products: [{ product_id: 'P4', price: 12.5, category: ['Kitchen', 'Linen'], attributes: { organic: true } }] },
    ],
  }),
);

export const changesRequest = v.pipe(
  exactly({ products: entriesOf(change, 'products') }),
  v.metadata({
    id: 'ProductChangesRequest',
    examples: [{ products: [{ product_id: 'P17', available: true, price: null }] }],
  }),
);

const purchase = v.pipe(
  exactly({
    user_id: customerId,
    order_id: orderId,
    product_id: productId,
    quantity: purchaseFields.quantity,
    time: v.optional(purchaseFields.time),
    recommendation_id: v.optional(purchaseFields.recommendation),
  }),
  v.metadata({ id: 'Purchase' }),
);

export const purchasesRequest = v.pipe(
  exactly({ purchases: entriesOf(purchase, 'purchases') }),
  v.metadata({
    id: 'PurchasesRequest',
    examples: [
      { purchases: [{ user_id: '10000', order_id: 'W1', product_id: 'P17', quantity: 2 }] },
      { purchases: [{ user_id: 'ann', order_id: 'W2', product_id: 'P4', quantity: 1, time: '2026-01-31T12:00:00Z' }] },
    ],
  }),
);
