import type { Targets } from '../dataset/split.ts';
import { metricsOf } from './metrics.ts';
import { metrics } from './results.ts';

/** The metrics of one contestant's lists for one question, customer by customer. */
export interface Scores {
  /** Rows of the customers with targets, ascending. */
  readonly customers: Uint32Array;
  /** By place in `customers`, index of k, and metric. */
  readonly values: Float64Array;
  /**
   * Measures the list of the customer at a place.
   *
   * @param list product rows, best first.
   */
  measure(place: number, list: Uint32Array): void;
}

/** @param products number of products. */
export function createScores(targets: Targets, ks: readonly number[], products: number): Scores {
  const { customers, offsets } = targets;
  const values = new Float64Array(customers.length * ks.length * metrics.length);
  /** The place of the last customer, plus one, who has the product as a target. */
  const targetOf = new Uint32Array(products);
  const isHit = new Uint8Array(ks[ks.length - 1]);
  return {
    customers,
    values,
    measure(place, list) {
      for (let i = offsets[place]; i < offsets[place + 1]; i++) targetOf[targets.products[i]] = place + 1;
      for (let i = 0; i < list.length; i++) isHit[i] = Number(targetOf[list[i]] === place + 1);
      let cell = place * ks.length * metrics.length;
      for (const k of ks) {
        const own = metricsOf(isHit.subarray(0, list.length), k, offsets[place + 1] - offsets[place]);
        for (const metric of metrics) values[cell++] = own[metric];
      }
    },
  };
}
