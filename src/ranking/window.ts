import { dayMs } from '../orders/times/calendar.ts';

/** With fewer orders, one that is late is no exception. */
const minOrders = 20;

/** Milliseconds since 1970 UTC, both included. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/**
 * The last days of the orders. They end with the last order, but no later than half their length after the 99.9th
 * percentile of times, which leaves out at least one of 20 orders or more: a mistyped year does not move the window.
 *
 * @param times of the orders, in any sequence, NaN for none. Without times the window begins at -Infinity.
 */
export function windowOf(times: Float64Array | undefined, windowDays: number): Window {
  const latest = latestOf(times ?? new Float64Array(0));
  const percentile = latest[latest.length - 1] ?? -Infinity;
  const to = latest.find((time) => time <= percentile + (windowDays / 2) * dayMs) ?? -Infinity;
  return { from: to - windowDays * dayMs, to };
}

/** How many of so many orders are later than the 99.9th percentile of their times. */
export const latestLeftOut = (orders: number) => (orders < minOrders ? 0 : Math.max(1, Math.floor(orders / 1000)));

/** The latest times down to the 99.9th percentile, latest first. */
function latestOf(times: Float64Array): Float64Array {
  let known = 0;
  for (const time of times) if (!Number.isNaN(time)) known++;
  const beyond = latestLeftOut(known);
  const length = Math.min(known, beyond + 1);
  // Sorted whenever it is full, which for times in a mixed sequence is seldom.
  const room = new Float64Array(2 * length);
  let kept = 0;
  let least = -Infinity;
  for (const time of times) {
    // NaN never is.
    if (!(time > least)) continue;
    room[kept++] = time;
    if (kept < room.length) continue;
    room.sort().reverse();
    kept = length;
    least = room[length - 1];
  }
  return room.subarray(0, kept).sort().reverse().subarray(0, length);
}
