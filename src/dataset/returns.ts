import type { Tally } from '../orders/account.ts';
import type { Purchases } from './dataset.ts';
import { type ByCustomer, byCustomer, dropRow, firstRow, type Log, productOf, quantityIn } from './log.ts';
import type { Numbering } from './numbering.ts';
import { createPairTable, withRoom } from './pairs.ts';
import type { IdRows } from './sort.ts';

export interface Returns {
  add(customer: number, product: number, quantity: number, line: number): void;
  /** Drops the rows of pairs that nothing is left of, and returns that there is nothing for. */
  settle(log: Log, runs: ByCustomer, tally: Tally, customers: Numbering, products: Numbering): Settled;
}

export interface Settled {
  /** Purchase rows dropped. */
  gone: number;
  /** Return rows kept. */
  returns: number;
  /** What the kept returns leave of a pair of a customer and a product number. */
  left: { customer: number; product: number; quantity: number }[];
}

/** Sums returns up by customer and product. */
export function createReturns(): Returns {
  const pairs = createPairTable();
  let quantities = new Float64Array(1 << 10);
  let rows = new Uint32Array(1 << 10);
  let firstLine = new Float64Array(1 << 10);

  return {
    add(customer, product, quantity, line) {
      const known = pairs.size;
      const pair = pairs.add(customer, product);
      if (pair === known) {
        quantities = withRoom(quantities, pair);
        rows = withRoom(rows, pair);
        firstLine = withRoom(firstLine, pair);
        firstLine[pair] = line;
      }
      quantities[pair] += quantity;
      rows[pair]++;
    },
    settle(log, runs, tally, customers, products) {
      const bought = new Float64Array(pairs.size);
      const boughtRows = new Uint32Array(pairs.size);
      const returned = byCustomer(pairs.size, (pair) => pairs.customers[pair], customers.size);
      /** By product one past its pair, where that is one of the customer at hand. */
      const places = new Uint32Array(products.size);
      const pairOf = (row: number) => places[productOf(log, row)] - 1;
      for (let c = 0; c < customers.size; c++) {
        const own = returned.items.subarray(returned.offsets[c], returned.offsets[c + 1]);
        if (own.length === 0) continue;
        for (const pair of own) places[pairs.products[pair]] = pair + 1;
        forRows(log, runs, c, (row) => {
          const pair = pairOf(row);
          if (pair === -1) return;
          bought[pair] += quantityIn(log, row);
          boughtRows[pair]++;
        });
        if (own.some((pair) => boughtRows[pair] > 0 && bought[pair] <= quantities[pair])) {
          forRows(log, runs, c, (row) => {
            const pair = pairOf(row);
            if (pair !== -1 && bought[pair] <= quantities[pair]) dropRow(log, row);
          });
        }
        for (const pair of own) places[pairs.products[pair]] = 0;
      }

      const settled: Settled = { gone: 0, returns: 0, left: [] };
      for (let pair = 0; pair < pairs.size; pair++) {
        const [customer, product] = [pairs.customers[pair], pairs.products[pair]];
        const quantity = bought[pair] - quantities[pair];
        if (quantity > 0) {
          settled.returns += rows[pair];
          settled.left.push({ customer, product, quantity });
          continue;
        }
        settled.gone += boughtRows[pair];
        const reason = boughtRows[pair] === 0 ? 'return without purchase' : 'returned in full';
        const value = `product ${products.id(product)}, customer ${customers.id(customer)}`;
        tally.drop(reason, firstLine[pair], value, rows[pair] + boughtRows[pair]);
      }
      return settled;
    },
  };
}

/** Calls `take` for every row of a customer. */
function forRows(log: Log, { offsets, items }: ByCustomer, customer: number, take: (row: number) => void): void {
  for (let at = offsets[customer]; at < offsets[customer + 1]; at++) {
    const end = firstRow(log, items[at] + 1);
    for (let row = firstRow(log, items[at]); row < end; row++) take(row);
  }
}

/** The purchases with what returns left of their pairs. */
export function takeOff(purchases: Purchases, left: Settled['left'], customers: IdRows, products: IdRows): Purchases {
  const { offsets, quantities, ...rest } = purchases;
  if (quantities === undefined || left.length === 0) return purchases;
  for (const { customer, product, quantity } of left) {
    const row = customers.rows[customer];
    const own = rest.products.subarray(offsets[row], offsets[row + 1]);
    quantities[offsets[row] + own.indexOf(products.rows[product])] = quantity;
  }
  return { offsets, ...rest, ...(quantities.some((quantity) => quantity !== 1) && { quantities }) };
}
