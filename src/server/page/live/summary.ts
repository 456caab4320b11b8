/** The counts of the last hour as pages show them. */
import type { Source } from '../../../recommending/types.ts';
import { classes, durations, failed, quantile, refused } from './durations.ts';
import {
  endpointWidth,
  minutes,
  otherWidth,
  pages,
  purchases,
  type RecentCounts,
  type RecentRequest,
  shortLists,
} from './recent.ts';

/** Requests that ended, and how long they took at most: half of them, and 99 of 100; undefined if there are none. */
interface Answers {
  readonly requests: number;
  /** The server failed, or was too busy: a status of 500 or more. */
  readonly failed: number;
  /** What was asked was wrong, or not allowed: a status from 400 to 499. */
  readonly refused: number;
  readonly half: number | undefined;
  readonly nearlyAll: number | undefined;
}

export interface RecentSummary extends Answers {
  /** How long was counted, in milliseconds; at most an hour. */
  readonly spanMs: number;
  /** By minute, oldest first; the last one is not over. Only those in which the server ran. */
  readonly byMinute: readonly (Answers & { readonly lists: number })[];
  /** By endpoint, most asked first. Other than everywhere else, with what asks for health and metrics. */
  readonly endpoints: readonly (Answers & { readonly name: string })[];
  /** By what they were made from, most frequent first. */
  readonly sources: readonly { readonly source: Source; readonly lists: number }[];
  readonly lists: number;
  /** Lists with fewer products than asked for. */
  readonly shortLists: number;
  /** Lines of orders that were accepted. */
  readonly purchases: number;
  /** Requests for pages of the explorer, and for health and metrics. */
  readonly pages: number;
  readonly probes: number;
  /** Newest first. */
  readonly last: readonly (RecentRequest & { readonly agoMs: number })[];
  readonly queue: RecentCounts['queue'];
  readonly busy: readonly number[];
}

/** What machines ask for to watch the server, all day long, whether anybody shops or not. */
const isProbe = /\/(health\/live|health\/ready|metrics)$/;

export function summaryOf(counts: RecentCounts): RecentSummary {
  const { minute, now, since } = counts;
  const hour = Math.min(minutes, minute - Math.floor(since / 60_000) + 1);
  const slots = Array.from({ length: hour }, (_, i) => (minute - hour + 1 + i) % minutes);
  const [asked, probed] = [new Uint32Array(minutes * endpointWidth), new Uint32Array(endpointWidth)];
  const endpoints = [...counts.endpoints].map(([name, ring]) => {
    const own = totalOf(ring, endpointWidth, slots);
    addTo(isProbe.test(name) ? probed : asked, isProbe.test(name) ? own : ring);
    return { name, ...answersOf(own) };
  });
  const sources = [...counts.sources].map(([source, ring]) => ({ source, lists: totalOf(ring, 1, slots)[0] }));
  const others = totalOf(counts.others, otherWidth, slots);
  const listsIn = (slot: number) => [...counts.sources.values()].reduce((sum, ring) => sum + ring[slot], 0);
  return {
    ...answersOf(totalOf(asked, endpointWidth, slots)),
    spanMs: Math.min(now - since, minutes * 60_000),
    byMinute: slots.map((slot) => ({
      ...answersOf(asked.subarray(slot * endpointWidth, (slot + 1) * endpointWidth)),
      lists: listsIn(slot),
    })),
    endpoints: endpoints.filter(({ requests }) => requests > 0).sort((a, b) => b.requests - a.requests),
    sources: sources.filter(({ lists }) => lists > 0).sort((a, b) => b.lists - a.lists),
    lists: sources.reduce((sum, { lists }) => sum + lists, 0),
    shortLists: others[shortLists],
    purchases: others[purchases],
    pages: others[pages],
    probes: answersOf(probed).requests,
    last: counts.last.toReversed().map((request) => ({ ...request, agoMs: now - request.at })),
    queue: counts.queue,
    busy: counts.busy,
  };
}

/** The counts of some minutes of a ring. */
function totalOf(ring: Uint32Array, width: number, slots: readonly number[]): Uint32Array {
  const total = new Uint32Array(width);
  for (const slot of slots) addTo(total, ring.subarray(slot * width, (slot + 1) * width));
  return total;
}

function addTo(sum: Uint32Array, counts: Uint32Array): void {
  for (let i = 0; i < counts.length; i++) sum[i] += counts[i];
}

function answersOf(counts: Uint32Array): Answers {
  const took = counts.subarray(classes, classes + durations);
  return {
    requests: took.reduce((sum, count) => sum + count, 0),
    failed: counts[failed],
    refused: counts[refused],
    half: quantile(took, 0.5),
    nearlyAll: quantile(took, 0.99),
  };
}
