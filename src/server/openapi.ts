/** What the OpenAPI document says about each operation, in addition to the shapes of requests and answers. */
import type { Hono, MiddlewareHandler } from 'hono';
import type * as v from 'valibot';
import {
  boughtTogetherAnswer,
  failureAnswer,
  liveAnswer,
  readyAnswer,
  recommendAnswer,
  similarAnswer,
  similarCustomersAnswer,
} from './answers/answers.ts';
import { modelAnswer } from './answers/model-answer.ts';
import { type Answer, type Content, describeRoute, documentOfRoutes } from './document.ts';
import {
  boughtTogetherRequest,
  recommendRequest,
  similarCustomersRequest,
  similarRequest,
} from './requests/requests.ts';

const authenticate = { 'WWW-Authenticate': { description: '`Bearer`', schema: { type: 'string' } } } as const;

export const retryAfter = {
  'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer' } },
} as const;

export const failure = (
  description: string,
  code: string,
  message: string,
  details: Record<string, unknown> = {},
): Answer => ({
  description,
  content: {
    'application/json': { schema: failureAnswer, example: { error: { code, message, details } } },
  },
});

const responses = {
  BadRequest: failure(
    'The body is not JSON in UTF-8 (`invalid_json`), or a field is wrong, missing, or unknown (`invalid_request`, `invalid_options`).',
    'invalid_request',
    'num_recommendations: expected a whole number from 1 to 1000',
    { fields: [{ field: 'num_recommendations', expected: 'a whole number from 1 to 1000' }] },
  ),
  UnknownProduct: failure(
    'The model does not know this product.',
    'unknown_product',
    "the model knows no product 'P17'",
    { product: 'P17' },
  ),
  NoBoughtTogether: failure(
    'The model does not know this product (`unknown_product`), or was trained without products bought together (`no_bought_together`).',
    'unknown_product',
    "the model knows no product 'P17'",
    { product: 'P17' },
  ),
  UnknownCustomer: failure(
    'The model does not know this customer.',
    'unknown_customer',
    "the model knows no customer '10000'",
    { customer: '10000' },
  ),
  BodyTooLarge: failure('The body is too large.', 'body_too_large', 'the request body is over 1048576 bytes', {
    max_bytes: 1048576,
  }),
  UnsupportedMediaType: failure(
    'The body is compressed, is not declared as JSON, or is declared to be in another encoding than UTF-8.',
    'unsupported_media_type',
    'send uncompressed JSON with the header content-type: application/json',
  ),
  Unauthorized: {
    ...failure(
      'The server has keys, and the request has none that it knows.',
      'unauthorized',
      'this needs a key: send it as Authorization: Bearer KEY',
    ),
    headers: authenticate,
  },
  Forbidden: failure('The key may not do this.', 'forbidden', 'this needs a key with the scope write; yours has read'),
  TooManyRequests: {
    ...failure(
      'The key, or the address if the server has no keys, sends more requests than it may.',
      'too_many_requests',
      'too many requests; send fewer, or wait as long as Retry-After says',
    ),
    headers: retryAfter,
  },
  Internal: failure('A fault of the server.', 'internal', 'something went wrong in the server; its log says what'),
  RequestTimeout: failure(
    'The body took too long to arrive.',
    'request_timeout',
    'the request body took too long to arrive',
  ),
  NoModel: {
    ...failure('No model is loaded yet.', 'model_not_loaded', 'no model is loaded yet; try again later'),
    headers: retryAfter,
  },
  NotReady: {
    ...failure(
      'No model is loaded yet, or what the store has is still being read (`model_not_loaded`), or the server is stopping (`draining`). `details` say whether there is a model and, of a shop, whether the store works.',
      'model_not_loaded',
      'no model is loaded yet; try again later',
      { model: false, store: false },
    ),
    headers: retryAfter,
  },
  Unavailable: {
    ...failure(
      'Too many requests are being answered (`overloaded`), this one was not answered in time (`deadline_exceeded`), or no model is loaded yet (`model_not_loaded`).',
      'overloaded',
      'too many requests are being answered; try again later',
    ),
    headers: retryAfter,
  },
};

export const refer = (name: keyof typeof responses) => ({ $ref: `#/components/responses/${name}` });

export const accessFailures = {
  401: refer('Unauthorized'),
  403: refer('Forbidden'),
  429: refer('TooManyRequests'),
};

