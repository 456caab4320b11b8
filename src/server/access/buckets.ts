/**
 * Token buckets (Turner 1986): each caller may send `perSecond` requests a second in the long run, and `burst` at once.
 */
export interface Buckets {
  /**
   * Takes a token of a caller.
   * @param now in milliseconds.
   * @returns 0 if there was one, or the milliseconds until there is.
   */
  take(caller: string, now: number): number;
  readonly size: number;
}

/** Callers that are remembered; a full bucket says as much as none, so that those idle the longest are forgotten. */
const maxCallers = 10_000;

export function createBuckets(perSecond: number, burst: number): Buckets {
  /** Tokens left, and when that was. In the order of last use. */
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(caller, now) {
      const bucket = buckets.get(caller) ?? { tokens: burst, at: now };
      buckets.delete(caller);
      bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) * perSecond) / 1000);
      bucket.at = now;
      buckets.set(caller, bucket);
      if (buckets.size > maxCallers) buckets.delete(buckets.keys().next().value!);
      if (bucket.tokens < 1) return ((1 - bucket.tokens) * 1000) / perSecond;
      bucket.tokens--;
      return 0;
    },
    get size() {
      return buckets.size;
    },
  };
}
