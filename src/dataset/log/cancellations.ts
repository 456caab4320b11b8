import { emptySpan, type Span, widen } from '../../orders/csv/records/block-lines.ts';
import { withRoom } from '../arrays.ts';
import { customerOf, firstLine, type Log, productOf, quantityIn, setQuantity } from './log.ts';
import { addOrders, createOrderShare, type OrderShare } from './order-share.ts';
import type { Returns } from './returns.ts';

/** In more of the orders than this, C and digits are how the shop numbers some of its orders. */
const maxShare = 0.05;

/**
 * Purchases whose order id is C and digits, which is how some shops number cancelled orders. They are in the log, with a
 * quantity below zero, until all orders are known.
 */
export interface Cancellations {
  /** Adds a line of the log, in its order; `line` is its line in the source. */
  add(line: number, order: string, time: number, otherTime: number): void;
  /** Begins the next file, after forgetting some lines of the current one, counted from 0 in the order they were added. */
  endFile(forgotten: readonly number[]): void;
  /**
   * Makes all of them returns or, if there are too many for that, ordinary purchases.
   *
   * @param orders all of them; those of the log if absent.
   */
  settle(log: Log, returns: Returns, orders?: OrderShare): SettledCancellations;
}

export interface SettledCancellations {
  /** Lines that became returns. */
  lines: number;
  /** The order id of the first of all, '' if there is none. */
  example: string;
  /** Of the times of those that became purchases. */
  span: Span;
  otherSpan: Span;
}

export function createCancellations(): Cancellations {
  let sourceLines = new Float64Array(1 << 10);
  let count = 0;
  /** How many of them are of earlier files. */
  let earlier = 0;
  const span = emptySpan();
  const otherSpan = emptySpan();
  let example = '';
  return {
    add(line, order, time, otherTime) {
      if (count === 0) example = order;
      sourceLines = withRoom(sourceLines, count);
      sourceLines[count++] = line;
      widen(span, time);
      widen(otherSpan, otherTime);
    },
    endFile(forgotten) {
      if (forgotten.length > 0) {
        const all = new Set(forgotten);
        const kept = sourceLines.subarray(0, count).filter((_, i) => !all.has(i - earlier));
        sourceLines.set(kept);
        count = kept.length;
      }
      earlier = count;
    },
    settle(log, returns, orders = createOrderShare()) {
      if (count === 0) return { lines: 0, example, span, otherSpan };
      addOrders(orders, log);
      const areReturns = orders.share() <= maxShare;
      let next = 0;
      for (let run = 0; run < log.runCount; run++) {
        const end = firstLine(log, run + 1);
        for (let line = firstLine(log, run); line < end; line++) {
          const quantity = -quantityIn(log, line);
          if (quantity <= 0) continue;
          if (areReturns) returns.add(customerOf(log, run), productOf(log, line), quantity, sourceLines[next++]);
          setQuantity(log, line, areReturns ? 0 : quantity);
        }
      }
      return areReturns
        ? { lines: count, example, span: emptySpan(), otherSpan: emptySpan() }
        : { lines: 0, example, span, otherSpan };
    },
  };
}
