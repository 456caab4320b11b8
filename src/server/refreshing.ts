import { dayMs } from '../orders/times/calendar.ts';
import type { Recommender } from '../recommending/types.ts';

/**
 * Refreshes a recommender now and once a day: what it says about products bought before depends on how long ago that was.
 * The timer does not keep the process alive.
 *
 * @returns stops it.
 * @example
 * const stop = refreshDaily(recommender);
 * await closeOnSignals(server);
 * stop();
 */
export function refreshDaily({ refresh }: Pick<Recommender, 'refresh'>): () => void {
  // A refresh fails only if the recommender was closed meanwhile.
  const run = () => void refresh().catch(() => {});
  run();
  const timer = setInterval(run, dayMs);
  timer.unref();
  return () => clearInterval(timer);
}
