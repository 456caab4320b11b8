import type { Purchases, TransposedPurchases } from './dataset.ts';
import type { Numbering } from './numbering.ts';

/** Ids in use, sorted by UTF-16 code units, with the row of each number and the number of each row. */
export interface IdRows {
  ids: string[];
  rows: Uint32Array;
  numbers: Uint32Array;
}

/** Gives the ids whose numbers are `used` their rows. */
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

/** Sorts `numbers[from] .. numbers[to]`; most stretches are short, for which insertion beats the call of a sort. */
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

/** The same pairs seen from the products, whose pairs begin at `offsets`. */
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

/** Puts a value for each pair, given by customer, into the order by product, whose pairs begin at `offsets`. */
export function transposeValues(
  { products }: Purchases,
  offsets: Uint32Array,
  values: Float32Array,
  out: Float32Array,
): void {
  const next = offsets.slice();
  for (let pair = 0; pair < values.length; pair++) out[next[products[pair]]++] = values[pair];
}

/** Numbers of rows in memory that threads share, where there is such a thing. */
export function sharedRows(length: number): Uint32Array {
  return typeof SharedArrayBuffer === 'undefined'
    ? new Uint32Array(length)
    : new Uint32Array(new SharedArrayBuffer(length * Uint32Array.BYTES_PER_ELEMENT));
}
