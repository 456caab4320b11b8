/** What a server counts and measures, in the text format of Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestLog } from './observing.ts';

/** What `GET /metrics` answers with, and what tells it. */
export interface Metrics {
  readonly contentType: string;
  /** Counts a request that was answered. */
  observe(request: RequestLog): void;
  text(): Promise<string>;
}

/** What is asked of the served shop at each scrape; an absent number is not shown. */
export interface Gauges {
  /** The model that answers; absent while there is none. */
  model?: { version: string; trainedAt: string };
  /** The share of products in the catalogue that are available, 0 to 1. */
  availableRatio?: number;
  /** Customers who are kept in memory since they bought something. */
  liveCustomers?: number;
}

/** Upper bounds in seconds: lists take well under the first one, and the deadline is beyond the last. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * Labels have few values, whatever clients send: the routes of the app, or `none`, and statuses. None is the id of anybody.
 *
 * @param served is called at each scrape.
 */
export function createMetrics(served: () => Gauges): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });

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

  /** A gauge whose value is asked for at each scrape. */
  const gauge = (name: string, help: string, value: (of: Gauges) => number | undefined) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = value(served());
        this.remove();
        if (now !== undefined) this.set(now);
      },
    });
  new Gauge({
    name: 'endcap_model_info',
    help: 'The model that answers.',
    labelNames: ['version'] as const,
    registers,
    collect() {
      this.reset();
      const { model } = served();
      if (model) this.set({ version: model.version }, 1);
    },
  });
  gauge(
    'endcap_model_age_seconds',
    'Time since the model was trained.',
    ({ model }) => model && (Date.now() - Date.parse(model.trainedAt)) / 1000,
  );
  gauge('endcap_catalogue_available_ratio', 'Share of the catalogue that is available.', (of) => of.availableRatio);
  gauge('endcap_live_customers', 'Customers kept in memory since they bought something.', (of) => of.liveCustomers);

  return {
    contentType: register.contentType,
    observe({ route = 'none', status, ms, source, items, asked, purchases: bought }) {
      requests.inc({ route, status });
      seconds.observe({ route }, ms / 1000);
      if (source !== undefined) {
        lists.inc({ source });
        if (items! < asked!) short.inc();
      }
      if (bought) for (const [result, count] of Object.entries(bought)) purchases.inc({ result }, count);
    },
    text: () => register.metrics(),
  };
}
