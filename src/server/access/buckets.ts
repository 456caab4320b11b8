import { hashText, mix } from '../../hash.ts';

/**
 * Token buckets (Turner 1986): each caller may send `perSecond` requests a second in the long run, and `burst` at once. A
 * bucket is kept as the time at which it will be full again (the generic cell rate algorithm, ITU-T I.371), one number, so that
 * threads can share buckets without locks.
 */
export interface Buckets {
  /**
   * Takes a token of a caller.
   * @param now in milliseconds.
   * @returns 0 if there was one, or the milliseconds until there is.
   */
  take(caller: string, now: number): number;
}

/** Callers that are remembered: in each of so many sets, so many. */
const [sets, ways] = [2048, 8];
const callers = sets * ways;

/** Zeros that several threads can give to `createBuckets` to count together. */
export const bucketBytes = 8 * (1 + 2 * callers);

/** @param memory those of other threads as well, which have the same rate. */
export function createBuckets(
  perSecond: number,
  burst: number,
  memory: ArrayBufferLike = new ArrayBuffer(bucketBytes),
): Buckets {
  /** Nobody can know in advance which callers share a set, or a name. */
  const seeds = seedsIn(memory);
  const names = new BigInt64Array(memory, 8, callers);
  /** When each bucket is full again, in microseconds. */
  const fullAt = new BigInt64Array(memory, 8 * (1 + callers), callers);
  const perToken = 1e6 / perSecond;
  const tolerance = (Math.max(1, burst) - 1) * perToken;

  /** The place of a caller. Who has none takes that of the fullest bucket: a full one says as much as none. */
  function placeOf(caller: string): number {
    const [one, other] = [mix(hashText(caller, seeds[0])), mix(hashText(caller, seeds[1]))];
    const first = ways * (one % sets);
    const name = BigInt.asIntN(64, (BigInt(one) << 32n) | BigInt(other)) || 1n;
    let fullest = first;
    for (let place = first; place < first + ways; place++) {
      if (Atomics.load(names, place) === name) return place;
      if (Atomics.load(fullAt, place) <= Atomics.load(fullAt, fullest)) fullest = place;
    }
    Atomics.store(names, fullest, name);
    Atomics.store(fullAt, fullest, 0n);
    return fullest;
  }

  return {
    take(caller, now) {
      const place = placeOf(caller);
      const time = now * 1000;
      for (;;) {
        const before = Atomics.load(fullAt, place);
        const wait = Number(before) - tolerance - time;
        if (wait > 0) return wait / 1000;
        const after = BigInt(Math.round(Math.max(Number(before), time) + perToken));
        if (Atomics.compareExchange(fullAt, place, before, after) === before) return 0;
      }
    },
  };
}

/** Those of whoever came first. */
function seedsIn(memory: ArrayBufferLike): readonly [number, number] {
  const [one, other] = crypto.getRandomValues(new Uint32Array(2));
  const seeds = new Uint32Array(memory, 0, 2);
  Atomics.compareExchange(seeds, 0, 0, one);
  Atomics.compareExchange(seeds, 1, 0, other);
  return [seeds[0], seeds[1]];
}
