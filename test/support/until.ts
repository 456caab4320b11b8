import { setTimeout } from 'node:timers/promises';

const limitMs = 2 * 60_000;

/**
 * Waits until something holds, which it asks again and again.
 *
 * @param waitMs how long it waits in between, in milliseconds.
 * @throws what did not hold, in its own words, after two minutes: longer than anything takes that a test waits for.
 */
export async function until(holds: () => unknown, waitMs = 5): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`after ${limitMs / 60_000} minutes, this does not hold: ${holds}`);
    await setTimeout(waitMs);
  }
}
