/** What the OpenAPI document says of each operation, beside the shapes in `wire.ts`. */
import type { MiddlewareHandler } from 'hono';
import { describeRoute, type GenerateSpecOptions, resolver } from 'hono-openapi';
import * as z from 'zod';
import {
  failureAnswer,
  modelAnswer,
  recommendAnswer,
  similarAnswer,
  similarCustomersAnswer,
  togetherAnswer,
} from './wire.ts';

const failure = (description: string, code: string, message: string, details: Record<string, unknown> = {}) => ({
  description,
  content: {
    'application/json': { schema: resolver(failureAnswer), example: { error: { code, message, details } } },
  },
});

const responses = {
  BadRequest: failure(
    'The body is not JSON (`invalid_json`) or a field is wrong, missing or unknown (`invalid_request`, `invalid_options`).',
    'invalid_request',
    'num_recommendations: expected a whole number from 1 to 1000',
    { fields: [{ field: 'num_recommendations', expected: 'a whole number from 1 to 1000' }] },
  ),
  UnknownProduct: failure('The model does not know this product.', 'unknown_product', 'no product P17 in this model', {
    product: 'P17',
  }),
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
    'The body is not announced as JSON, or it is compressed.',
    'unsupported_media_type',
    'send JSON with the header content-type: application/json',
  ),
  Internal: failure('A fault of the server.', 'internal', 'something went wrong in the server; its log tells what'),
  NoModel: failure('No model is loaded yet.', 'model_not_loaded', 'no model is loaded yet; try again later'),
};

const refer = (name: keyof typeof responses) => ({ $ref: `#/components/responses/${name}` });

const BODY_FAILURES = {
  400: refer('BadRequest'),
  413: refer('BodyTooLarge'),
  415: refer('UnsupportedMediaType'),
  500: refer('Internal'),
  503: refer('NoModel'),
};

const answer = (description: string, schema: z.ZodType) => ({
  200: { description, content: { 'application/json': { schema: resolver(schema) } } },
});

/** The description of every route, to be put before its handler. */
export const describe = {
  recommend: describeRoute({
    operationId: 'recommend',
    summary: 'Products for a customer or a basket',
    description: 'A customer that the model does not know gets what everybody buys, with `source` "popular".',
    responses: { ...answer('The products, best first.', recommendAnswer), ...BODY_FAILURES },
  }),
  similar: describeRoute({
    operationId: 'similar',
    summary: 'Products like a product',
    responses: {
      ...answer('The products, most alike first; the product itself is left out.', similarAnswer),
      ...BODY_FAILURES,
      404: refer('UnknownProduct'),
    },
  }),
  together: describeRoute({
    operationId: 'boughtTogether',
    summary: 'Products that orders hold together with a product',
    description:
      'More often than by chance, as a test of significance has it. A 404 `no_bought_together` where the model was trained without them.',
    responses: {
      ...answer('The products, the surest first.', togetherAnswer),
      ...BODY_FAILURES,
      404: refer('UnknownProduct'),
    },
  }),
  similarCustomers: describeRoute({
    operationId: 'similarCustomers',
    summary: 'Customers like a customer',
    responses: {
      ...answer('The customers, most alike first; the customer is left out.', similarCustomersAnswer),
      ...BODY_FAILURES,
      404: refer('UnknownCustomer'),
    },
  }),
  model: describeRoute({
    operationId: 'model',
    summary: 'The model that answers',
    responses: {
      ...answer('What it is and how it was trained.', modelAnswer),
      500: refer('Internal'),
      503: refer('NoModel'),
    },
  }),
  live: describeRoute({
    operationId: 'live',
    summary: 'Whether the server runs',
    responses: answer('It runs, with or without a model.', z.object({ status: z.literal('live') })),
  }),
  ready: describeRoute({
    operationId: 'ready',
    summary: 'Whether a model is loaded',
    responses: {
      ...answer('A model is loaded.', z.object({ status: z.literal('ready'), model: z.string() })),
      503: refer('NoModel'),
    },
  }),
} satisfies Record<string, MiddlewareHandler>;

/** The document's head, and the failures that its operations refer to. */
export const documentation: GenerateSpecOptions['documentation'] = {
  openapi: '3.1.0',
  info: {
    title: 'Endcap',
    version: '1.0.0',
    description:
      'Product recommendations from order history. Every failure has the shape `{error: {code, message, details}}`; an unknown path is a 404 `not_found`, an unknown method a 405 `method_not_allowed` with an Allow header.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
  components: { responses },
};
