/** The metrics of all threads as one page. */
import { AggregatorRegistry } from '@platformatic/prom-client';
import type { MetricValues } from '../metrics.ts';

/** What a worker tells of itself: what it counted, and how its event loop and its heap are. */
const ofThread = /^(endcap_|nodejs_(eventloop|heap|gc))/;

/** Those of a worker, of which Node's have its number as a label. */
export function labelled(metrics: readonly MetricValues[], worker: number): MetricValues[] {
  return metrics
    .filter(({ name }) => ofThread.test(name))
    .map((metric) =>
      metric.name.startsWith('endcap_')
        ? metric
        : { ...metric, values: metric.values.map((value) => ({ ...value, labels: { ...value.labels, worker } })) },
    );
}

/** What is left of a worker that is gone: what it counted, so that sums do not fall. */
export function countsOf(metrics: readonly MetricValues[]): MetricValues[] {
  return metrics.filter(({ name, type }) => name.startsWith('endcap_') && `${type}` !== 'gauge');
}

/** Counts are summed; those of Node and the process are of one thread each. */
export function metricsOfAll(threads: readonly (readonly MetricValues[])[]): Promise<string> {
  const all = threads.map((metrics) =>
    metrics.map((metric) => (metric.name.startsWith('endcap_') ? metric : { ...metric, aggregator: 'first' as const })),
  );
  return AggregatorRegistry.aggregate(all).metrics();
}
