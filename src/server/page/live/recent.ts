/**
 * What happened in the last hour, for the explorer: requests by minute, endpoint, and source, and the last 50. Nothing of it is the
 * id of a customer, a product, or a key. It loads with the app, and the pages that show it do not.
 */
import type { Source } from '../../../recommending/types.ts';
import type { RequestLog } from '../../observing.ts';
import { classes, classOf, durationIndex, durations } from './durations.ts';

/** How many minutes are counted; the last one is not over. */
export const minutes = 60;
const minuteMs = 60_000;
const keptRequests = 50;
/** The app has fewer; the app that it is mounted in may have any number. */
const maxEndpoints = 64;
/** What all further endpoints are called, and addresses that are none. */
export const [otherEndpoints, noEndpoint] = ['other', 'none'];

/** Counts of an endpoint in a minute: by class of the status, then by duration. */
export const endpointWidth = classes + durations;
/** Counts of a minute that are not of an endpoint: short lists, purchases that were accepted, and requests for pages. */
export const [shortLists, purchases, pages, otherWidth] = [0, 1, 2, 3];

export interface RecentRequest {
  /** By the clock of the counts, in milliseconds. */
  readonly at: number;
  readonly endpoint: string;
  readonly status: number;
  readonly ms: number;
  readonly source?: Source;
  readonly items?: number;
}

/**
 * Counts by minute are rings: those of minute `m` of the clock are at `(m % minutes) * width`. They can go to another thread,
 * whose clock is the same.
 */
export interface RecentCounts {
  /** When they were taken, and began, in milliseconds of a clock of their own. */
  now: number;
  since: number;
  /** The newest minute of the rings. */
  minute: number;
  readonly endpoints: Map<string, Uint32Array>;
  readonly sources: Map<Source, Uint32Array>;
  readonly others: Uint32Array;
  /** At most 50, newest last. */
  last: RecentRequest[];
  /** POST requests that wait or are answered, and how many may. */
  queue: Queue;
  /** The share of the last minute or two in which the event loop was busy, by thread; none where nothing says it. */
  busy: readonly number[];
}

interface Queue {
  readonly waiting: number;
  readonly limit: number;
}

export interface RecentRequests {
  /** Counts a request that was answered. */
  observe(request: RequestLog): void;
  /** Of all threads that serve. Not to be changed. */
  counts(): RecentCounts | Promise<RecentCounts>;
  /** Says what asks how many requests wait. */
  watch?(queue: () => Queue): void;
}

/** Requests of this thread. @param now a clock in milliseconds, which other threads have as well if their counts are to be added. */
export function createRecent(now: () => number = () => performance.now()) {
  const since = now();
  const counts = emptyCounts(since);
  const last: RecentRequest[] = [];
  let next = 0;
  let queue = (): Queue => ({ waiting: 0, limit: 0 });
  const loop = createLoopMeter();

  /** The time, which never goes back. */
  function tick(): number {
    const time = Math.max(counts.now, now());
    counts.now = time;
    const minute = Math.floor(time / minuteMs);
    if (minute > counts.minute) {
      advance(counts, minute);
      loop.mark();
    }
    return time;
  }

  return {
    observe({ route, status, ms, source, items, asked, purchases: bought }: RequestLog): void {
      const at = tick();
      const slot = counts.minute % minutes;
      if (route !== undefined && isPage.test(route)) {
        counts.others[slot * otherWidth + pages]++;
        return;
      }
      const [endpoint, ring] = endpointOf(counts, route ?? noEndpoint);
      const base = slot * endpointWidth;
      ring[base + classOf(status)]++;
      ring[base + classes + durationIndex(ms)]++;
      if (source !== undefined) ringOf(counts.sources, source, 1)[slot]++;
      if (items !== undefined && items < asked!) counts.others[slot * otherWidth + shortLists]++;
      if (bought) counts.others[slot * otherWidth + purchases] += bought.accepted;
      last[next] = { at, endpoint, status, ms, source, items };
      next = (next + 1) % keptRequests;
    },
    counts(): RecentCounts {
      tick();
      return { ...counts, last: [...last.slice(next), ...last.slice(0, next)], queue: queue(), busy: loop.busy() };
    },
    watch(of: () => Queue): void {
      queue = of;
    },
  } satisfies RecentRequests;
}

