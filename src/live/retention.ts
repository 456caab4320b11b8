import { wholeNumber } from '../options.ts';
import { dayMs } from '../orders/times/calendar.ts';
import type { ShopStore } from './store/store.ts';

/** How long a shop keeps purchases, and lists that it showed. */
export interface Retention {
  /** Removes what is too old, now and once a day. A store that fails is asked again after an hour; nothing is thrown. */
  begin(): Promise<void>;
  /** Waits for what was begun. */
  end(): Promise<void>;
}

const retryMs = 3_600_000;

/** @throws `invalid_options` */
export function checkKeepDays(keepDays: unknown): void {
  if (keepDays !== undefined) wholeNumber('keepDays', keepDays as number, 1, 36_500);
}

/**
 * @param keepDays without it, purchases are kept for ever; only the names of old requests are removed, as they always are.
 * @param attributionDays how long lists are kept, unless `keepDays` is less.
 * @param removed is called after purchases were removed.
 */
export function createRetention(
  store: Pick<ShopStore, 'compact'>,
  keepDays: number | undefined,
  attributionDays: number,
  removed: () => void,
): Retention {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let ended = false;

  async function run(): Promise<void> {
    let nextMs = dayMs;
    try {
      const now = Date.now();
      const { purchases } = await store.compact(
        keepDays === undefined ? 0 : now - keepDays * dayMs,
        now - Math.min(attributionDays, keepDays ?? attributionDays) * dayMs,
      );
      if (purchases > 0) removed();
    } catch {
      nextMs = retryMs;
    }
    if (!ended) timer = setTimeout(begin, nextMs).unref();
  }

  function begin(): Promise<void> {
    running = run();
    return running;
  }

  return {
    begin,
    async end() {
      ended = true;
      clearTimeout(timer);
      await running;
    },
  };
}
