import { emptySpan, type Span, widen } from '../../orders/csv/records/block-lines.ts';
import { firstLine, type Log, quantityIn, timeOf } from './log.ts';

/**
 * First and last time of the runs that have a line which is not dropped; `first` is above `last` if none has one.
 *
 * @param swapped whether day and month are swapped.
 * @param runs how many of them count, from the first one on.
 * @param latest later times do not count.
 */
export function spanIn(log: Log, swapped: boolean, runs = log.runCount, latest = Number.POSITIVE_INFINITY): Span {
  const span = emptySpan();
  for (let run = 0; run < runs; run++) {
    const time = timeOf(log, run, swapped);
    if (time <= latest && hasLine(log, run)) widen(span, time);
  }
  return span;
}

/** The time of the last run that `spanIn` counts; undefined if there is none. */
export function lastTimeIn(log: Log, swapped: boolean, latest: number): number | undefined {
  const { first, last } = spanIn(log, swapped, log.runCount, latest);
  return last < first ? undefined : last;
}

function hasLine(log: Log, run: number): boolean {
  const end = firstLine(log, run + 1);
  for (let line = firstLine(log, run); line < end; line++) if (quantityIn(log, line) !== 0) return true;
  return false;
}
