import * as v from 'valibot';
import type { Hono, MiddlewareHandler } from '#hono';
import type { CatalogueCounts } from '../../live/catalogue/catalogue.ts';
import { int, number } from '../../live/schemas.ts';
import type { ShopStatus } from '../../live/shop-answers.ts';
import { version as endcap } from '../../version.ts';
import { version } from '../answers/answers.ts';
import { aboutKernel, kernelAnswer } from '../answers/model-answer.ts';
import { describeRoute } from '../document.ts';
import { isDraining, type Serving } from '../health.ts';
import { accessFailures, answer, refer, security } from '../openapi.ts';
import { retrainingAnswer, retrainingOnWire } from './retraining.ts';

const count = v.pipe(int(), v.minValue(0));
const time = v.pipe(v.string(), v.metadata({ format: 'date-time' }));

const statusAnswer = v.pipe(
  v.object({
    status: v.picklist(['loading', 'ready', 'draining']),
    endcap: v.pipe(v.string(), v.description('The version of Endcap that serves.')),
    uptime_seconds: v.pipe(number(), v.minValue(0)),
    model: v.optional(
      v.pipe(
        v.object({
          version,
          algorithm: v.string(),
          trained_at: v.pipe(v.string(), v.metadata({ format: 'date-time' })),
          customers: count,
          products: count,
          since: v.optional(
            v.pipe(time, v.description('Since when it answers; absent without a shop, as are the next ones.')),
          ),
          swaps: v.optional(
            v.pipe(count, v.description('How often another model took the place of the one that answered.')),
          ),
          rollbacks: v.optional(v.pipe(count, v.description('How often an earlier one did.'))),
          refusals: v.optional(v.pipe(count, v.description('How often one was refused.'))),
          refused: v.optional(
            v.pipe(
              v.object({ at: time, reason: v.string() }),
              v.description('Why the last model that was to answer does not; absent once one does.'),
            ),
          ),
        }),
        v.description('The model that answers; absent while there is none.'),
      ),
    ),
    kernel: v.optional(kernelAnswer),
    store: v.optional(
      v.pipe(
        v.object({
          kind: v.pipe(v.string(), v.description('`sqlite`, `postgres`, or what a store of your own calls itself.')),
          seq: v.pipe(
            count,
            v.description(
              'The place in the store up to which purchases were read. Those that came through this server count at once.',
            ),
          ),
          failing: v.pipe(v.boolean(), v.description('While it fails, purchases are a 503, and lists go on.')),
          queue: v.pipe(count, v.description('Purchases that wait for the disk.')),
        }),
        v.description('Absent without a store.'),
      ),
    ),
    catalogue: v.optional(
      v.object({
        products: count,
        unavailable: v.pipe(count, v.description('Those in no list, since they cannot be bought now.')),
        unknown: v.pipe(count, v.description('Those that the model does not know.')),
        not_in_file: v.pipe(
          count,
          v.description('Products of the model that the product file does not have, and that are in no list for that.'),
        ),
      }),
    ),
    scenarios: v.optional(
      v.object({
        scenarios: count,
        rules: count,
        experiments: count,
        problem: v.optional(
          v.pipe(v.string(), v.description('Why those of the store are not used; absent if they are.')),
        ),
      }),
    ),
    customers: v.optional(
      v.object({
        kept: v.pipe(count, v.description('Customers whose purchases are in memory.')),
        erased: count,
        in_model_file: v.pipe(count, v.description('Erased customers whom the file of the model still has.')),
        problem: v.optional(v.pipe(v.string(), v.description('Why the file could not be written without them.'))),
      }),
    ),
    workers: v.optional(
      v.pipe(
        v.object({
          workers: v.pipe(count, v.description('Threads that answer requests.')),
          serving: v.pipe(count, v.description('Those that answer right now.')),
          replaced: v.pipe(count, v.description('Those that died, each of which another one has replaced.')),
        }),
        v.description('Absent if one thread does everything.'),
      ),
    ),
    retraining: retrainingAnswer,
    keys: v.optional(v.pipe(count, v.description('Keys with which programs may call; absent if none is needed.'))),
  }),
  v.metadata({
    id: 'StatusAnswer',
    examples: [
      {
        status: 'ready',
        endcap: '0.1.0',
        uptime_seconds: 86400,
        model: {
          version: 'd93477e4bea0bb14',
          algorithm: 'als',
          trained_at: '2026-01-31T03:00:00.000Z',
          customers: 1023,
          products: 251,
          since: '2026-01-31T03:04:10.000Z',
          swaps: 7,
          rollbacks: 0,
          refusals: 1,
        },
        kernel: { backend: 'native', isa: 'avx2', threads: 2 },
        store: { kind: 'sqlite', seq: 4711, failing: false, queue: 0 },
        catalogue: { products: 251, unavailable: 12, unknown: 3, not_in_file: 0 },
        scenarios: { scenarios: 5, rules: 1, experiments: 1 },
        customers: { kept: 40, erased: 1, in_model_file: 0 },
        retraining: {
          last: {
            outcome: 'swapped',
            reason: 'recall + NDCG@10 for 812 customers is higher',
            version: 'd93477e4bea0bb14',
            started_at: '2026-01-31T02:58:00.000Z',
            seconds: 121.5,
          },
          next: '2026-02-01T02:58:00.000Z',
        },
        keys: 2,
      },
    ],
  }),
);

