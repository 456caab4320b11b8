import type { Tally } from '../orders/account.ts';
import { withRoom } from './arrays.ts';
import type { Purchases } from './dataset.ts';
import { customerOf, dropLine, firstLine, type Log, productOf, quantityIn } from './log.ts';
import type { Numbering } from './numbering.ts';
import { createPairNumbering, type PairNumbering } from './pair-numbering.ts';
import type { IdRows } from './sort.ts';

export interface Returns {
  /** Adds a return; `line` is its line in the source. */
  add(customer: number, product: number, quantity: number, line: number): void;
  /** Subtracts the returns: drops the lines of pairs that were returned in full, and returns without a purchase. */
  settle(log: Log, tally: Tally, customers: Numbering, products: Numbering): Settled;
}

export interface Settled {
  /** Purchase lines dropped. */
  droppedLines: number;
  /** Returns kept. */
  returns: number;
  /** The quantities of the pairs, by customer and product number, that were returned in part. */
  reduced: { customer: number; product: number; quantity: number }[];
}

/** Adds up returns by customer and product. */
export function createReturns(): Returns {
  const pairs = createPairNumbering();
  let quantities = new Float64Array(1 << 10);
  let counts = new Uint32Array(1 << 10);
  let sourceLines = new Float64Array(1 << 10);

  return {
    add(customer, product, quantity, line) {
      const known = pairs.size;
      const pair = pairs.number(customer, product);
      if (pair === known) {
        quantities = withRoom(quantities, pair);
        counts = withRoom(counts, pair);
        sourceLines = withRoom(sourceLines, pair);
        sourceLines[pair] = line;
      }
      quantities[pair] += quantity;
      counts[pair]++;
    },
    settle(log, tally, customers, products) {
      const bought = new Float64Array(pairs.size);
      const boughtLines = new Uint32Array(pairs.size);
      const matches = linesOfPairs(log, pairs, customers.size);
      for (const [i, line] of matches.lines.entries()) {
        bought[matches.pairs[i]] += quantityIn(log, line);
        boughtLines[matches.pairs[i]]++;
      }
      const settled: Settled = { droppedLines: 0, returns: 0, reduced: [] };
      for (let pair = 0; pair < pairs.size; pair++) {
        const [customer, product] = [pairs.customers[pair], pairs.products[pair]];
        const quantity = bought[pair] - quantities[pair];
        if (quantity > 0) {
          settled.returns += counts[pair];
          settled.reduced.push({ customer, product, quantity });
          continue;
        }
        settled.droppedLines += boughtLines[pair];
        const reason = boughtLines[pair] === 0 ? 'return without purchase' : 'returned in full';
        const value = `product ${products.id(product)}, customer ${customers.id(customer)}`;
        tally.drop(reason, sourceLines[pair], value, counts[pair] + boughtLines[pair]);
      }
      for (const [i, line] of matches.lines.entries()) {
        if (bought[matches.pairs[i]] <= quantities[matches.pairs[i]]) dropLine(log, line);
      }
      return settled;
    },
  };
}

/** The lines of the log whose customer and product are a numbered pair, each with the number of the pair. */
function linesOfPairs(log: Log, numbering: PairNumbering, customers: number): { lines: number[]; pairs: number[] } {
  const lines: number[] = [];
  const pairs: number[] = [];
  const returning = new Uint8Array(customers);
  for (let pair = 0; pair < numbering.size; pair++) returning[numbering.customers[pair]] = 1;
  for (let run = 0; run < log.runCount; run++) {
    const customer = customerOf(log, run);
    if (returning[customer] === 0) continue;
    const end = firstLine(log, run + 1);
    for (let line = firstLine(log, run); line < end; line++) {
      const pair = numbering.find(customer, productOf(log, line));
      if (pair === -1) continue;
      lines.push(line);
      pairs.push(pair);
    }
  }
  return { lines, pairs };
}

/** The purchases with the quantities that returns reduced. */
export function withReduced(
  purchases: Purchases,
  reduced: Settled['reduced'],
  customers: IdRows,
  products: IdRows,
): Purchases {
  const { offsets, quantities, ...rest } = purchases;
  if (quantities === undefined || reduced.length === 0) return purchases;
  for (const { customer, product, quantity } of reduced) {
    const row = customers.rows[customer];
    const own = rest.products.subarray(offsets[row], offsets[row + 1]);
    quantities[offsets[row] + own.indexOf(products.rows[product])] = quantity;
  }
  return { offsets, ...rest, ...(quantities.some((quantity) => quantity !== 1) && { quantities }) };
}
