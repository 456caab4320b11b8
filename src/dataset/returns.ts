import type { Tally } from '../orders/account.ts';
import type { Purchases } from './dataset.ts';
import { customerOf, dropRow, firstRow, type Log, productOf, quantityIn } from './log.ts';
import type { Numbering } from './numbering.ts';
import { createPairTable, type PairTable, withRoom } from './pair-numbering.ts';
import type { IdRows } from './sort.ts';

export interface Returns {
  add(customer: number, product: number, quantity: number, line: number): void;
  /** Drops the rows of pairs that nothing is left of, and returns that there is nothing for. */
  settle(log: Log, tally: Tally, customers: Numbering, products: Numbering): Settled;
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
    settle(log, tally, customers, products) {
      const bought = new Float64Array(pairs.size);
      const boughtRows = new Uint32Array(pairs.size);
      const matches = rowsOfPairs(log, pairs, customers.size);
      for (const [i, row] of matches.rows.entries()) {
        bought[matches.pairs[i]] += quantityIn(log, row);
        boughtRows[matches.pairs[i]]++;
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
      for (const [i, row] of matches.rows.entries()) {
        if (bought[matches.pairs[i]] <= quantities[matches.pairs[i]]) dropRow(log, row);
      }
      return settled;
    },
  };
}

/** The rows whose customer and product are a pair of the table, each with its pair. */
function rowsOfPairs(log: Log, table: PairTable, customers: number): { rows: number[]; pairs: number[] } {
  const rows: number[] = [];
  const pairs: number[] = [];
  const returning = new Uint8Array(customers);
  for (let pair = 0; pair < table.size; pair++) returning[table.customers[pair]] = 1;
  for (let run = 0; run < log.runs; run++) {
    const customer = customerOf(log, run);
    if (returning[customer] === 0) continue;
    const end = firstRow(log, run + 1);
    for (let row = firstRow(log, run); row < end; row++) {
      const pair = table.find(customer, productOf(log, row));
      if (pair === -1) continue;
      rows.push(row);
      pairs.push(pair);
    }
  }
  return { rows, pairs };
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
