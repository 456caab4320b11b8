/** What the OpenAPI document says about the operations of a shop. */
import { describeRoute } from '../document.ts';
import { accessFailures, answer, body, bodyFailures, failure, refer, retryAfter, security } from '../openapi.ts';
import { customerAnswer, erasedAnswer, productsAnswer, purchasesAnswer } from './answers.ts';
import { changesRequest, productsRequest, purchasesRequest } from './requests.ts';
import { customerParameter, nextParameter } from './written-ids.ts';

const storeFailed = {
  ...failure(
    'Nothing was written, or nobody can say: the store fails (`store_failed`), too many purchases wait for it (`store_busy`), too many requests are being answered (`overloaded`), or this one was not answered in time (`deadline_exceeded`). Send it again.',
    'store_busy',
    '10000 purchases wait for the disk; send this request again in a moment',
    { waiting: 10000 },
  ),
  headers: retryAfter,
};

export const writeFailures = { ...bodyFailures, 503: storeFailed };

const idFailures = {
  400: failure(
    'This is not the id of a customer, or `next` of no page (`invalid_request`).',
    'invalid_request',
    'user_id: expected the id of a customer',
    { fields: [{ field: 'user_id', expected: 'the id of a customer' }] },
  ),
  ...accessFailures,
  500: refer('Internal'),
  503: storeFailed,
};

export const describe = {
  putProducts: describeRoute({
    operationId: 'putProducts',
    security,
    summary: 'What the shop says about products',
    description: 'Replaces what was said of each. A product that is not available is in no list from now on.',
    requestBody: body(productsRequest),
    responses: { ...answer('It is on disk, and counts.', productsAnswer), ...writeFailures },
  }),
  patchProducts: describeRoute({
    operationId: 'patchProducts',
    security,
    summary: 'Single fields of products',
    requestBody: body(changesRequest),
    responses: { ...answer('It is on disk, and counts.', productsAnswer), ...writeFailures },
  }),
  purchases: describeRoute({
    operationId: 'recordPurchases',
    security,
    summary: 'Lines of orders',
    description:
      'All or none. They count in the next list. Without an Idempotency-Key, an order has each product once: the same line again is a duplicate.',
    parameters: [
      {
        name: 'idempotency-key',
        in: 'header',
        description: 'Names the request, so that it can be sent again if there was no answer. Kept for seven days.',
        schema: { type: 'string', minLength: 1, maxLength: 255 },
      },
    ],
    requestBody: body(purchasesRequest),
    responses: {
      ...answer('They are on disk, and count.', purchasesAnswer),
      ...writeFailures,
      409: failure(
        'The key or the line was used for something else, or the order is another customer\u2019s; nothing was written.',
        'conflict',
        "order 'W1' is another customer's",
        { order: 'W1' },
      ),
    },
  }),
  customer: describeRoute({
    operationId: 'customer',
    security,
    summary: 'What there is of a customer',
    description:
      'A page: up to 1,000 lines of orders, 100 lists that were shown to them, and 1,000 products of the model. While an answer has `next`, there is more.',
    parameters: [customerParameter, nextParameter],
    responses: {
      ...answer('What the store and the model have.', customerAnswer),
      ...idFailures,
      404: failure('Nobody knows them.', 'unknown_customer', "the model knows no customer 'ann'", { customer: 'ann' }),
    },
  }),
  erase: describeRoute({
    operationId: 'eraseCustomer',
    security,
    summary: 'Erases a customer',
    description: 'Removes them from the store, and from lists: they are a stranger from now on.',
    parameters: [customerParameter],
    responses: { ...answer('They are erased.', erasedAnswer), ...idFailures },
  }),
};
