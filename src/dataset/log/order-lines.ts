import type { OrderLines } from '../dataset.ts';
import type { IdRows } from '../sort.ts';
import { customerOf, firstLine, type Log, productOf, quantityIn } from './log.ts';

/** The lines that are not dropped, in the order they were read. */
export function linesOf(log: Log, customers: IdRows, products: IdRows, lineCount: number): OrderLines {
  const lines = {
    customers: new Uint32Array(lineCount),
    products: new Uint32Array(lineCount),
    quantities: new Float32Array(lineCount),
  };
  let to = 0;
  for (let run = 0; run < log.runCount; run++) {
    const end = firstLine(log, run + 1);
    for (let line = firstLine(log, run); line < end; line++) {
      if (quantityIn(log, line) === 0) continue;
      lines.customers[to] = customers.rows[customerOf(log, run)];
      lines.products[to] = products.rows[productOf(log, line)];
      lines.quantities[to++] = quantityIn(log, line);
    }
  }
  return lines;
}
