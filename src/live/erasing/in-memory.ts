import { forgetText } from '../../dataset/texts/packed.ts';
import type { Model } from '../../model/model.ts';
import { arrayAt, placed } from '../../model/tensors.ts';
import { withoutRecords } from '../../model/without.ts';

/**
 * Overwrites what a model in memory has of a customer. Rows and pairs stay where they are, since lists are being made of them;
 * the id becomes that of the row before, so that ids are still in order, and a search finds the first.
 *
 * @param model nobody else has it.
 */
export function forgetCustomer(model: Model, row: number): void {
  const customers = model.customers as string[];
  if (!forgetText(customers, row)) {
    const id = customers[row];
    const before = row === 0 ? '' : customers[row - 1];
    // The rows that follow may have taken the id before, and are forgotten as well.
    for (let r = row; customers[r] === id; r++) customers[r] = before;
  }
  Object.assign(model, { metadata: withoutRecords(model.metadata) });
  const { purchases, returned } = model;
  for (const { at, shape } of placed) {
    const array = arrayAt(model, at);
    const [dimension] = shape;
    if (array === undefined) continue;
    if (dimension === 'customers') {
      const width = array.length / customers.length;
      array.fill(0, row * width, (row + 1) * width);
    }
    const offsets =
      dimension === 'pairs' ? purchases.offsets : dimension === 'returnedPairs' ? returned?.offsets : undefined;
    if (!offsets) continue;
    const [from, to] = [offsets[row], offsets[row + 1]];
    // Products are ascending in each row, which kernels rely on.
    if (at.endsWith('.products')) for (let pair = from; pair < to; pair++) array[pair] = pair - from;
    else array.fill(0, from, to);
  }
}
