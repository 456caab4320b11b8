/** The bodies of what a shop writes. What the fields may hold is in `live/catalogue/fields.ts`. */
import * as z from 'zod';
import { entriesOf, exactly, productFields, purchaseFields } from '../../live/catalogue/fields.ts';
import { writtenId } from './written-ids.ts';

const customerId = writtenId('customer', 'WrittenCustomerId');
const orderId = writtenId('order', 'WrittenOrderId');
const productId = writtenId('product', 'WrittenProductId');

const changes = Object.fromEntries(
  Object.entries(productFields).map(([name, field]) => [name, field.nullable()]),
) as unknown as typeof productFields;

const product = exactly({ product_id: productId, ...z.object(productFields).partial().shape }).meta({ id: 'Product' });
const change = exactly({ product_id: productId, ...z.object(changes).partial().shape }).meta({
  id: 'ProductChange',
  description: 'The fields to change; null removes one.',
});

export const productsRequest = exactly({ products: entriesOf(product, 'products') }).meta({
  id: 'ProductsRequest',
  examples: [
    { products: [{ product_id: 'P17', available: false }] },
    { products: [{ product_id: 'P4', price: 12.5, category: ['Kitchen', 'Linen'], attributes: { organic: true } }] },
  ],
});

export const changesRequest = exactly({ products: entriesOf(change, 'products') }).meta({
  id: 'ProductChangesRequest',
  examples: [{ products: [{ product_id: 'P17', available: true, price: null }] }],
});

const purchase = exactly({
  user_id: customerId,
  order_id: orderId,
  product_id: productId,
  quantity: purchaseFields.quantity,
  time: purchaseFields.time.optional(),
  recommendation_id: purchaseFields.recommendation.optional(),
}).meta({ id: 'Purchase' });

export const purchasesRequest = exactly({ purchases: entriesOf(purchase, 'purchases') }).meta({
  id: 'PurchasesRequest',
  examples: [
    { purchases: [{ user_id: '10000', order_id: 'W1', product_id: 'P17', quantity: 2 }] },
    { purchases: [{ user_id: 'ann', order_id: 'W2', product_id: 'P4', quantity: 1, time: '2026-01-31T12:00:00Z' }] },
  ],
});
