import type { Context, MiddlewareHandler } from 'hono';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { openAPIRouteHandler } from 'hono-openapi';
import type { z } from 'zod';
import { EndcapError } from '../errors.ts';
import type { Model, ModelMetadata } from '../model/model.ts';
import type { Explanation, Recommendation, Recommender } from '../recommending/types.ts';
import { checked, jsonBody } from './body.ts';
import { fail, failThrown } from './failures.ts';
import { describe, documentation } from './openapi.ts';
import {
  type modelAnswer,
  type recommendAnswer,
  recommendRequest,
  type similarAnswer,
  type similarCustomersAnswer,
  similarCustomersRequest,
  similarRequest,
  type togetherAnswer,
  togetherRequest,
} from './wire.ts';

export interface AppOptions {
  /**
   * What answers. A function is asked once for every request, so it may name another recommender from one request to
   * the next, or none (503) while there is no model.
   */
  recommender: Recommender | (() => Recommender | undefined);
  /** A longer request body is a 413; 1 MiB by default. */
  maxBodyBytes?: number;
  /** Origins whose pages may call from a browser; `'*'` for all; none by default. */
  cors?: string | string[];
  /** Called once for every request, after its answer is made. */
  log?: (request: RequestLog) => void;
  /** Called with whatever led to a 500; writes to the console by default. */
  onError?: (error: unknown) => void;
}

export interface RequestLog {
  method: string;
  path: string;
  status: number;
  ms: number;
}

/**
 * The HTTP interface as a Hono app: `POST /recommend`, `POST /similar`, `POST /bought-together`,
 * `POST /similar-customers`, `GET /model`, `GET /health/live`, `GET /health/ready`, `GET /openapi.json`. It uses no module of Node's own: `app.fetch` runs wherever Hono does.
 * @throws EndcapError `invalid_options` where `maxBodyBytes` is not a whole number above zero
 */
export function createApp(options: AppOptions): Hono {
  const { recommender, maxBodyBytes = 1024 * 1024, log, onError = console.error } = options;
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 1) {
    throw new EndcapError('invalid_options', `maxBodyBytes is ${maxBodyBytes}; expected a whole number above zero`);
  }
  const current = typeof recommender === 'function' ? recommender : () => recommender;
  const jsonOnly = jsonBody(maxBodyBytes);

  const app = new Hono();
  if (log) app.use(logged(log));
  if (options.cors !== undefined) app.use(cors({ origin: options.cors }));
  app.onError((error, c) => failThrown(c, error, onError));
  app.notFound((c) => noSuchRoute(c, app));

  app.post('/recommend', describe.recommend, jsonOnly, checked(recommendRequest), async (c) => {
    const body = c.req.valid('json');
    const answering = current();
    if (!answering) return noModel(c);
    const customer = body.user_id === undefined ? undefined : String(body.user_id);
    const { purchased, diversity, per_category: perCategory, explain } = body;
    const filters = { ...wanted(body), purchased, diversity, perCategory, explain };
    const { items, source } =
      customer !== undefined && !body.basket?.length
        ? await answering.recommend(customer, filters)
        : await answering.recommendForBasket(basketLines(body.basket ?? []), { ...filters, customer });
    return c.json<z.infer<typeof recommendAnswer>>({
      user_id: customer ?? null,
      recommendations: items.map(listed),
      source,
      model: answering.model.metadata.version,
    });
  });

  app.post('/similar', describe.similar, jsonOnly, checked(similarRequest), async (c) => {
    const body = c.req.valid('json');
    const answering = current();
    if (!answering) return noModel(c);
    const product = String(body.product_id);
    return c.json<z.infer<typeof similarAnswer>>({
      product_id: product,
      recommendations: (await answering.similarProducts(product, wanted(body))).map(listed),
      model: answering.model.metadata.version,
    });
  });

  app.post('/bought-together', describe.together, jsonOnly, checked(togetherRequest), async (c) => {
    const body = c.req.valid('json');
    const answering = current();
    if (!answering) return noModel(c);
    const product = String(body.product_id);
    const found = await answering.boughtTogether(product, wanted(body));
    return c.json<z.infer<typeof togetherAnswer>>({
      product_id: product,
      recommendations: found.map(({ row: _, ...item }) => item),
      model: answering.model.metadata.version,
    });
  });

  app.post('/similar-customers', describe.similarCustomers, jsonOnly, checked(similarCustomersRequest), async (c) => {
    const body = c.req.valid('json');
    const answering = current();
    if (!answering) return noModel(c);
    const customer = String(body.user_id);
    const found = await answering.similarCustomers(customer, { n: body.num_customers });
    return c.json<z.infer<typeof similarCustomersAnswer>>({
      user_id: customer,
      customers: found.map(({ customer, score }) => ({ user_id: customer, score })),
      model: answering.model.metadata.version,
    });
  });

  app.get('/model', describe.model, (c) => {
    const answering = current();
    return answering ? c.json(aboutModel(answering)) : noModel(c);
  });

  app.get('/health/live', describe.live, (c) => c.json({ status: 'live' }));
  app.get('/health/ready', describe.ready, (c) => {
    const answering = current();
    return answering ? c.json({ status: 'ready', model: answering.model.metadata.version }) : noModel(c);
  });

  app.get('/openapi.json', openAPIRouteHandler(app, { documentation }));
  app.get('/', (c) =>
    c.json({
      name: 'endcap',
      openapi: '/openapi.json',
      endpoints: [...new Set(app.routes.filter(isEndpoint).map(({ method, path }) => `${method} ${path}`))],
    }),
  );
  return app;
}

