import type { Context, Hono, MiddlewareHandler } from 'hono';
import * as v from 'valibot';
import type { ArmDifference, ArmMetric } from '../../live/experiments/comparing.ts';
import type { ArmReport, ExperimentReport } from '../../live/experiments/report.ts';
import { int, number } from '../../live/schemas.ts';
import type { ServingShop } from '../../live/types.ts';
import type { Admitted } from '../admission.ts';
import { describeRoute } from '../document.ts';
import { accessFailures, answer, failure, refer, retryAfter, security } from '../openapi.ts';

const count = v.pipe(int(), v.minValue(0));
const share = v.pipe(number(), v.minValue(0), v.maxValue(1));
const time = v.pipe(v.string(), v.isoTimestamp());
const status = v.pipe(
  v.picklist(['planned', 'running', 'paused', 'ended']),
  v.description(
    'Nobody takes part while it is `paused`, since the model file of an arm cannot be used; see `GET /admin/status`.',
  ),
);
const named = {
  name: v.string(),
  status,
  control: v.pipe(v.string(), v.description('The arm that others are compared with.')),
};
const since = v.optional(v.pipe(time, v.description('Of the first list that counts; absent if there is none.')));

const summary = v.pipe(
  v.object({
    ...named,
    since,
    customers: v.pipe(count, v.description('Customers who were shown a list so far.')),
    arms: v.array(v.object({ name: v.string(), share: number(), customers: count })),
  }),
  v.metadata({ id: 'ExperimentSummary' }),
);

const experimentsAnswer = v.pipe(
  v.object({ experiments: v.array(summary) }),
  v.metadata({
    id: 'ExperimentsAnswer',
    examples: [
      {
        experiments: [
          {
            ...{
              name: 'taste',
              status: 'running',
              control: 'control',
              since: '2026-06-01T00:00:00.000Z',
              customers: 2410,
            },
            arms: [
              { name: 'control', share: 50, customers: 1219 },
              { name: 'popular', share: 50, customers: 1191 },
            ],
          },
        ],
      },
    ],
  }),
);

const interval = { low: v.optional(number()), high: v.optional(number()) };
const measuredAnswer = v.pipe(
  v.object({ value: v.optional(number()), ...interval }),
  v.metadata({
    id: 'ArmMetric',
    description:
      'A value, and the interval that it is in but for a chance of 5 %, however often somebody looks. Absent is what nothing is known of yet.',
  }),
);
const metrics = <Metric extends v.GenericSchema>(metric: Metric) => ({
  rate: v.pipe(metric, v.description('The share of customers who bought a product that a list had.')),
  recall: v.pipe(metric, v.description('The share of what customers bought after lists that these had.')),
  revenue: v.pipe(metric, v.description('What customers bought after lists, at the prices of today, per customer.')),
});
const verdict = v.picklist(['better', 'worse', 'tie', 'waiting']);
const difference = v.pipe(
  v.object({
    ...{ difference: v.optional(number()), ...interval, verdict },
    detectable: v.optional(
      v.pipe(number(), v.description('The smallest relative difference that would show by now in four of five cases.')),
    ),
    customers_needed: v.optional(
      v.pipe(
        count,
        v.description(
          'How many customers both arms need until the relative difference that matters shows in four of five cases.',
        ),
      ),
    ),
  }),
  v.metadata({
    id: 'ArmDifference',
    description:
      'An arm less the control. The interval holds for all arms and metrics together, and however often somebody looks, but for a chance of 5 %.',
  }),
);

const experimentAnswer = v.pipe(
  v.object({
    ...named,
    effect: v.pipe(number(), v.description('The relative difference that matters, in percent.')),
    since,
    changed: v.optional(
      v.pipe(
        time,
        v.description('When customers were last in other arms than they are in now: what came before does not count.'),
      ),
    ),
    at: v.pipe(time, v.description('When this was computed: at most once a minute.')),
    days: v.pipe(count, v.description('How many days after a list a purchase follows it.')),
    arms: v.array(
      v.pipe(
        v.object({
          ...{ name: v.string(), share: number(), scenario: v.optional(v.string()), model: v.optional(v.string()) },
          ...{ customers: count, lists: count, buyers: count, bought: count, bought_from_lists: count },
          ...metrics(measuredAnswer),
          priced: v.optional(v.pipe(share, v.description('The share of what was bought whose price is known.'))),
          new_products: v.optional(
            v.pipe(share, v.description('The share of products in lists that the customer had not bought before.')),
          ),
          coverage: v.pipe(share, v.description('The share of products that some list had.')),
        }),
        v.metadata({ id: 'ArmReport' }),
      ),
    ),
    comparisons: v.array(
      v.pipe(
        v.object({
          ...{ arm: v.string(), ...metrics(difference), verdict: v.picklist([...verdict.options, 'mixed']) },
          verdict_by: v.optional(v.pipe(time, v.description('When, at this pace, there are enough customers.'))),
        }),
        v.metadata({ id: 'ArmComparison' }),
      ),
    ),
    split: v.pipe(
      share,
      v.description('How likely such numbers of customers are by the shares; below .001, nothing is concluded.'),
    ),
    ended_arms: v.pipe(
      v.array(v.object({ name: v.string(), lists: count })),
      v.description('Arms that lists had, and that are not in the settings any more.'),
    ),
    conclusions: v.pipe(v.array(v.string()), v.description('What it means, the most important first.')),
  }),
  v.metadata({ id: 'ExperimentAnswer' }),
);

