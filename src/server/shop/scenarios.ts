import type { Context, Hono, MiddlewareHandler } from 'hono';
import * as v from 'valibot';
import { maxExperiments } from '../../live/experiments/settings.ts';
import { fromJson, toJson } from '../../live/scenarios/json.ts';
import { settingsJson } from '../../live/scenarios/schemas.ts';
import { maxNamed } from '../../live/scenarios/settings.ts';
import { nameCharacters } from '../../live/setting-fields.ts';
import type { ServingShop } from '../../live/types.ts';
import { turn } from '../../turns.ts';
import type { Admitted } from '../admission.ts';
import { describeRoute } from '../document.ts';
import { accessFailures, answer, body, failure, refer, retryAfter, security } from '../openapi.ts';
import type { jsonBody } from '../requests/body.ts';
import { writeFailures } from './descriptions.ts';

const settings = v.pipe(
  settingsJson,
  v.metadata({
    id: 'ScenarioSettings',
    description: `Scenarios and rules, at most ${maxNamed} each, and experiments, at most ${maxExperiments}, by names of ${nameCharacters}.`,
    examples: [
      {
        scenarios: {
          home: { n: 12, mix: 4, per_category: 2, fields: ['price', 'image_url'], rules: ['summer'] },
          'buy-again': { purchased: 'only', explain: true },
        },
        rules: {
          summer: {
            filter: { not: { field: 'category', equals: 'Winter' } },
            from: '2026-06-01T00:00:00Z',
            until: '2026-09-01T00:00:00Z',
          },
        },
      },
    ],
  }),
);

const describe = {
  get: describeRoute({
    operationId: 'scenarios',
    security,
    summary: 'The scenarios and rules that lists are made by',
    responses: {
      ...answer('Those of the shop, and those that there are without any settings.', settings),
      ...accessFailures,
      500: refer('Internal'),
      503: {
        ...failure(
          'Too many requests are being answered (`overloaded`), or no model is loaded yet (`model_not_loaded`).',
          'overloaded',
          'too many requests are being answered; try again later',
        ),
        headers: retryAfter,
      },
    },
  }),
  put: describeRoute({
    operationId: 'putScenarios',
    security,
    summary: 'Scenarios and rules in place of those before',
    description:
      'They are kept in the store, if there is one. Names that are not said are forgotten, but for `home`, `cart`, `buy-again`, and `new`, which are then as they were at first.',
    requestBody: body(settings),
    responses: {
      ...answer('They are kept, and count. This is what GET says.', settings),
      ...writeFailures,
      409: failure(
        'The server was started with a file of scenarios; change them there.',
        'conflict',
        'the scenarios are in scenarios.json; change them there, and let the server read it again',
      ),
    },
  }),
};

interface Parts {
  administering: MiddlewareHandler;
  admitted: MiddlewareHandler<Admitted>;
  /** Checks the body of a request. */
  bodyOf: <Schema extends v.GenericSchema>(schema: Schema) => ReturnType<typeof jsonBody<Schema>>;
  onWire: (c: Context, call: (shop: ServingShop) => Promise<Response>) => Promise<Response>;
}

/** What the lists of a shop are like where a request names a scenario or a rule. */
export function addScenarioEndpoints(app: Hono, { administering, admitted, bodyOf, onWire }: Parts): void {
  const current = (c: Context, { scenarios }: ServingShop) =>
    c.json(toJson(scenarios()) as v.InferOutput<typeof settings>);

  app.get('/scenarios', describe.get, administering, admitted, async (c) => {
    c.get('admission').received();
    return onWire(c, async (shop) => current(c, shop));
  });

  app.put('/scenarios', describe.put, administering, admitted, bodyOf(settings), async (c) => {
    const given = fromJson(c.req.valid('json'));
    return onWire(c, async (shop) => {
      // Long settings take some milliseconds to be named otherwise, and some more to be written as JSON.
      await turn();
      await shop.putScenarios(given);
      await turn();
      return current(c, shop);
    });
  });
}
