import type { Context, Hono, MiddlewareHandler } from 'hono';
import { describeRoute } from 'hono-openapi';
import * as z from 'zod';
import type { AttributionCounts } from '../../live/attribution/report.ts';
import type { ServingShop } from '../../live/types.ts';
import type { Admitted } from '../admission.ts';
import { accessFailures, answer, failure, refer, retryAfter, security } from '../openapi.ts';

const count = z.int().min(0);

const counts = z
  .object({
    lists: count.meta({ description: 'Lists that were shown.' }),
    customers: count.meta({ description: 'Customers to whom.' }),
    bought_from: count.meta({ description: 'Lists from which something was bought.' }),
    rate: z.number().min(0).max(1).optional().meta({ description: 'Their share; absent without lists.' }),
    interval: z.tuple([z.number(), z.number()]).optional().meta({
      description:
        'The 95 % interval of the rate: of Wilson, with the effective number of lists, since those of one customer are not independent.',
    }),
    products: count.meta({ description: 'Products of orders that followed a list, less what was sent back.' }),
    units: count,
    new_products: count.meta({ description: 'Those of them that the customer had not bought before.' }),
    revenue: z.number().min(0).meta({ description: 'What the units cost at the prices of today, as far as known.' }),
    unpriced: count.meta({ description: 'Products whose price nobody knows.' }),
  })
  .meta({ id: 'AttributionCounts' });

const by = (what: string) => z.record(z.string(), counts).meta({ description: what });

const attributionAnswer = z
  .object({
    days: z.number().meta({ description: 'The days whose lists are counted.' }),
    attribution_days: z.int().meta({ description: 'How long after a list a purchase may come.' }),
    from: z.iso.datetime(),
    until: z.iso.datetime(),
    total: counts,
    by_kind: by('`recommend`, `similar`, and `bought-together`.'),
    by_scenario: by('Of lists whose request named a scenario.'),
    by_source: by('Of lists for customers and baskets: what they were made from.'),
    by_model: by('By the version of the model.'),
  })
  .meta({ id: 'AttributionAnswer' });

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
      return c.json<z.infer<typeof attributionAnswer>>({
        ...{ days: report.days, attribution_days: attributionDays },
        ...{ from: new Date(from).toISOString(), until: new Date(until).toISOString() },
        ...{ total: countsOnWire(total), by_kind: each(byKind), by_scenario: each(byScenario) },
        ...{ by_source: each(bySource), by_model: each(byModel) },
      });
    });
  });
}

function countsOnWire({ boughtFrom, newProducts, ...same }: AttributionCounts): z.infer<typeof counts> {
  return { ...same, bought_from: boughtFrom, new_products: newProducts };
}

const each = (by: Readonly<Record<string, AttributionCounts>>) =>
  Object.fromEntries(Object.entries(by).map(([name, of]) => [name, countsOnWire(of)]));