const isEndpoint = (route: { method: string }) => route.method !== 'ALL';

function noModel(c: Context): Response {
  return fail(c, 503, 'model_not_loaded', 'no model is loaded yet; try again later');
}

/** 404, or where only the method is wrong 405; OPTIONS on a known path tells its methods. */
function noSuchRoute(c: Context, app: Hono): Response {
  const { method, path } = c.req;
  const methods = new Set(app.routes.filter((route) => isEndpoint(route) && route.path === path).map((r) => r.method));
  if (methods.size === 0) {
    return fail(c, 404, 'not_found', `there is no ${path.slice(0, 200)} here; see /openapi.json for what there is`);
  }
  if (methods.has('GET')) methods.add('HEAD');
  const allow = [...methods, 'OPTIONS'].join(', ');
  c.header('allow', allow);
  if (method === 'OPTIONS') return c.body(null, 204);
  return fail(c, 405, 'method_not_allowed', `${path} does not take ${method}, only ${allow}`, { allow });
}

function logged(log: (request: RequestLog) => void): MiddlewareHandler {
  return async (c, next) => {
    const start = performance.now();
    await next();
    log({ method: c.req.method, path: c.req.path, status: c.res.status, ms: performance.now() - start });
  };
}

const text = (id: string | number) => String(id);

function wanted(body: z.infer<typeof similarRequest | typeof recommendRequest>) {
  return { n: body.num_recommendations, allow: body.allow?.map(text), deny: body.deny?.map(text) };
}

function basketLines(basket: NonNullable<z.infer<typeof recommendRequest>['basket']>) {
  return basket.map((line) =>
    typeof line === 'object' ? { product: text(line.product), quantity: line.quantity } : text(line),
  );
}

function listed({ product, name, category, score, explanation }: Recommendation) {
  return { product, name, category, score, explanation: explanation && explained(explanation) };
}

function explained({ parts, reasons, text }: Explanation): NonNullable<Listed['explanation']> {
  const told = reasons.map((reason) =>
    reason.kind === 'taste'
      ? { ...reason, products: reason.products.map(({ product, share }) => ({ product, share })) }
      : reason,
  );
  return { parts, reasons: told, text };
}

type Listed = z.infer<typeof recommendAnswer>['recommendations'][number];

function aboutModel({ model, kernel }: Recommender): z.infer<typeof modelAnswer> {
  const { metadata } = model;
  const { backend, isa, threads } = kernel;
  return {
    version: metadata.version,
    algorithm: model.algorithm,
    factors: model.factors,
    customers: model.customers.length,
    products: model.products.length,
    pairs: model.purchases.products.length,
    endcap: metadata.endcap,
    trained_at: metadata.trainedAt,
    training_ms: metadata.trainingMs,
    options: snakeKeys(metadata.options),
    ranking: aboutRanking(metadata),
    choice: aboutChoice(metadata),
    unchosen: metadata.unchosen,
    losses: [...metadata.losses],
    fingerprint: metadata.fingerprint,
    account: aboutAccount(model),
    kernel: { training: { ...metadata.kernel }, serving: { backend, isa, threads } },
  };
}

function aboutRanking({ ranking }: ModelMetadata): z.infer<typeof modelAnswer>['ranking'] {
  if (!ranking) return undefined;
  const { windowDays, ...weights } = ranking;
  return { ...weights, window_days: windowDays };
}

function aboutChoice({ choice }: ModelMetadata): z.infer<typeof modelAnswer>['choice'] {
  if (!choice) return undefined;
  const { heldOut, tried, beatsDefaults, ...rest } = choice;
  return {
    held_out: heldOut,
    beats_defaults: beatsDefaults,
    ...rest,
    tried: tried.map(({ unobservedWeight, tasteDecay, ...one }) => ({
      ...one,
      unobserved_weight: unobservedWeight,
      taste_decay: tasteDecay,
    })),
  };
}

/** Without the examples of dropped rows: those hold customers' data. */
function aboutAccount({ metadata: { account } }: Model): z.infer<typeof modelAnswer>['account'] {
  const { read, kept, purchases, returns, dropped, columns, firstPurchase, lastPurchase } = account;
  const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  return {
    read,
    kept,
    purchases,
    returns,
    dropped: snakeKeys(dropped),
    columns: snakeKeys(columns),
    first_purchase: time(firstPurchase),
    last_purchase: time(lastPurchase),
  };
}

/** `someOption` and `some reason` become `some_option` and `some_reason`. */
function snakeKeys<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll(' ', '_');
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [snake(key), value]));
}
