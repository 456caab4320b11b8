import { sharedBuffer } from '../kernel/memory.ts';
import { sharedRows } from './arrays.ts';
import type { Purchases, TransposedPurchases } from './dataset.ts';
import type { Numbering } from './numbering.ts';
import { packedAt, textsView } from './texts/packed.ts';
import { sortTexts } from './texts/sort-texts.ts';

/** The ids in use, by row: sorted by UTF-16 code units. */
export interface IdRows {
  ids: readonly string[];
  /** The row of each number; 0 for numbers that are not in use. */
  rows: Uint32Array;
  /** The number of each row. */
  numbers: Uint32Array;
}

/** So many ids stay bytes, of which strings are made when they are asked for. */
const manyIds = 2 ** 20;

/** Assigns rows to the ids whose numbers are `used`. */
export function rowsOf(all: Numbering, used: Uint8Array, many = manyIds): IdRows {
  let count = 0;
  for (let number = 0; number < used.length; number++) count += used[number];
  const numbers = new Uint32Array(count);
  for (let number = 0, row = 0; number < used.length; number++) if (used[number] === 1) numbers[row++] = number;
  sortTexts(numbers, all);
  const rows = new Uint32Array(all.size);
  for (let row = 0; row < count; row++) rows[numbers[row]] = row;
  const ids = count < many ? Array.from(numbers, (number) => all.id(number)) : packedIds(all, numbers);
  return { ids, rows, numbers };
}

function packedIds({ bytes, ends }: Numbering, numbers: Uint32Array): readonly string[] {
  const offsets = sharedRows(numbers.length + 1);
  const startOf = (number: number) => (number === 0 ? 0 : ends[number - 1]);
  for (let row = 0; row < numbers.length; row++)
    offsets[row + 1] = offsets[row] + ends[numbers[row]] - startOf(numbers[row]);
  const sorted = new Uint8Array(sharedBuffer(offsets[numbers.length]));
  for (let row = 0, to = 0; row < numbers.length; row++)
    for (let at = startOf(numbers[row]); to < offsets[row + 1]; at++, to++) sorted[to] = bytes[at];
  return textsView(packedAt(sorted, offsets));
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
