import type { Hono, MiddlewareHandler } from 'hono';
import type * as v from 'valibot';
import { EndcapError, throwIfAborted } from '../../errors.ts';
import { createIds } from '../../live/attribution/ids.ts';
import { type WireField, wireFields } from '../../live/scenarios/settings.ts';
import type { ListKind } from '../../live/store/store.ts';
import type { ServingShop, ShopListOptions, ShopRecommendations } from '../../live/types.ts';
import type { Merchandising } from '../../recommending/serving/options.ts';
import type { Recommendations, Recommender } from '../../recommending/types.ts';
import { turn } from '../../turns.ts';
import type { Access } from '../access/access.ts';
import type { Admitted } from '../admission.ts';
import type { boughtTogetherAnswer, similarAnswer, similarCustomersAnswer } from '../answers/answers.ts';
import { explainedWriter } from '../answers/explained.ts';
import { describedAs, listedFieldsOf } from '../answers/fields.ts';
import { listedWriter } from '../answers/listed.ts';
import { noModel } from '../failures.ts';
import { describe } from '../openapi.ts';
import type { jsonBody } from '../requests/body.ts';
import { lookUp, withoutKnown } from '../requests/ids.ts';
import {
  boughtTogetherRequest,
  defaultListLength,
  newProducts,
  recommendRequest,
  shopFields,
  similarCustomersRequest,
  similarRequest,
} from '../requests/requests.ts';

interface Parts {
  /** What answers right now. */
  current: () => Recommender | ServingShop | undefined;
  access: Access;
  admitted: MiddlewareHandler<Admitted>;
  /** Checks the body of a request. */
  bodyOf: <Schema extends v.GenericSchema>(schema: Schema) => ReturnType<typeof jsonBody<Schema>>;
}

/** Lists of more products take long enough to wait for their turn. */
const shortList = 100;

/** Lists of products and of customers over HTTP. */
export function addListEndpoints(app: Hono, { current, access, admitted, bodyOf }: Parts): void {
  const reading = access('read');
  const explained = explainedWriter();
  const listed = listedWriter();
  /** A recommender's lists have no ids of their own. */
  const newId = createIds();

  /** The id of a list of products, which a shop keeps if the request says to whom it is shown. */
  function idOf(
    kind: ListKind,
    items: readonly { product: string }[],
    { user_id: customer, scenario }: Pick<v.InferOutput<typeof similarRequest>, 'user_id' | 'scenario'>,
    answering: Recommender | ServingShop,
  ): string {
    return isShop(answering)
      ? answering.recordShown({
          kind,
          items,
          ...(customer !== undefined && { customer }),
          ...(scenario && { scenario }),
        })
      : newId(kind, Date.now());
  }

  app.post('/recommend', describe.recommend, reading, admitted, bodyOf(recommendRequest), async (c) => {
    const body = c.req.valid('json');
    const { signal } = c.get('admission');
    if (isCostly(body)) {
      await turn();
      throwIfAborted(signal());
    }
    const answering = current();
    if (!answering) return noModel(c);
    if (!isShop(answering)) refuseShopFields(body);
    const version = versionOf(answering);
    const { purchased, diversity, per_category: perCategory, mix, explain } = body;
    const n = lengthOf(body, answering);
    const found = lookUp(body, answering);
    const { customer, basket } = found;
    // The model knows none of the products of `new`.
    const { allow, deny, unknown } = body.scenario === newProducts ? asSent(body) : found;
    const spread = { diversity, perCategory, mix: mix && Math.min(mix, n) };
    const options = { n, allow, deny, purchased, ...spread, explain, signal, ...asked(body) };
    const list: Recommendations & Partial<ShopRecommendations> =
      customer !== undefined && !body.basket?.length
        ? await answering.recommend(customer, options)
        : await answering.recommendForBasket(basket, { ...options, customer });
    const { items, source, experiment, recommendationId = newId('recommend', Date.now()) } = list;
    c.set('observed', { source, items: items.length, asked: n });
    const userId = body.user_id === undefined ? null : String(body.user_id);
    const answer = {
      user_id: userId,
      items,
      recommendation_id: recommendationId,
      experiment,
      source,
      unknown: withoutKnown(unknown, source),
      model: list.model ?? version,
      fields: fieldsOf(body),
    };
    return c.body(items[0]?.explanation ? explained(answer) : listed(answer), 200, {
      'Content-Type': 'application/json',
    });
  });

  app.post('/similar', describe.similar, reading, admitted, bodyOf(similarRequest), async (c) => {
    const body = c.req.valid('json');
    const answering = current();
    if (!answering) return noModel(c);
    if (!isShop(answering)) refuseShopFields(body);
    const version = versionOf(answering);
    const product = String(body.product_id);
    const { signal } = c.get('admission');
    // Whom it is shown to changes nothing in the list.
    const { allow, deny, unknown } = lookUp({ ...body, user_id: undefined }, answering);
    const options = { n: lengthOf(body, answering), allow, deny, signal, ...asked(body) };
    const items = await answering.similarProducts(product, options);
    return c.json<v.InferOutput<typeof similarAnswer>>({
      product_id: product,
      recommendations: items.map((item) => ({ ...describedAs(item, fieldsOf(body)), score: item.score })),
      recommendation_id: idOf('similar', items, body, answering),
      unknown,
      model: version,
    });
  });

  app.post('/bought-together', describe.boughtTogether, reading, admitted, bodyOf(boughtTogetherRequest), async (c) => {
    const body = c.req.valid('json');
    const answering = current();
    if (!answering) return noModel(c);
    if (!isShop(answering)) refuseShopFields(body);
    const version = versionOf(answering);
    const product = String(body.product_id);
    // Whom it is shown to changes nothing in the list.
    const { allow, deny, unknown } = lookUp({ ...body, user_id: undefined }, answering);
    const options = { n: lengthOf(body, answering), allow, deny, ...asked(body) };
    const items = await answering.boughtTogether(product, options);
    return c.json<v.InferOutput<typeof boughtTogetherAnswer>>({
      product_id: product,
      recommendations: items.map((item) => {
        const { product, ...described } = describedAs(item, fieldsOf(body));
        return { product, lift: item.lift, orders: item.orders, ...described };
      }),
      recommendation_id: idOf('bought-together', items, body, answering),
      unknown,
      model: version,
    });
  });

  app.post(
    '/similar-customers',
    describe.similarCustomers,
    reading,
    admitted,
    bodyOf(similarCustomersRequest),
    async (c) => {
      const body = c.req.valid('json');
      const answering = current();
      if (!answering) return noModel(c);
      const version = versionOf(answering);
      const customer = String(body.user_id);
      const { signal } = c.get('admission');
      const similar = await answering.similarCustomers(customer, {
        n: body.num_customers ?? defaultListLength,
        signal,
      });
      return c.json<v.InferOutput<typeof similarCustomersAnswer>>({
        user_id: customer,
        customers: similar.map(({ customer, score }) => ({ user_id: customer, score })),
        model: version,
      });
    },
  );
}