const describe = describeRoute({
  operationId: 'status',
  security,
  summary: 'What the server serves, and how it is',
  description: 'Also while there is no model. Numbers only: no id of a customer, a product, or a key.',
  responses: { ...answer('How it is now.', statusAnswer), ...accessFailures, 500: refer('Internal') },
});

/** Threads that answer requests. */
export interface WorkersStatus {
  /** How many there are to be. */
  readonly workers: number;
  /** Those that answer right now. */
  readonly serving: number;
  /** Those that died, each of which another one has replaced. */
  readonly replaced: number;
}

/** @param keys how many keys there are; undefined if none is needed. */
export function addStatus(
  app: Hono,
  { recommender, shop, workers }: Serving & { workers?: () => WorkersStatus },
  administering: MiddlewareHandler,
  keys: () => number | undefined,
): void {
  const began = performance.now();
  app.get('/admin/status', describe, administering, async (c) => {
    const answering = recommender();
    const shopStatus = await shop?.()?.status();
    const { store, seq, isFailing, waitingPurchases, catalogue, keptCustomers, erasedCustomers, modelFile } =
      shopStatus ?? {};
    return c.json<v.InferOutput<typeof statusAnswer>>({
      status: isDraining(c) ? 'draining' : answering ? 'ready' : 'loading',
      endcap,
      uptime_seconds: Math.round(performance.now() - began) / 1000,
      model: answering && {
        version: answering.model.metadata.version,
        algorithm: answering.model.algorithm,
        trained_at: answering.model.metadata.trainedAt,
        customers: answering.model.customers.length,
        products: answering.model.products.length,
        ...(shopStatus && aboutSwaps(shopStatus.model)),
      },
      kernel: answering && aboutKernel(answering.kernel),
      ...(store !== undefined && { store: { kind: store, seq: seq!, failing: isFailing!, queue: waitingPurchases! } }),
      catalogue: catalogue && onWire(catalogue),
      scenarios: shopStatus?.scenarios,
      ...(shopStatus && {
        customers: {
          kept: keptCustomers!,
          erased: erasedCustomers!,
          in_model_file: modelFile?.pending ?? 0,
          problem: modelFile?.problem,
        },
      }),
      workers: workers?.(),
      retraining: retrainingOnWire(shopStatus?.retraining),
      keys: keys(),
    });
  });
}

function aboutSwaps({ since, swaps, rollbacks, refusals, refused }: ShopStatus['model']) {
  const time = (ms: number) => new Date(ms).toISOString();
  return {
    ...{ since: time(since), swaps, rollbacks, refusals },
    ...(refused && { refused: { at: time(refused.at), reason: refused.reason } }),
  };
}

function onWire({ notInFile, ...counts }: CatalogueCounts) {
  return { ...counts, not_in_file: notInFile };
}
