import type { DropReason, Tally } from '../../orders/cleaning/account.ts';
import { withRoom } from '../arrays.ts';
import type { Purchases, Returned } from '../dataset.ts';
import type { Numbering } from '../numbering.ts';
import { type IdRows, sortRange } from '../sort.ts';
import { customerOf, firstLine, type Log, productOf, quantityIn, setQuantity } from './log.ts';
import { createPairNumbering, type PairNumbering } from './pair-numbering.ts';

export interface Returns {
  /**
   * Adds a return; `line` is its line in the source. A quantity of 0 stands for a purchase whose own record says that all
   * of it was returned.
   */
  add(customer: number, product: number, quantity: number, line: number): void;
  /**
   * Subtracts the returns: drops the lines of pairs that were returned in full, and returns without a purchase.
   *
   * @param isOut by number, 1 for customers who are left out.
   */
  settle(
    boughtOf: (pairs: PairNumbering) => Bought,
    tally: Tally,
    customers: Numbering,
    products: Numbering,
    isOut?: Uint8Array,
  ): Settled;
}

/** What was bought of numbered pairs, by their numbers. */
export interface Bought {
  readonly units: Float64Array;
  readonly lines: Uint32Array;
  /** Takes back the purchases of those that were returned in full. */
  drop(isReturned: (pair: number) => boolean): void;
}

interface Settled {
  /** Purchase lines dropped. */
  droppedLines: number;
  /** Returns kept. */
  returns: number;
  /** What is left of the pairs that were returned in part. */
  reduced: SettledPairs;
  /** The pairs that were bought and returned in full. */
  returned: SettledPairs;
}

/** Pairs by customer and product number, and the quantity of each. */
export interface SettledPairs {
  readonly customers: Uint32Array;
  readonly products: Uint32Array;
  readonly quantities: Float64Array;
}

/** What became of a pair. */
const [isReduced, isReturned] = [1, 2];

/** Adds up returns by customer and product. */
export function createReturns(): Returns {
  const pairs = createPairNumbering();
  let quantities = new Float64Array(1 << 10);
  let counts = new Uint32Array(1 << 10);
  /** Purchases whose own records say that all of them was returned. */
  let undone = new Uint32Array(1 << 10);
  let sourceLines = new Float64Array(1 << 10);

  return {
    add(customer, product, quantity, line) {
      const known = pairs.size;
      const pair = pairs.number(customer, product);
      if (pair === known) {
        quantities = withRoom(quantities, pair);
        counts = withRoom(counts, pair);
        undone = withRoom(undone, pair);
        sourceLines = withRoom(sourceLines, pair);
        sourceLines[pair] = line;
      }
      quantities[pair] += quantity;
      if (quantity > 0) counts[pair]++;
      else undone[pair]++;
    },
    settle(boughtOf, tally, customers, products, isOut) {
      const { units: bought, lines: boughtLines, drop: dropLines } = boughtOf(pairs);
      const counted = { droppedLines: 0, returns: 0 };
      const outcomes = new Uint8Array(pairs.size);
      for (let pair = 0; pair < pairs.size; pair++) {
        const [customer, product] = [pairs.customers[pair], pairs.products[pair]];
        if (isOut?.[customer]) {
          tally.add([{ reason: 'left-out customer', records: counts[pair] + undone[pair], examples: [] }], 0);
          continue;
        }
        const quantity = bought[pair] - quantities[pair];
        const drop = (reason: DropReason, records: number) => {
          if (records === 0) return;
          const value = `product ${products.id(product)}, customer ${customers.id(customer)}`;
          tally.drop(reason, sourceLines[pair], value, records);
        };
        drop('returned in full', undone[pair]);
        if (quantity > 0) {
          counted.returns += counts[pair];
          if (counts[pair] > 0) outcomes[pair] = isReduced;
          continue;
        }
        counted.droppedLines += boughtLines[pair];
        if (boughtLines[pair] + undone[pair] > 0) outcomes[pair] = isReturned;
        drop(
          boughtLines[pair] === 0 ? 'return without purchase' : 'returned in full',
          counts[pair] + boughtLines[pair],
        );
      }
      dropLines((pair) => bought[pair] <= quantities[pair]);
      const pairsWith = (outcome: number): SettledPairs => {
        const found = Uint32Array.from(outcomes.keys()).filter((pair) => outcomes[pair] === outcome);
        return {
          customers: found.map((pair) => pairs.customers[pair]),
          products: found.map((pair) => pairs.products[pair]),
          quantities: Float64Array.from(found, (pair) => bought[pair] - quantities[pair]),
        };
      };
      return { ...counted, reduced: pairsWith(isReduced), returned: pairsWith(isReturned) };
    },
  };
}