/** Routes of the explorer, wherever the app is mounted. */
const isPage = /\/explorer(\/|$)/;

function emptyCounts(now: number): RecentCounts {
  return {
    now,
    since: now,
    minute: Math.floor(now / minuteMs),
    endpoints: new Map(),
    sources: new Map(),
    others: new Uint32Array(minutes * otherWidth),
    last: [],
    queue: { waiting: 0, limit: 0 },
    busy: [],
  };
}

function endpointOf({ endpoints }: RecentCounts, name: string): [name: string, ring: Uint32Array] {
  const ring = endpoints.get(name);
  if (ring) return [name, ring];
  const known = endpoints.size < maxEndpoints ? name : otherEndpoints;
  return [known, ringOf(endpoints, known, endpointWidth)];
}

function ringOf<Name>(rings: Map<Name, Uint32Array>, name: Name, width: number): Uint32Array {
  let ring = rings.get(name);
  if (!ring) {
    ring = new Uint32Array(minutes * width);
    rings.set(name, ring);
  }
  return ring;
}

/** Begins a minute: what was counted an hour before goes. */
function advance(counts: RecentCounts, minute: number): void {
  const from = Math.max(counts.minute + 1, minute - minutes + 1);
  const clear = (ring: Uint32Array, width: number) => {
    for (let m = from; m <= minute; m++) ring.fill(0, (m % minutes) * width, ((m % minutes) + 1) * width);
  };
  for (const ring of counts.endpoints.values()) clear(ring, endpointWidth);
  for (const ring of counts.sources.values()) clear(ring, 1);
  clear(counts.others, otherWidth);
  counts.minute = minute;
}

/** The counts of several threads as one. */
export function mergedCounts(all: readonly RecentCounts[]): RecentCounts {
  const sum = emptyCounts(Math.max(0, ...all.map(({ now }) => now)));
  for (const one of all) {
    const from = Math.max(0, sum.minute - minutes + 1, one.minute - minutes + 1);
    const add = (to: Uint32Array, ring: Uint32Array, width: number) => {
      for (let m = from; m <= one.minute; m++) {
        const base = (m % minutes) * width;
        for (let i = base; i < base + width; i++) to[i] += ring[i];
      }
    };
    for (const [name, ring] of one.endpoints) add(endpointOf(sum, name)[1], ring, endpointWidth);
    for (const [name, ring] of one.sources) add(ringOf(sum.sources, name, 1), ring, 1);
    add(sum.others, one.others, otherWidth);
    sum.since = Math.min(sum.since, one.since);
  }
  sum.last = all
    .flatMap(({ last }) => last)
    .sort((a, b) => a.at - b.at)
    .slice(-keptRequests);
  const total = (what: keyof Queue) => all.reduce((sum, { queue }) => sum + queue[what], 0);
  sum.queue = { waiting: total('waiting'), limit: total('limit') };
  sum.busy = all.flatMap(({ busy }) => busy);
  return sum;
}

/** What is left of a thread that is gone. */
export function countsOfGone(counts: RecentCounts): RecentCounts {
  return { ...counts, queue: { waiting: 0, limit: 0 }, busy: [] };
}

interface Utilization {
  readonly idle: number;
  readonly active: number;
  readonly utilization: number;
}

/** How busy the event loop of this thread is, which Node measures. */
function createLoopMeter() {
  const loop = performance as { eventLoopUtilization?(now?: Utilization, before?: Utilization): Utilization };
  let [before, begun] = [loop.eventLoopUtilization?.(), loop.eventLoopUtilization?.()];
  return {
    /** To be called when a minute begins. */
    mark(): void {
      [before, begun] = [begun, loop.eventLoopUtilization?.()];
    },
    busy(): number[] {
      const now = loop.eventLoopUtilization?.();
      return now ? [loop.eventLoopUtilization!(now, before).utilization] : [];
    },
  };
}
