import { balancedBounds } from '../kernel/kernel.ts';
import type { Memory } from '../kernel/memory.ts';

/** In which order the rows of one side are solved, and in which calls. */
export interface Schedule {
  /** Rows, in kernel memory. */
  readonly order: Uint32Array;
  /** Call `i` solves the rows at `bounds[i] .. bounds[i + 1]` of the order. */
  readonly bounds: Uint32Array;
}

/**
 * Rows of many pairs come first, those with the most before the others, many to a call: each call reads most of the other
 * side's rows once.
 *
 * @param offsets of the pairs of each row.
 * @param others rows of the other side.
 * @param longRow pairs that a row may have without being one of many.
 */
export function scheduleRows(memory: Memory, offsets: Uint32Array, others: number, longRow: number): Schedule {
  const rows = offsets.length - 1;
  const pairs = (row: number) => offsets[row + 1] - offsets[row];
  const order = memory.allocate(Uint32Array, rows);
  const longRows: number[] = [];
  for (let row = 0; row < rows; row++) if (pairs(row) > longRow) longRows.push(row);
  order.set(longRows.sort((a, b) => pairs(b) - pairs(a)));
  for (let row = 0, at = longRows.length; row < rows; row++) if (pairs(row) <= longRow) order[at++] = row;

  const inOrder = new Uint32Array(rows + 1);
  for (let at = 0; at < rows; at++) inOrder[at + 1] = inOrder[at] + pairs(order[at]);
  const entries = Math.min(8 * others, Math.ceil(offsets[rows] / 16));
  const longBounds = balancedBounds(inOrder.subarray(0, longRows.length + 1), entries, rows);
  const bounds = balancedBounds(inOrder.subarray(longRows.length), 8192, 512);
  return { order, bounds: Uint32Array.from([...longBounds, ...bounds.subarray(1).map((at) => at + longRows.length)]) };
}
