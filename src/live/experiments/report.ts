import { dayMs } from '../../orders/times/calendar.ts';
import {
  type ArmDifference,
  type ArmMetric,
  differenceOf,
  type ExperimentMetric,
  type ExperimentVerdict,
  experimentMetrics,
  measured,
  minCustomers,
  unlikelySplit,
  verdictOfAll,
} from './comparing.ts';
import type { CompiledExperiment } from './compile.ts';
import { conclusionsOf } from './conclusions.ts';
import { defaultEffect, type ExperimentArm } from './settings.ts';
import { mismatchOf } from './statistics.ts';
import { coveredOf, type Tally } from './tally.ts';

/** An arm of an experiment. Revenue is per customer; the other metrics are shares. */
export interface ArmReport extends ExperimentArm, Readonly<Record<ExperimentMetric, ArmMetric>> {
  readonly name: string;
  /** Customers who were shown a list, and the lists. */
  readonly customers: number;
  readonly lists: number;
  /** Customers who bought a product that a list had, within the days of attribution: `rate` is their share. */
  readonly buyers: number;
  /** Lines of orders that followed a list, and those of them that a list had: `recall` is their share. */
  readonly bought: number;
  readonly boughtFromLists: number;
  /** The share of these lines of which the price is known, which are what `revenue` counts. */
  readonly priced: number | null;
  /** The share of products in lists that the customer had not bought before. */
  readonly newProducts: number | null;
  /** The share of the model's products that some list had. */
  readonly coverage: number;
}

/** An arm less the control. */
export interface ArmComparison extends Readonly<Record<ExperimentMetric, ArmDifference>> {
  readonly arm: string;
  /** `mixed` if it is better by one metric, and worse by another. */
  readonly verdict: ExperimentVerdict | 'mixed';
  /** How many customers both arms need for a verdict by all metrics. Null if nothing says so yet. */
  readonly customersNeeded: number | null;
  /**
   * When there are as many at the pace of the last week, in milliseconds since 1970. Null if nobody can say, if that is more
   * than ten years away, or if there are as many.
   */
  readonly verdictBy: number | null;
}

/** What an experiment showed so far. */
export interface ExperimentReport {
  readonly name: string;
  /** `paused`: nobody takes part right now, since the model file of an arm cannot be used. */
  readonly status: 'planned' | 'running' | 'paused' | 'ended';
  readonly control: string;
  /** The relative difference that matters, in percent. */
  readonly effect: number;
  /** The first moment of which lists count, in milliseconds since 1970; null if none does. */
  readonly since: number | null;
  /** When customers were last seen in other arms than they are in now: only lists from then on count. Null if never. */
  readonly changed: number | null;
  /** When this was computed. */
  readonly at: number;
  /** How many days after a list a purchase follows it. */
  readonly days: number;
  readonly arms: readonly ArmReport[];
  /** Each arm but the control against it. */
  readonly comparisons: readonly ArmComparison[];
  /** The chance of such numbers of customers, if they were drawn by the shares; below .001 something is wrong with the split. */
  readonly split: number;
  /** Arms that lists had, and that are not in the settings any more. */
  readonly endedArms: readonly { readonly name: string; readonly lists: number }[];
  /** What it means, in sentences, the most important first. */
  readonly conclusions: readonly string[];
}

/** What was read of an experiment. */
export interface Reading {
  readonly tallies: ReadonlyMap<string, Tally>;
  /** The first list that counts. */
  since: number | undefined;
  /** When a list last was of another arm than its customer is in. */
  changed: number | undefined;
  /** By arm that is not in the settings, how many lists it had. */
  readonly endedArms: Map<string, number>;
}

/** How many days of newcomers say how many there will be. */
export const paceDays = 7;
/** Nobody waits for longer, and the pace will have changed. */
const mostDays = 3650;

/** @param products of the served model. @param isPaused whether the model file of an arm cannot be used. */
export function reportOf(
  experiment: CompiledExperiment,
  { tallies, since, changed, endedArms }: Reading,
  { at, days, products, isPaused = false }: { at: number; days: number; products: number; isPaused?: boolean },
): ExperimentReport {
  const { name, arms, control, begins, ends, effect = defaultEffect } = experiment;
  const names = Object.keys(arms);
  const counts = names.map((arm) => tallies.get(arm)!.customers);
  const shares = names.map((arm) => arms[arm].share);
  const split = mismatchOf(counts, shares);
  const paced = since === undefined ? 0 : Math.min(paceDays, Math.max(1, (Math.min(at, ends) - since) / dayMs));
  const comparisons = names
    .filter((arm) => arm !== control)
    .map((arm): ArmComparison => {
      const pair = [tallies.get(arm)!, tallies.get(control)!] as const;
      const differences = Object.fromEntries(
        experimentMetrics.map((metric) => {
          const comparisons = (names.length - 1) * experimentMetrics.length;
          return [metric, differenceOf(...pair, metric, effect / 100, comparisons, split >= unlikelySplit)];
        }),
      ) as Record<ExperimentMetric, ArmDifference>;
      const verdict = verdictOfAll(experimentMetrics.map((metric) => differences[metric].verdict));
      const daily = at < ends && paced > 0 ? (pair[0].newcomers + pair[1].newcomers) / paced : 0;
      const customersNeeded = neededFor(pair, differences);
      const missing = (customersNeeded ?? Number.POSITIVE_INFINITY) - pair[0].customers - pair[1].customers;
      const days = missing / daily;
      const verdictBy = missing > 0 && days <= mostDays ? at + days * dayMs : null;
      return { arm, ...differences, verdict, customersNeeded, verdictBy };
    });
  const status: ExperimentReport['status'] =
    at < begins ? 'planned' : at >= ends ? 'ended' : isPaused ? 'paused' : 'running';
  const report = {
    ...{ name, status, control, effect },
    ...{ since: since ?? null, changed: changed ?? null, at, days },
    arms: names.map((arm) => armReport(arm, arms[arm], tallies.get(arm)!, products)),
    ...{ comparisons, split, endedArms: Array.from(endedArms, ([name, lists]) => ({ name, lists })) },
  };
  return { ...report, conclusions: conclusionsOf(report) };
}

function armReport(name: string, settings: ExperimentArm, tally: Tally, products: number): ArmReport {
  const { customers, lists, buyers, recall, priced, shown, shownNew } = tally;
  const [rate, ofRecall, revenue] = experimentMetrics.map((metric) => measured(tally, metric));
  return {
    ...{ name, ...settings, customers, lists, buyers, bought: recall.x, boughtFromLists: recall.y },
    ...{ rate, recall: ofRecall, revenue },
    priced: recall.x > 0 ? priced / recall.x : null,
    newProducts: shown > 0 ? shownNew / shown : null,
    coverage: coveredOf(tally) / products,
  };
}

/** The most that a metric needs. */
function neededFor(
  [arm, control]: readonly [Tally, Tally],
  differences: Readonly<Record<ExperimentMetric, ArmDifference>>,
): number | null {
  // Of all customers, so many buy something.
  const buying = (arm.recall.customers + control.recall.customers) / (arm.customers + control.customers);
  let most = 0;
  for (const metric of experimentMetrics) {
    const { customersNeeded } = differences[metric];
    if (customersNeeded === null) return null;
    const needed = Math.max(customersNeeded, 2 * minCustomers) / (metric === 'recall' ? buying : 1);
    most = Math.max(most, Math.ceil(needed));
  }
  return most;
}
