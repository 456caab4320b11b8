import * as assert from 'uvu/assert';
import type { EndcapError } from '../../../src/errors.ts';

/**
 * Stops readings at thirty moments, from their first one to some time after their rows are asked for.
 *
 * @param readFew reads a few rows, which takes about as long as it takes until rows are asked for.
 * @param refusal reads rows of which each takes a minute.
 */
export async function stopAtAnyMoment(
  readFew: () => Promise<unknown>,
  refusal: (signal: AbortSignal) => Promise<EndcapError>,
): Promise<void> {
  const begin = performance.now();
  await readFew();
  const tookMs = performance.now() - begin;
  for (let share = 0; share < 1.5; share += 0.05) {
    const stopping = new AbortController();
    const reading = refusal(stopping.signal);
    setTimeout(() => stopping.abort(), share * tookMs);
    assert.is((await reading).code, 'aborted');
  }
}
