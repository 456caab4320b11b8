/** What a server counts and measures, in the text format of Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@platformatic/prom-client';
import type { ShopStatus } from '../live/shop-answers.ts';
import type { Shop } from '../live/types.ts';
import type { ModelMetadata } from '../model/model.ts';
import type { Recommender } from '../recommending/types.ts';
import type { WorkersStatus } from './admin/status.ts';
import type { RequestLog } from './observing.ts';

/** What `GET /metrics` answers with, and what tells it. */
export interface Metrics {
  readonly contentType: string;
  /** Counts a request that was answered. */
  observe(request: RequestLog): void;
  text(): Promise<string>;
  /** The same as values, which other threads can take. */
  values(): Promise<MetricValues[]>;
}

export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];

/** What answers. Its kernel and its lists are not asked for. */
type Served = Pick<Recommender, 'model'> & Partial<Pick<Shop, 'status'>>;

/** Upper bounds in seconds: lists take well under the first one, and the deadline is beyond the last. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** The same for a write to disk, which takes less than a millisecond on one that is idle and fast. */
const commitBuckets = [0.001, 0.0025, ...buckets, 5];

/**
 * Labels have few values, whatever clients send: the routes of the app, or `none`, and statuses. None is the id of anybody.
 *
 * @param served returns the recommender or the shop that answers, if there is one. It is called at each scrape.
 * @param workers how many threads answer; one if absent.
 *
 * @example
 * const app = createApp({ shop, metrics: createMetrics(() => shop) });
 */