const failures = {
  400: failure(
    'There is no store, which reports are made of (`invalid_options`).',
    'invalid_options',
    'reports of experiments need a store; open the shop with the option store (--data shop.db)',
  ),
  ...accessFailures,
  500: refer('Internal'),
  503: {
    ...failure(
      'The store fails (`store_failed`), too many requests are being answered (`overloaded`), this one was not answered in time (`deadline_exceeded`), or no model is loaded yet (`model_not_loaded`). A report that took too long is there when it is asked for again.',
      'overloaded',
      'too many requests are being answered; try again later',
    ),
    headers: retryAfter,
  },
};

const describe = {
  all: describeRoute({
    operationId: 'experiments',
    security,
    summary: 'The experiments, and how many customers they have so far',
    responses: { ...answer('Those of the settings; see GET /scenarios.', experimentsAnswer), ...failures },
  }),
  one: describeRoute({
    operationId: 'experiment',
    security,
    summary: 'What an experiment showed so far',
    description: 'Computed at most once a minute. It names no winner before there are enough customers.',
    parameters: [
      {
        name: 'name',
        in: 'path',
        required: true,
        description: 'Of the experiment.',
        schema: { type: 'string', minLength: 1 },
      },
    ],
    responses: {
      ...answer('Its arms, and what comparing them with the control says.', experimentAnswer),
      ...failures,
      404: failure(
        'There is no such experiment.',
        'unknown_experiment',
        "there is no experiment 'test', since there are none",
        {
          experiment: 'test',
        },
      ),
    },
  }),
};

interface Parts {
  administering: MiddlewareHandler;
  admitted: MiddlewareHandler<Admitted>;
  onWire: (c: Context, call: (shop: ServingShop) => Promise<Response>) => Promise<Response>;
}

/** What experiments say. They are in the settings; see `scenarios.ts`. */
export function addExperimentEndpoints(app: Hono, { administering, admitted, onWire }: Parts): void {
  app.get('/experiments', describe.all, administering, admitted, async (c) => {
    c.get('admission').received();
    return onWire(c, async (shop) => {
      const experiments = await shop.experiments();
      return c.json<v.InferOutput<typeof experimentsAnswer>>({
        experiments: experiments.map(({ since, ...summary }) => ({
          ...{ ...summary, arms: summary.arms.map((arm) => ({ ...arm })) },
          since: timeText(since),
        })),
      });
    });
  });

  app.get('/experiments/:name', describe.one, administering, admitted, async (c) => {
    c.get('admission').received();
    const name = c.req.param('name');
    return onWire(c, async (shop) => c.json(onWireReport(await shop.experiment(name))));
  });
}

const timeText = (time: number | null) => (time === null ? undefined : new Date(time).toISOString());
const known = (value: number | null) => value ?? undefined;

function onWireReport(report: ExperimentReport): v.InferOutput<typeof experimentAnswer> {
  const { name, status, control, effect, since, changed, at, days, arms, comparisons, split, endedArms } = report;
  return {
    ...{ name, status, control, effect, since: timeText(since), changed: timeText(changed), at: timeText(at)!, days },
    arms: arms.map(armOnWire),
    comparisons: comparisons.map(({ arm, rate, recall, revenue, verdict, verdictBy }) => ({
      ...{ arm, rate: differenceOnWire(rate), recall: differenceOnWire(recall), revenue: differenceOnWire(revenue) },
      ...{ verdict, verdict_by: timeText(verdictBy) },
    })),
    ...{ split, ended_arms: endedArms.map((arm) => ({ ...arm })), conclusions: [...report.conclusions] },
  };
}

function armOnWire({ rate, recall, revenue, boughtFromLists, priced, newProducts, ...arm }: ArmReport) {
  const { name, share, scenario, model, customers, lists, buyers, bought, coverage } = arm;
  return {
    ...{ name, share, scenario, model, customers, lists, buyers, bought, bought_from_lists: boughtFromLists },
    ...{ rate: measuredOnWire(rate), recall: measuredOnWire(recall), revenue: measuredOnWire(revenue) },
    ...{ priced: known(priced), new_products: known(newProducts), coverage },
  };
}

const measuredOnWire = ({ value, low, high }: ArmMetric) => ({
  value: known(value),
  low: known(low),
  high: known(high),
});

const differenceOnWire = ({ value, low, high, verdict, detectable, customersNeeded }: ArmDifference) => ({
  ...{ difference: known(value), low: known(low), high: known(high), verdict },
  ...{ detectable: known(detectable), customers_needed: known(customersNeeded) },
});
