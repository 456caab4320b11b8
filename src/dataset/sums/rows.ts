/** From sums by number to the pairs of a dataset by row. Each column takes the place of that of the sums. */
import { sharedRows } from '../arrays.ts';
import type { Purchases, TransposedPurchases } from '../dataset.ts';
import { type IdRows, transpose } from '../sort.ts';
import { type Part, sortByKey } from './part.ts';
import type { Sums } from './sums.ts';

/** Units of a pair of which all was returned. */
export const noUnits = 0;

/** By number, 1 for those who have a pair. */
export function usedIn({ parts, partCustomers }: Sums, customers: number, products: number) {
  const used = { customers: new Uint8Array(customers), products: new Uint8Array(products) };
  for (const [i, { starts, products: bought, units }] of parts.entries())
    for (let c = 0; c < partCustomers; c++)
      for (let pair = starts[c]; pair < starts[c + 1]; pair++) {
        if (units?.[pair] === noUnits) continue;
        used.customers[i * partCustomers + c] = 1;
        used.products[bought[pair]] = 1;
      }
  return used;
}

/** The orders that hold each product, by row, and all units. */
export function countedIn({ parts }: Sums, { ids, rows }: IdRows): { holding: Uint32Array; units: number } {
  const holding = new Uint32Array(ids.length);
  let all = 0;
  for (const { size, products, orders, lines, units } of parts)
    for (let pair = 0; pair < size; pair++) {
      if (units?.[pair] === noUnits) continue;
      const own = orders?.[pair] ?? 1;
      holding[rows[products[pair]]] += own;
      all += units?.[pair] ?? lines?.[pair] ?? own;
    }
  return { holding, units: all };
}

/**
 * The pairs of customers and products in use.
 *
 * @param sums which must not be used afterwards.
 * @param isSwapped whether day and month are swapped.
 */
export function* pairsOfSums(
  sums: Sums,
  customers: IdRows,
  products: IdRows,
  isSwapped: boolean,
): Generator<undefined, { purchases: Purchases; byProduct: TransposedPurchases }> {
  const { parts, partCustomers } = sums;
  const arrange = createArranging(products.rows);
  for (const part of parts) {
    yield;
    arrange(part);
  }
  const count = customers.numbers.length;
  const offsets = sharedRows(count + 1);
  const productOffsets = sharedRows(products.numbers.length + 1);
  for (let row = 0; row < count; row++) {
    const number = customers.numbers[row];
    const { starts } = parts[Math.floor(number / partCustomers)];
    const own = number % partCustomers;
    offsets[row + 1] = offsets[row] + starts[own + 1] - starts[own];
  }

  /** Moves a column of the parts, in which `missing` stands for what a part lacks. */
  function move<T extends Uint32Array | Float32Array | Float64Array>(
    into: T,
    take: (part: Part) => ArrayLike<number> | undefined,
    missing: number,
  ): T {
    const columns = parts.map(take);
    for (let row = 0; row < count; row++) {
      const number = customers.numbers[row];
      const i = Math.floor(number / partCustomers);
      const column = columns[i];
      let from = parts[i].starts[number % partCustomers];
      const end = offsets[row + 1];
      if (column === undefined) into.fill(missing, offsets[row], end);
      else for (let to = offsets[row]; to < end; to++, from++) into[to] = column[from];
    }
    return into;
  }

  const pairs = offsets[count];
  const rows = move(
    sharedRows(pairs),
    (part) => {
      const column = part.products;
      part.products = new Uint32Array(0);
      return column;
    },
    0,
  );
  for (const row of rows) productOffsets[row + 1]++;
  for (let p = 0; p < products.numbers.length; p++) productOffsets[p + 1] += productOffsets[p];
  yield;
  const unitsOf = (part: Part) => part.units ?? part.lines ?? part.orders;
  const quantities = hasOther(parts, unitsOf, 1) ? move(new Float32Array(pairs), unitsOf, 1) : undefined;
  for (const part of parts) part.units = part.lines = undefined;
  yield;
  const ordersOf = (part: Part) => part.orders;
  const orders = hasOther(parts, ordersOf, 1) ? move(new Uint32Array(pairs), ordersOf, 1) : undefined;
  for (const part of parts) part.orders = undefined;
  yield;
  const timesOf = (part: Part) => (isSwapped ? part.otherLast : undefined) ?? part.last;
  const hasTimes = parts.some((part) =>
    timesOf(part)
      ?.subarray(0, part.size)
      .some((time) => !Number.isNaN(time)),
  );
  const lastPurchase = hasTimes ? move(new Float64Array(pairs), timesOf, Number.NaN) : undefined;
  for (const part of parts) part.last = part.otherLast = undefined;
  yield;
  const purchases: Purchases = {
    offsets,
    products: rows,
    ...(quantities && { quantities }),
    ...(orders && { orders }),
    ...(lastPurchase && { lastPurchase }),
  };
  return { purchases, byProduct: transpose(purchases, productOffsets) };
}

function hasOther(
  parts: readonly Part[],
  columnOf: (part: Part) => Uint32Array | Float64Array | undefined,
  value: number,
): boolean {
  return parts.some((part) => {
    const column = columnOf(part);
    for (let pair = 0; column && pair < part.size; pair++) if (column[pair] !== value) return true;
    return false;
  });
}

type Column = 'orders' | 'lines' | 'units' | 'last' | 'otherLast';
const columns: readonly Column[] = ['orders', 'lines', 'units', 'last', 'otherLast'];

/** Gives the products of a part their rows, which ascend for each customer, and leaves out pairs without units. */
function createArranging(rowOf: Uint32Array): (part: Part) => void {
  let places = new Uint32Array(0);
  let moved = new Float64Array(0);
  return (part) => {
    const { starts, products, size } = part;
    if (places.length < size) {
      places = new Uint32Array(size);
      moved = new Float64Array(size);
    }
    for (let pair = 0; pair < size; pair++) products[pair] = rowOf[products[pair]];
    let kept = 0;
    for (let customer = 0, from = 0; customer + 1 < starts.length; customer++) {
      const end = starts[customer + 1];
      starts[customer] = kept;
      for (let pair = from; pair < end; pair++) if (part.units?.[pair] !== noUnits) places[kept++] = pair;
      sortByKey(places, starts[customer], kept, products);
      from = end;
    }
    starts[starts.length - 1] = part.size = kept;
    const take = (column: Uint32Array | Float64Array) => {
      for (let i = 0; i < kept; i++) moved[i] = column[places[i]];
      column.set(moved.subarray(0, kept));
    };
    take(products);
    for (const name of columns) {
      const column = part[name];
      if (column) take(column);
    }
  };
}