export function createMetrics(served: () => Served | undefined, workers?: () => WorkersStatus): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  // Gauges that are named like counters, which Prometheus warns of. They are the sums of others.
  for (const what of ['handles', 'requests', 'resources']) register.removeSingleMetric(`nodejs_active_${what}_total`);

  const requests = new Counter({
    name: 'endcap_requests_total',
    help: 'Requests answered.',
    labelNames: ['route', 'status'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'endcap_request_seconds',
    help: 'Time from the arrival of a request to its answer.',
    labelNames: ['route'] as const,
    buckets,
    registers,
  });
  const lists = new Counter({
    name: 'endcap_lists_total',
    help: 'Lists made, by what they were made from.',
    labelNames: ['source'] as const,
    registers,
  });
  const short = new Counter({
    name: 'endcap_short_lists_total',
    help: 'Lists with fewer products than asked for, since no others may be listed.',
    registers,
  });
  const purchases = new Counter({
    name: 'endcap_purchases_total',
    help: 'Purchases received: accepted, duplicates, or of products that the model does not know.',
    labelNames: ['result'] as const,
    registers,
  });

  const commits = new Histogram({
    name: 'endcap_purchase_commit_seconds',
    help: 'Time until the purchases of a request were on disk.',
    buckets: commitBuckets,
    registers,
  });

  /** A gauge whose value is asked for at each scrape; without one it is not shown. */
  const gauge = (name: string, help: string, value: () => number | undefined) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = value();
        this.remove();
        if (now !== undefined) this.set(now);
      },
    });
  const ofModel = (name: string, help: string, value: (metadata: ModelMetadata) => number) =>
    gauge(name, help, () => {
      const { model } = served() ?? {};
      return model && value(model.metadata);
    });
  const ofShop = (name: string, help: string, value: (status: ShopStatus) => number | undefined) =>
    gauge(name, help, () => {
      const status = served()?.status?.();
      return status && value(status);
    });
  new Gauge({
    name: 'endcap_model_info',
    help: 'The model that answers.',
    labelNames: ['version'] as const,
    registers,
    collect() {
      this.reset();
      const { model } = served() ?? {};
      if (model) this.set({ version: model.metadata.version }, 1);
    },
  });
  new Counter({
    name: 'endcap_model_swaps_total',
    help: 'Models that took the place of the one that answered, that an earlier one took the place of, or that were refused.',
    labelNames: ['result'] as const,
    registers,
    collect() {
      this.reset();
      const status = served()?.status?.().model;
      if (!status) return;
      const { swaps, rollbacks, refusals } = status;
      for (const [result, count] of Object.entries({ swapped: swaps, rolled_back: rollbacks, refused: refusals }))
        this.inc({ result }, count);
    },
  });
  const sinceSeconds = (time: string) => (Date.now() - Date.parse(time)) / 1000;
  ofModel('endcap_model_age_seconds', 'Time since the model was trained.', ({ trainedAt }) => sinceSeconds(trainedAt));
  ofModel('endcap_training_seconds', 'How long the model was trained.', ({ trainingMs }) => trainingMs / 1000);
  ofShop(
    'endcap_model_swap_seconds',
    'How long the last swap took, from the file of the model to the first list.',
    ({ model }) => model.swapSeconds,
  );
  ofShop('endcap_store_failing', '1 while purchases are refused since the store fails, 0 otherwise.', (status) =>
    status.store === undefined ? undefined : Number(status.isFailing),
  );
  ofShop('endcap_purchase_queue', 'Purchases that wait for the disk.', (status) =>
    status.store === undefined ? undefined : status.waitingPurchases,
  );
  /** A count that the shop keeps itself, by label if it has several. */
  const countOfShop = (name: string, help: string, count: (status: ShopStatus) => number | Record<string, number>) =>
    new Counter({
      name,
      help,
      labelNames: ['kind'] as const,
      registers,
      collect() {
        this.reset();
        const status = served()?.status?.();
        if (!status || status.attribution.days === 0) return;
        const now = count(status);
        if (typeof now === 'number') this.inc(now);
        else for (const [kind, each] of Object.entries(now)) this.inc({ kind }, each);
      },
    });
  countOfShop(
    'endcap_shown_lists_total',
    'Lists that were kept for attribution.',
    ({ attribution }) => attribution.kept,
  );
  countOfShop(
    'endcap_shown_dropped_total',
    'Lists that were not kept for attribution, since too many waited.',
    ({ attribution }) => attribution.dropped,
  );
  countOfShop(
    'endcap_attributed_purchases_total',
    'Products of orders that came through this server and followed a list, by the kind of the list.',
    ({ attribution }) => ({ ...attribution.attributed }),
  );
  ofShop('endcap_live_customers', 'Customers whose purchases are in memory.', ({ keptCustomers }) => keptCustomers);
  ofShop('endcap_erased_customers', 'Customers who were erased.', ({ erasedCustomers }) => erasedCustomers);
  ofShop(
    'endcap_erasures_pending',
    'Erased customers whom the file of the model still has.',
    ({ modelFile }) => modelFile?.pending,
  );
  ofShop('endcap_catalogue_products', 'Products in the catalogue.', ({ catalogue }) => catalogue.products);
  ofShop(
    'endcap_catalogue_unknown_products',
    'Products that the model does not know, which only the scenario new lists.',
    ({ catalogue }) => catalogue.unknown,
  );
  ofShop('endcap_catalogue_available_ratio', 'Share of the catalogue that is available.', ({ catalogue }) =>
    catalogue.products > 0 ? 1 - catalogue.unavailable / catalogue.products : undefined,
  );

  if (workers) {
    gauge('endcap_workers_serving', 'Threads that answer requests.', () => workers().serving);
    new Counter({
      name: 'endcap_workers_replaced_total',
      help: 'Threads that died and were replaced.',
      registers,
      collect() {
        this.reset();
        this.inc(workers().replaced);
      },
    });
  }

  new Counter({
    name: 'endcap_retraining_runs_total',
    help: 'Retraining runs of this server that have ended, by outcome.',
    labelNames: ['outcome'] as const,
    registers,
    collect() {
      this.reset();
      const runs: Record<string, number> = { ...served()?.status?.().retraining?.runs };
      for (const [outcome, count] of Object.entries(runs)) this.inc({ outcome }, count);
    },
  });
  ofShop(
    'endcap_retraining_seconds',
    'How long the last retraining run took.',
    ({ retraining }) => retraining?.last?.seconds,
  );
  ofShop('endcap_retraining_running', '1 while a retraining run is under way, 0 otherwise.', ({ retraining }) =>
    Number(retraining?.running !== undefined),
  );

  return {
    contentType: register.contentType,
    observe({ route = 'none', status, ms, source, items, asked, purchases: bought, commitMs }) {
      requests.inc({ route, status });
      seconds.observe({ route }, ms / 1000);
      if (source !== undefined) {
        lists.inc({ source });
        if (items! < asked!) short.inc();
      }
      if (commitMs !== undefined) commits.observe(commitMs / 1000);
      if (bought) for (const [result, count] of Object.entries(bought)) purchases.inc({ result }, count);
    },
    text: () => register.metrics(),
    values: () => register.getMetricsAsJSON(),
  };
}