/** What a log has of pairs. @param customers how many have a number. */
export function boughtIn(log: Log, pairs: PairNumbering, customers: number): Bought {
  const bought = { units: new Float64Array(pairs.size), lines: new Uint32Array(pairs.size) };
  const matches = linesOfPairs(log, pairs, customers);
  for (let i = 0; i < matches.count; i++) {
    bought.units[matches.pairs[i]] += quantityIn(log, matches.lines[i]);
    bought.lines[matches.pairs[i]]++;
  }
  return {
    ...bought,
    drop(isReturned) {
      for (let i = 0; i < matches.count; i++) if (isReturned(matches.pairs[i])) setQuantity(log, matches.lines[i], 0);
    },
  };
}

/** Lines of the log, each with the number of its pair; the arrays may be longer. */
interface Matches {
  count: number;
  lines: Uint32Array;
  pairs: Uint32Array;
}

/** The lines of the log whose customer and product are a numbered pair. */
function linesOfPairs(log: Log, numbering: PairNumbering, customers: number): Matches {
  const matches: Matches = { count: 0, lines: new Uint32Array(1 << 10), pairs: new Uint32Array(1 << 10) };
  const returning = new Uint8Array(customers);
  for (let pair = 0; pair < numbering.size; pair++) returning[numbering.customers[pair]] = 1;
  for (let run = 0; run < log.runCount; run++) {
    const customer = customerOf(log, run);
    if (returning[customer] === 0) continue;
    const end = firstLine(log, run + 1);
    for (let line = firstLine(log, run); line < end; line++) {
      // A line that turned out to be a return itself is dropped already.
      const pair = quantityIn(log, line) === 0 ? -1 : numbering.find(customer, productOf(log, line));
      if (pair === -1) continue;
      const at = matches.count++;
      matches.lines = withRoom(matches.lines, at);
      matches.pairs = withRoom(matches.pairs, at);
      matches.lines[at] = line;
      matches.pairs[at] = pair;
    }
  }
  return matches;
}

/** The purchases with the quantities that returns reduced. */
export function withReduced(
  purchases: Purchases,
  reduced: SettledPairs,
  customers: IdRows,
  products: IdRows,
): Purchases {
  const { offsets, quantities, ...rest } = purchases;
  const { length } = reduced.customers;
  if (quantities === undefined || length === 0) return purchases;
  for (let pair = 0; pair < length; pair++) {
    const row = customers.rows[reduced.customers[pair]];
    const own = rest.products.subarray(offsets[row], offsets[row + 1]);
    quantities[offsets[row] + own.indexOf(products.rows[reduced.products[pair]])] = reduced.quantities[pair];
  }
  return { offsets, ...rest, ...(quantities.some((quantity) => quantity !== 1) && { quantities }) };
}

/** The pairs that were returned in full, by rows; undefined if there are none of customers and products in use. */
export function returnedOf(pairs: SettledPairs, customers: IdRows, products: IdRows): Returned | undefined {
  const isUsed = ({ numbers, rows }: IdRows, number: number) => numbers[rows[number]] === number;
  const used = Uint32Array.from(pairs.customers.keys()).filter(
    (pair) => isUsed(customers, pairs.customers[pair]) && isUsed(products, pairs.products[pair]),
  );
  if (used.length === 0) return undefined;
  const offsets = new Uint32Array(customers.ids.length + 1);
  for (const pair of used) offsets[customers.rows[pairs.customers[pair]] + 1]++;
  for (let row = 0; row < customers.ids.length; row++) offsets[row + 1] += offsets[row];
  const ends = offsets.slice();
  const rows = new Uint32Array(used.length);
  for (const pair of used) rows[ends[customers.rows[pairs.customers[pair]]]++] = products.rows[pairs.products[pair]];
  for (let row = 0; row < customers.ids.length; row++) sortRange(rows, offsets[row], offsets[row + 1]);
  return { offsets, products: rows };
}
