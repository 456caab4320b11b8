import type { Context, Hono, MiddlewareHandler } from 'hono';
import type * as v from 'valibot';
import { EndcapError } from '../../errors.ts';
import type { ServingShop } from '../../live/types.ts';
import { unknownCustomer } from '../../model/ids.ts';
import type { Access } from '../access/access.ts';
import type { Admitted } from '../admission.ts';
import { fail, noModel } from '../failures.ts';
import type { Observed } from '../observing.ts';
import type { jsonBody } from '../requests/body.ts';
import type { customerAnswer, erasedAnswer, productsAnswer, purchasesAnswer } from './answers.ts';
import { addAttribution } from './attribution.ts';
import { describe } from './descriptions.ts';
import { addExperimentEndpoints } from './experiments.ts';
import { changesRequest, productsRequest, purchasesRequest } from './requests.ts';
import { addScenarioEndpoints } from './scenarios.ts';

interface Parts {
  /** Undefined while it is being opened. */
  shop: () => ServingShop | undefined;
  access: Access;
  admitted: MiddlewareHandler<Admitted>;
  /** Checks the body of a request. */
  bodyOf: <Schema extends v.GenericSchema>(schema: Schema) => ReturnType<typeof jsonBody<Schema>>;
}

/** What a shop writes over HTTP, and what it has of its customers. */
export function addShopEndpoints(app: Hono, { shop, access, admitted, bodyOf }: Parts): void {
  const [writing, administering] = [access('write'), access('admin')];

  /** Runs a call of the shop; what it says is wrong with the request is said in the words of the wire. */
  async function onWire(c: Context, call: (shop: ServingShop) => Promise<Response>): Promise<Response> {
    const answering = shop();
    if (!answering) return noModel(c);
    try {
      return await call(answering);
    } catch (error) {
      return failOnWire(c, error);
    }
  }

  app.put('/products', describe.putProducts, writing, admitted, bodyOf(productsRequest), async (c) => {
    const { products } = c.req.valid('json');
    return onWire(c, async (shop) => c.json(written(await shop.putProducts(products.map(fromWire)))));
  });

  app.patch('/products', describe.patchProducts, writing, admitted, bodyOf(changesRequest), async (c) => {
    const { products } = c.req.valid('json');
    return onWire(c, async (shop) => c.json(written(await shop.patchProducts(products.map(fromWire)))));
  });

  app.post('/purchases', describe.purchases, writing, admitted, bodyOf(purchasesRequest), async (c) => {
    const lines = c.req
      .valid('json')
      .purchases.map(({ user_id: customer, order_id: order, product_id: product, recommendation_id, ...line }) => ({
        ...{ customer, order, product, ...line },
        ...(recommendation_id !== undefined && { recommendation: recommendation_id }),
      }));
    const key = c.req.header('idempotency-key');
    return onWire(c, async (shop) => {
      const began = performance.now();
      const receipt = await shop.recordPurchases(lines, key === undefined ? {} : { key });
      const commitMs = performance.now() - began;
      const { accepted, duplicates, unknownProducts } = receipt;
      const purchases = { accepted, duplicates, unknown: unknownProducts.length };
      c.set('observed', { purchases, commitMs } satisfies Observed);
      return c.json<v.InferOutput<typeof purchasesAnswer>>({ accepted, duplicates, unknown_products: unknownProducts });
    });
  });

  addScenarioEndpoints(app, { administering, admitted, bodyOf, onWire });
  addAttribution(app, { administering, admitted, onWire });
  addExperimentEndpoints(app, { administering, admitted, onWire });

  app.get('/customers/:id', describe.customer, administering, admitted, async (c) => {
    c.get('admission').received();
    const id = c.req.param('id');
    return onWire(c, async (shop) => {
      const data = await shop.customerData(id, { next: c.req.query('next') });
      if (!data) throw unknownCustomer(id);
      const { customer, purchases, lists, model, next } = data;
      return c.json<v.InferOutput<typeof customerAnswer>>({
        user_id: customer,
        purchases: purchases.map(({ order, product, quantity, time, recommendation }) => ({
          ...{ order_id: order, product_id: product, quantity, time: new Date(time).toISOString() },
          recommendation_id: recommendation,
        })),
        lists: lists.map(({ id, time, kind, products, ...rest }) => ({
          ...{ recommendation_id: id, time: new Date(time).toISOString(), kind, product_ids: [...products] },
          ...rest,
        })),
        model: model && {
          version: model.version,
          products: model.products.map(({ product, quantity }) => ({ product_id: product, quantity })),
        },
        next,
      });
    });
  });

  app.delete('/customers/:id', describe.erase, administering, admitted, async (c) => {
    c.get('admission').received();
    const id = c.req.param('id');
    return onWire(c, async (shop) => {
      const { purchases, inModel } = await shop.eraseCustomer(id);
      return c.json<v.InferOutput<typeof erasedAnswer>>({ user_id: id, purchases, in_model: inModel });
    });
  });
}

function fromWire<Fields extends { product_id: string | number; image_url?: string | null }>(entry: Fields) {
  const { product_id: product, image_url: imageUrl, ...fields } = entry;
  return {
    product,
    ...fields,
    ...(imageUrl !== undefined && { imageUrl: imageUrl as NonNullable<Fields['image_url']> }),
  };
}

function written({
  accepted,
  unknownProducts,
}: Awaited<ReturnType<ServingShop['putProducts']>>): v.InferOutput<typeof productsAnswer> {
  return { accepted, unknown_products: unknownProducts };
}

/** The names on the wire of what the library calls otherwise. */
const wireNames: Readonly<Record<string, string>> = {
  customer: 'user_id',
  order: 'order_id',
  product: 'product_id',
  key: 'idempotency-key',
};

/** @throws what is not wrong with the request. */
function failOnWire(c: Context, error: unknown): Response {
  if (!(error instanceof EndcapError) || error.code !== 'invalid_options') throw error;
  const { option, expected } = error.details;
  if (typeof option !== 'string' || typeof expected !== 'string') throw error;
  const field = option.replace(/\w+$/, (name) => wireNames[name] ?? name);
  return fail(c, 400, 'invalid_request', `${field}: expected ${expected}`, { fields: [{ field, expected }] });
}
