import { dayMs } from '../../orders/times/calendar.ts';
import { createPauses } from '../../turns.ts';
import type { Outcome } from '../attribution/outcomes.ts';
import type { CompiledExperiment } from './compile.ts';
import { paceDays, type Reading } from './report.ts';
import { type Facts, noTally, tallying } from './tally.ts';

/** When, of what, and until when things are read. */
export interface ReadingRange {
  /** Lists and purchases of later times do not count, in milliseconds since 1970. */
  readonly at: number;
  /** How many days after a list a purchase follows it. */
  readonly days: number;
  /** Of the served model. */
  readonly products: number;
}

/**
 * Reads what experiments showed, and what was bought then, one customer after the other: what is in memory does not grow with
 * the number of customers.
 *
 * Which arm customers are in follows from the settings. Lists that say another one are from before the settings changed: what
 * came before the last of them does not count, since customers from two splits, put together, are in no arm at random
 * (Simpson's paradox; Crook, Frasca, Kohavi, and Longbotham 2009, "Seven Pitfalls to Avoid when Running Controlled Experiments
 * on the Web").
 *
 * @param outcomes reads all that is kept; again if an experiment changed.
 */
export async function readExperiments(
  outcomes: () => AsyncIterable<Outcome>,
  experiments: readonly CompiledExperiment[],
  facts: Facts,
  range: ReadingRange,
): Promise<ReadonlyMap<string, Reading>> {
  const readings = await readOnce(outcomes(), experiments, facts, range, new Map());
  const changed = new Map(Array.from(readings, ([name, reading]) => [name, reading.changed]));
  if ([...changed.values()].every((time) => time === undefined)) return readings;
  return readOnce(outcomes(), experiments, facts, range, changed);
}

/** @param from by experiment, the moment after which lists count. */
async function readOnce(
  outcomes: AsyncIterable<Outcome>,
  experiments: readonly CompiledExperiment[],
  facts: Facts,
  { at, days, products }: ReadingRange,
  from: ReadonlyMap<string, number | undefined>,
): Promise<ReadonlyMap<string, Reading>> {
  const pause = createPauses();
  const readings = new Map(
    experiments.map(({ name, arms }) => {
      const tallies = new Map(Object.keys(arms).map((arm) => [arm, noTally(products)]));
      const reading: Reading = { tallies, since: undefined, changed: undefined, endedArms: new Map() };
      return [name, reading];
    }),
  );
  for await (const outcome of outcomes) {
    for (const experiment of experiments) {
      const { name, arms, begins, ends } = experiment;
      const reading = readings.get(name)!;
      const lists = outcome.lists.filter(
        ({ experiment, time }) => experiment === name && time >= begins && time < ends && time <= at,
      );
      if (lists.length === 0) continue;
      const arm = experiment.armOf(outcome.customer);
      for (const { arm: shown = '', time } of lists) {
        if (shown === arm) continue;
        reading.changed = Math.max(time, reading.changed ?? Number.NEGATIVE_INFINITY);
        if (!Object.hasOwn(arms, shown)) reading.endedArms.set(shown, (reading.endedArms.get(shown) ?? 0) + 1);
      }
      const counting = lists.filter(({ time }) => time > (from.get(name) ?? Number.NEGATIVE_INFINITY));
      if (counting.length === 0) continue;
      reading.since = Math.min(counting[0].time, reading.since ?? Number.POSITIVE_INFINITY);
      const bought = { ...outcome, lines: outcome.lines.filter(({ time }) => time <= at) };
      const newSince = Math.min(at, ends) - paceDays * dayMs;
      const adding = tallying(reading.tallies.get(arm)!, bought, counting, facts, days * dayMs, newSince);
      for (const _ of adding) await pause();
    }
  }
  return readings;
}
