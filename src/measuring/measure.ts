import type { HeldOut } from '../dataset/split.ts';
import type { Contestant } from './contestants.ts';
import { checkMeasureOptions, type MeasureOptions } from './measure-options.ts';
import { createMeasurement } from './measurement.ts';
import type { Measured } from './results.ts';

/**
 * Measures lists against held-out orders. All products compete; nothing is sampled. The first contestant is compared
 * with every other one, over the same customers. Each customer with targets for a question counts once.
 *
 * @param heldOut the training part and the targets, from `holdOut(dataset).heldOut`.
 * @param contestants who makes lists; see `Lister` for their shape.
 * @throws `invalid_options`, `aborted`, and whatever the contestants throw.
 * @example
 * // How good are the lists that another system made? `theirs` maps customer ids to product ids, best first.
 * const { heldOut } = holdOut(dataset);
 * const { customers, products } = heldOut.train;
 * const rowOf = new Map(products.map((id, row) => [id, row]));
 * const lists = {
 *   async *recommendBlocks({ n, from, to }) {
 *     for (let customer = from; customer < to; customer++) {
 *       const known = (theirs.get(customers[customer]) ?? []).flatMap((id) => rowOf.get(id) ?? []);
 *       const rows = new Uint32Array(n).fill(noRow);
 *       rows.set(known.slice(0, n));
 *       yield { firstCustomer: customer, customers: 1, n, rows };
 *     }
 *   },
 * };
 * const { baselines } = baselinesOf(heldOut);
 * const { results } = await measure(heldOut, [{ name: 'theirs', lists }, ...baselines], { questions: ['all'], ks: [10] });
 * for (const { contestant, metrics } of results) console.log(contestant, metrics.recall.mean);
 */
export async function measure(
  heldOut: HeldOut,
  contestants: readonly Contestant[],
  options: MeasureOptions = {},
): Promise<Measured> {
  checkMeasureOptions(options);
  const measurement = createMeasurement(options);
  await measurement.add(heldOut, contestants);
  return measurement.measured();
}
