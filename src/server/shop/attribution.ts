import type { Context, Hono, MiddlewareHandler } from 'hono';
import * as v from 'valibot';
import type { AttributionCounts } from '../../live/attribution/report.ts';
import { int, number, record } from '../../live/schemas.ts';
import type { ServingShop } from '../../live/types.ts';
import type { Admitted } from '../admission.ts';
import { describeRoute } from '../document.ts';
import { accessFailures, answer, failure, refer, retryAfter, security } from '../openapi.ts';

const count = v.pipe(int(), v.minValue(0));

const counts = v.pipe(
  v.object({
    lists: v.pipe(count, v.description('Lists that were shown.')),
    customers: v.pipe(count, v.description('Customers to whom.')),
    bought_from: v.pipe(count, v.description('Lists from which something was bought.')),
    rate: v.optional(
      v.pipe(number(), v.minValue(0), v.maxValue(1), v.description('Their share; absent without lists.')),
    ),
    interval: v.optional(
      v.pipe(
        v.strictTuple([number(), number()]),
        v.description(
          'The 95 % interval of the rate: of Wilson, with the effective number of lists, since those of one customer are not independent.',
        ),
      ),
    ),
    products: v.pipe(count, v.description('Products of orders that followed a list, less what was sent back.')),
    units: count,
    new_products: v.pipe(count, v.description('Those of them that the customer had not bought before.')),
    revenue: v.pipe(
      number(),
      v.minValue(0),
      v.description('What the units cost at the prices of today, as far as known.'),
    ),
    unpriced: v.pipe(count, v.description('Products whose price nobody knows.')),
  }),
  v.metadata({ id: 'AttributionCounts' }),
);

const by = (what: string) => v.pipe(record(v.string(), counts), v.description(what));

const attributionAnswer = v.pipe(
  v.object({
    days: v.pipe(number(), v.description('The days whose lists are counted.')),
    attribution_days: v.pipe(int(), v.description('How long after a list a purchase may come.')),
    from: v.pipe(v.string(), v.isoTimestamp()),
    until: v.pipe(v.string(), v.isoTimestamp()),
    total: counts,
    by_kind: by('`recommend`, `similar`, and `bought-together`.'),
    by_scenario: by('Of lists whose request named a scenario.'),
    by_source: by('Of lists for customers and baskets: what they were made from.'),
    by_model: by('By the version of the model.'),
  }),
  v.metadata({ id: 'AttributionAnswer' }),
);

const describe = describeRoute({
  operationId: 'attribution',
  security,
  summary: 'How often lists lead to purchases',
  description:
    'Of a shop that keeps the lists that it shows. It reads all of them, a page at a time, which may take longer than a request: ask again after a 503. The same report is given for a minute. It has no id of a customer or a product.',
  parameters: [
    {
      name: 'days',
      in: 'query',
      description: 'Lists of the last days count; at most as many as lists are kept. The default is 7.',
      schema: { type: 'integer', minimum: 1, maximum: 365 },
    },
  ],
  responses: {
    ...answer('What came of the lists.', attributionAnswer),
    400: failure(
      'The days are wrong (`invalid_request`), or the shop keeps no lists (`invalid_options`).',
      'invalid_request',
      'days: expected a whole number from 1 to 30',
      { fields: [{ field: 'days', expected: 'a whole number from 1 to 30' }] },
    ),
    ...accessFailures,
    500: refer('Internal'),
    503: {
      ...failure(
        'A report of other days is being made (`store_busy`), this one takes longer (`deadline_exceeded`), the store fails (`store_failed`), too many requests are being answered (`overloaded`), or no model is loaded yet (`model_not_loaded`).',
        'deadline_exceeded',
        'there was no answer within 10000 ms; try again later',
      ),
      headers: retryAfter,
    },
  },
});

interface Parts {
  administering: MiddlewareHandler;
  admitted: MiddlewareHandler<Admitted>;
  onWire: (c: Context, call: (shop: ServingShop) => Promise<Response>) => Promise<Response>;
}

/** What came of the lists that a shop showed: it says what a shop earns, and so is for administrators. */
export function addAttribution(app: Hono, { administering, admitted, onWire }: Parts): void {
  app.get('/attribution', describe, administering, admitted, async (c) => {
    c.get('admission').received();
    const days = c.req.query('days');
    return onWire(c, async (shop) => {
      const report = await shop.attribution(
        days === undefined ? {} : { days: /^\d+$/.test(days) ? Number(days) : Number.NaN },
      );
      const { attributionDays, from, until, total, byKind, byScenario, bySource, byModel } = report;
      return c.json<v.InferOutput<typeof attributionAnswer>>({
        ...{ days: report.days, attribution_days: attributionDays },
        ...{ from: new Date(from).toISOString(), until: new Date(until).toISOString() },
        ...{ total: countsOnWire(total), by_kind: each(byKind), by_scenario: each(byScenario) },
        ...{ by_source: each(bySource), by_model: each(byModel) },
      });
    });
  });
}

function countsOnWire({ boughtFrom, newProducts, ...same }: AttributionCounts): v.InferOutput<typeof counts> {
  return { ...same, bought_from: boughtFrom, new_products: newProducts };
}

const each = (by: Readonly<Record<string, AttributionCounts>>) =>
  Object.fromEntries(Object.entries(by).map(([name, of]) => [name, countsOnWire(of)]));
