import type { Targets } from '../dataset/split.ts';
import type { CustomerGroups } from './customer-groups.ts';
import { add, meanOf, merge, noSums, type Sums, verdictOf } from './means.ts';
import { metricsOf } from './metrics.ts';
import { type Comparison, type Metric, metrics, type Result } from './results.ts';

/** The metrics of one contestant's lists for one question: of each customer, and summed by group of customers. */
export interface MetricSums {
  /** Metrics of each customer: by place in the targets, index of k, and metric. */
  readonly values: Float64Array;
  /**
   * Measures the list of the customer at a place in the targets.
   *
   * @param list product rows, best first.
   */
  measure(place: number, list: Uint32Array): void;
  /** How many customers were measured, of one group or of all. */
  customers(group?: number): number;
  /** Means at `ks[index]` over the customers of one group, or of all groups. */
  meansAt(index: number, group?: number): Result['metrics'];
  /** Mean differences at `ks[index]`: the metrics of `first` minus these. Undefined without `first`. */
  differencesAt(index: number, group?: number): Comparison['metrics'] | undefined;
}

interface MetricSumsOptions {
  targets: Targets;
  ks: readonly number[];
  /** Number of products. */
  products: number;
  groups: CustomerGroups;
  /** The complete sums of the first contestant, over the same targets and ks, to compare with. */
  first?: MetricSums;
}

/** By group, index of k, and metric. */
type SumsTable = Record<Metric, Sums>[][];

export function createMetricSums({ targets, ks, products, groups, first }: MetricSumsOptions): MetricSums {
  const { customers, offsets } = targets;
  const values = new Float64Array(customers.length * ks.length * metrics.length);
  const table = (): SumsTable => Array.from({ length: groups.count }, () => ks.map(() => byMetric(noSums)));
  const sums = table();
  const differences = table();
  /** The place of the last customer, plus one, who has the product as a target. */
  const targetOf = new Uint32Array(products);
  const isHit = new Uint8Array(ks[ks.length - 1]);

  function hitsOf(place: number, list: Uint32Array): Uint8Array {
    for (let i = offsets[place]; i < offsets[place + 1]; i++) targetOf[targets.products[i]] = place + 1;
    for (let i = 0; i < list.length; i++) isHit[i] = Number(targetOf[list[i]] === place + 1);
    return isHit.subarray(0, list.length);
  }

  function over(table: SumsTable, index: number, metric: Metric, group: number | undefined): Sums {
    const parts = group === undefined ? table : [table[group]];
    return merge(parts.map((byK) => byK[index][metric]));
  }

  return {
    values,
    measure(place, list) {
      const hits = hitsOf(place, list);
      const group = groups.groupOf[customers[place]];
      let cell = place * ks.length * metrics.length;
      for (const [index, k] of ks.entries()) {
        const own = metricsOf(hits, k, offsets[place + 1] - offsets[place]);
        for (const metric of metrics) {
          values[cell] = own[metric];
          add(sums[group][index][metric], own[metric]);
          if (first) add(differences[group][index][metric], first.values[cell] - own[metric]);
          cell++;
        }
      }
    },
    customers: (group) => over(sums, 0, 'recall', group).count,
    meansAt: (index, group) => byMetric((metric) => meanOf(over(sums, index, metric, group))),
    differencesAt(index, group) {
      if (!first) return undefined;
      return byMetric((metric) => {
        const difference = meanOf(over(differences, index, metric, group));
        return { ...difference, verdict: verdictOf(difference) };
      });
    },
  };
}

function byMetric<T>(of: (metric: Metric) => T): Record<Metric, T> {
  return Object.fromEntries(metrics.map((metric) => [metric, of(metric)])) as Record<Metric, T>;
}