export const bodyFailures = {
  400: refer('BadRequest'),
  ...accessFailures,
  408: refer('RequestTimeout'),
  413: refer('BodyTooLarge'),
  415: refer('UnsupportedMediaType'),
  500: refer('Internal'),
  503: refer('Unavailable'),
};

/** Of an operation for which a key is needed if the server has keys. */
export const security: Record<string, string[]>[] = [{ key: [] }];

export const body = (schema: v.GenericSchema): { required: boolean; content: Content } => ({
  required: true,
  content: { 'application/json': { schema: schema } },
});

export const answer = (description: string, schema: v.GenericSchema): { 200: Answer } => ({
  200: { description, content: { 'application/json': { schema: schema } } },
});

/** Descriptions of the routes, each a middleware to put before the handler. */
export const describe = {
  recommend: describeRoute({
    operationId: 'recommend',
    security,
    summary: 'Products for a customer or a basket',
    description: 'A customer whom the model does not know gets what sells best, with `source` "popular".',
    requestBody: body(recommendRequest),
    responses: { ...answer('The products, best first.', recommendAnswer), ...bodyFailures },
  }),
  similar: describeRoute({
    operationId: 'similar',
    security,
    summary: 'Products similar to a product',
    requestBody: body(similarRequest),
    responses: {
      ...answer('The products, most similar first, without the product itself.', similarAnswer),
      ...bodyFailures,
      404: refer('UnknownProduct'),
    },
  }),
  boughtTogether: describeRoute({
    operationId: 'boughtTogether',
    security,
    summary: 'Products bought together with a product',
    description: 'Products that share orders with this one significantly more often than by chance.',
    requestBody: body(boughtTogetherRequest),
    responses: {
      ...answer('The products, strongest evidence first.', boughtTogetherAnswer),
      ...bodyFailures,
      404: refer('NoBoughtTogether'),
    },
  }),
  similarCustomers: describeRoute({
    operationId: 'similarCustomers',
    security,
    summary: 'Customers similar to a customer',
    requestBody: body(similarCustomersRequest),
    responses: {
      ...answer('The customers, most similar first, without the customer itself.', similarCustomersAnswer),
      ...bodyFailures,
      404: refer('UnknownCustomer'),
    },
  }),
  model: describeRoute({
    operationId: 'model',
    security,
    summary: 'The model that answers',
    responses: {
      ...answer('What it is and how it was trained.', modelAnswer),
      ...accessFailures,
      500: refer('Internal'),
      503: refer('NoModel'),
    },
  }),
  metrics: describeRoute({
    operationId: 'metrics',
    security,
    summary: 'Counts and times for Prometheus',
    responses: {
      200: {
        description: 'The text format of Prometheus.',
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
      ...accessFailures,
      500: refer('Internal'),
    },
  }),
  live: describeRoute({
    operationId: 'live',
    summary: 'Whether the server runs',
    responses: answer('It runs, with or without a model.', liveAnswer),
  }),
  ready: describeRoute({
    operationId: 'ready',
    summary: 'Whether requests should be sent here',
    responses: { ...answer('A model is loaded, and what the store has counts.', readyAnswer), 503: refer('NotReady') },
  }),
} satisfies Record<string, MiddlewareHandler>;

/** The head of the document, and the failures that its operations refer to. */
const head = {
  openapi: '3.1.0',
  info: {
    title: 'Endcap',
    version: '1.0.0',
    description:
      'Product recommendations from order history. Every failure has the shape `{error: {code, message, details}}`; an unknown path is a 404 `not_found`, a wrong method a 405 `method_not_allowed` with an Allow header.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  components: {
    responses,
    securitySchemes: {
      key: {
        type: 'http',
        scheme: 'bearer',
        description: 'A key that `endcap key create` made, if the server has keys.',
      },
    },
  },
};

/**
 * The JSON of an app's document, for the path under which clients reach the app. It is made on the first call, and again if
 * the path is another one.
 *
 * @param hasKeys whether keys are needed; without them, no operation says so.
 */
export function documentOf(app: Hono, hasKeys: boolean): (path: string) => string {
  let document: ReturnType<typeof documentOfRoutes> | undefined;
  let made: { path: string; text: string } | undefined;
  const shown = (name: string, value: unknown) => (name === 'security' && !hasKeys ? undefined : value);
  return (path) => {
    document ??= documentOfRoutes(app, head);
    const servers = [{ url: path || '/' }];
    if (made?.path !== path) made = { path, text: JSON.stringify({ ...document, servers }, shown) };
    return made.text;
  };
}
