import { sharedRows } from './arrays.ts';
import type { Purchases, TransposedPurchases } from './dataset.ts';
import type { Numbering } from './numbering.ts';

/** The ids in use, by row: sorted by UTF-16 code units. */
export interface IdRows {
  ids: string[];
  /** The row of each number; 0 for numbers that are not in use. */
  rows: Uint32Array;
  /** The number of each row. */
  numbers: Uint32Array;
}

/** Assigns rows to the ids whose numbers are `used`. */
export function rowsOf(all: Numbering, used: Uint8Array): IdRows {
  const ids: string[] = [];
  for (let number = 0; number < used.length; number++) if (used[number] === 1) ids.push(all.id(number));
  ids.sort();
  const rows = new Uint32Array(all.size);
  const numbers = new Uint32Array(ids.length);
  for (let row = 0; row < ids.length; row++) {
    numbers[row] = all.find(ids[row]);
    rows[numbers[row]] = row;
  }
  return { ids, rows, numbers };
}

/** Sorts the numbers from index `from` up to `to`. Most ranges are short, for which insertion beats the built-in sort. */
export function sortRange(numbers: Uint32Array, from: number, to: number): void {
  if (to - from > 40) {
    numbers.subarray(from, to).sort();
    return;
  }
  for (let i = from + 1; i < to; i++) {
    const number = numbers[i];
    let at = i;
    for (; at > from && numbers[at - 1] > number; at--) numbers[at] = numbers[at - 1];
    numbers[at] = number;
  }
}

/** The same pairs grouped by product, whose pairs begin at `offsets`. */
export function transpose(purchases: Purchases, offsets: Uint32Array): TransposedPurchases {
  const count = purchases.products.length;
  const customers = sharedRows(count);
  const next = offsets.slice();
  for (let customer = 0; customer + 1 < purchases.offsets.length; customer++) {
    for (let pair = purchases.offsets[customer]!; pair < purchases.offsets[customer + 1]!; pair++) {
      customers[next[purchases.products[pair]!]!++] = customer;
    }
  }
  return { offsets, customers };
}

/** Reorders a value per pair from the order of `purchases` to that by product, whose pairs begin at `offsets`. */
export function transposeValues(
  { products }: Purchases,
  offsets: Uint32Array,
  values: Float32Array,
  out: Float32Array,
): void {
  const next = offsets.slice();
  for (let pair = 0; pair < values.length; pair++) out[next[products[pair]]++] = values[pair];
}
