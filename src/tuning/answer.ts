import type { Outcome, Trial, Tuned, TunedOptions } from './tuned.ts';

/** The trials of the highest value, best first; ties in the given order. */
export function bestTrials<T extends Outcome>(trials: readonly T[], count: number): T[] {
  return [...trials].sort((a, b) => b.value - a.value).slice(0, count);
}

/**
 * The trial whose gain less one standard error is highest; undefined if none is above 0. A small gain that is certain
 * comes before a larger one that is hardly more than noise.
 *
 * @param half of the customers whose gain counts: 0 for those at even places, 1 for those at odd ones; all if left out.
 */
export function surestTrial(trials: readonly Trial[], half?: 0 | 1): Trial | undefined {
  let [surest, highest]: [Trial | undefined, number] = [undefined, 0];
  for (const trial of trials) {
    const gain = half === undefined ? trial.gain : trial.halves?.[half];
    const lowerBound = gain ? gain.mean - gain.error : 0;
    if (lowerBound > highest) [surest, highest] = [trial, lowerBound];
  }
  return surest;
}

/**
 * The options of the surest trial, or the defaults. The best of many trials is partly luck. So what either half of the
 * customers would pick is measured on the other half, and must be better than the defaults by more than a standard error.
 */
export function answerOf(trials: readonly Trial[], defaults: TunedOptions): Pick<Tuned, 'options' | 'gain'> {
  const nothing = { mean: 0, error: 0 };
  const even = surestTrial(trials, 0)?.halves?.[1] ?? nothing;
  const odd = surestTrial(trials, 1)?.halves?.[0] ?? nothing;
  const gain = { mean: (even.mean + odd.mean) / 2, error: Math.hypot(even.error, odd.error) / 2 };
  const surest = surestTrial(trials);
  return surest && gain.mean > gain.error ? { options: surest.options, gain } : { options: defaults };
}