/** The model that a question is about to be asked: a shop may answer the next one by another. */
function versionOf({ model }: Recommender | ServingShop): string {
  return model.metadata.version;
}

function isShop(answering: Recommender | ServingShop): answering is ServingShop {
  return 'recordPurchases' in answering;
}

/** @throws `invalid_options` if a request asks for what only a shop has. */
function refuseShopFields(body: Readonly<Record<string, unknown>>): void {
  const option = shopFields.find((field) => body[field] !== undefined);
  if (option === undefined) return;
  throw new EndcapError(
    'invalid_options',
    `${option}: only a running shop can answer this; start the server with --data, or createApp with a shop`,
    { option },
  );
}

/** Products by the ids of a request, none of which is unknown. */
function asSent({ allow, deny }: Pick<v.InferOutput<typeof recommendRequest>, 'allow' | 'deny'>) {
  return { allow: allow?.map(String), deny: deny?.map(String), unknown: undefined };
}

type OfShop = Pick<
  v.InferOutput<typeof recommendRequest>,
  'fields' | 'scenario' | 'rules' | 'filter' | 'boost' | 'pin'
>;

/** What a request asks of a shop, as options of the library. */
function asked({ fields, scenario, rules, filter, boost, pin }: OfShop): ShopListOptions & Merchandising {
  return {
    ...(fields && { fields: listedFieldsOf(fields) }),
    ...(scenario !== undefined && { scenario }),
    ...(rules && { rules }),
    ...(filter && { filter }),
    ...(boost && { boost }),
    ...(pin && { pin: pin.map(({ product_id: product, position }) => ({ product, position })) }),
  };
}

/** The length of the list that a request asks for, or its scenario. */
function lengthOf(
  { num_recommendations, scenario }: Pick<v.InferOutput<typeof similarRequest>, 'num_recommendations' | 'scenario'>,
  answering: Recommender | ServingShop,
): number {
  if (num_recommendations !== undefined) return num_recommendations;
  const of = scenario !== undefined && isShop(answering) ? answering.scenarios().scenarios : {};
  return (Object.hasOwn(of, scenario!) ? of[scenario!].n : undefined) ?? defaultListLength;
}

/** What products may have besides: a scenario may ask for any of it. */
function fieldsOf({ fields, scenario }: Pick<OfShop, 'fields' | 'scenario'>): readonly WireField[] | undefined {
  return scenario === undefined ? fields : wireFields;
}

/** Whether making the list may take longer than a short list for a customer. */
function isCostly({
  num_recommendations,
  basket,
  diversity,
  per_category,
  mix,
  explain,
  scenario,
}: v.InferOutput<typeof recommendRequest>) {
  const isPlain = !basket && !diversity && per_category === undefined && !mix && !explain && scenario === undefined;
  return !isPlain || (num_recommendations ?? 0) > shortList;
}
