import { add, meanOf, meanOfClusters, noSums, type Sums, verdictOf } from './means.ts';
import { type Comparison, type Metric, metrics, type Result } from './results.ts';
import type { Scores } from './scores.ts';

/** One contestant's scores for one question in one window. */
export interface Scored {
  readonly scores: Scores;
  /** Those of the first contestant, over the same customers, to compare with; absent for itself. */
  readonly first?: Scores;
  /** The group of each customer, by customer row. */
  readonly groups: Uint8Array;
}

/**
 * Averages over lists: one for each customer and window. The lists of one customer resemble one another, so that errors are
 * those of a mean over customers, who are drawn with all their lists.
 *
 * @param windows of one contestant and question.
 * @param lengths how many lengths of lists were measured.
 */
export function averagesOf(windows: readonly Scored[], lengths: number, group?: number) {
  function* lists(): Generator<{ scored: Scored; place: number; customer: number }> {
    for (const scored of windows) {
      for (const [place, customer] of scored.scores.customers.entries())
        if (group === undefined || scored.groups[customer] === group) yield { scored, place, customer };
    }
  }

  const places = [...lists()];
  const customers = new Set(places.map(({ customer }) => customer)).size;

  function mean(of: (scored: Scored, cell: number) => number, index: number, metric: Metric) {
    const column = index * metrics.length + metrics.indexOf(metric);
    const value = ({ scored, place }: (typeof places)[0]) => of(scored, place * lengths * metrics.length + column);
    if (customers === places.length) {
      const sums = noSums();
      for (const list of places) add(sums, value(list));
      return meanOf(sums);
    }
    const byCustomer = new Map<number, Sums>();
    for (const list of places) {
      const sums = byCustomer.get(list.customer) ?? noSums();
      add(sums, value(list));
      byCustomer.set(list.customer, sums);
    }
    return meanOfClusters([...byCustomer.values()]);
  }

  return {
    /** How many customers there are. */
    customers,
    /** How many lists they got. */
    lists: places.length,
    /** At `ks[index]`. */
    meansAt: (index: number): Result['metrics'] =>
      byMetric((metric) => mean(({ scores }, cell) => scores.values[cell], index, metric)),
    /** At `ks[index]`: the metrics of `first` minus these. Undefined without `first`. */
    differencesAt(index: number): Comparison['metrics'] | undefined {
      if (!windows.some(({ first }) => first)) return undefined;
      return byMetric((metric) => {
        const of = ({ scores, first }: Scored, cell: number) => first!.values[cell] - scores.values[cell];
        const difference = mean(of, index, metric);
        return { ...difference, verdict: verdictOf(difference) };
      });
    },
  };
}

function byMetric<T>(of: (metric: Metric) => T): Record<Metric, T> {
  return Object.fromEntries(metrics.map((metric) => [metric, of(metric)])) as Record<Metric, T>;
}
