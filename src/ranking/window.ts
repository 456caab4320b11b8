import { dayMs } from '../orders/times/calendar.ts';
import { finish } from '../turns.ts';

/** Times that are looked at in a piece of the work: some tenths of a millisecond. */
const timesOfPiece = 2 ** 15;

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
  return finish(windowIn(times, windowDays));
}

/** The same a piece at a time, for those who have others waiting. */
export function* windowIn(times: Float64Array | undefined, windowDays: number): Generator<undefined, Window> {
  const latest = yield* latestOf(times ?? new Float64Array(0));
  const percentile = latest[latest.length - 1] ?? -Infinity;
  const to = latest.find((time) => time <= percentile + (windowDays / 2) * dayMs) ?? -Infinity;
  return { from: to - windowDays * dayMs, to };
}

/** How many of so many orders are later than the 99.9th percentile of their times. */
export const latestLeftOut = (orders: number) => (orders < minOrders ? 0 : Math.max(1, Math.floor(orders / 1000)));

/** The latest times down to the 99.9th percentile, latest first. */
function* latestOf(times: Float64Array): Generator<undefined, Float64Array> {
  let known = 0;
  for (let i = 0; i < times.length; i++) {
    if (i % timesOfPiece === 0) yield;
    if (!Number.isNaN(times[i])) known++;
  }
  const beyond = latestLeftOut(known);
  const length = Math.min(known, beyond + 1);
  // Sorted whenever it is full, which for times in a mixed sequence is seldom.
  const room = new Float64Array(2 * length);
  let kept = 0;
  let least = -Infinity;
  for (let i = 0; i < times.length; i++) {
    if (i % timesOfPiece === 0) yield;
    const time = times[i];
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
