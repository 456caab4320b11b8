import { setTimeout } from 'node:timers/promises';

/**
 * What a promise gives, if it gives it in time: a week that hangs says nothing.
 *
 * @param what is waited for.
 * @param seen what there was instead, to be told if it does not come.
 */
export async function within<T>(ms: number, what: string, promise: Promise<T>, seen = () => ''): Promise<T> {
  const waiting = new AbortController();
  const late = setTimeout(ms, undefined, { signal: waiting.signal }).then(() => {
    throw new Error(`not within ${ms} ms: ${what}${seen()}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    late.catch(() => {});
    waiting.abort();
  }
}
