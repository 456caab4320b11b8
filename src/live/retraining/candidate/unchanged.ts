/** Whether there is anything to learn. */
import type { Model } from '../../../model/model.ts';
import type { TrainOptions } from '../../../training/fit-on.ts';
import { hasOptions } from '../../../training/model-options.ts';
import { version } from '../../../version.ts';
import type { ShopOrders } from './orders.ts';

/**
 * Whether a model has been trained on just these orders, by this version of Endcap, with the options that are given: training
 * again would say the same. A purchase that the model does not count as learned is news even if the orders have it as well.
 *
 * @param options of the training; those that are left out, and those that a model does not keep, do not matter.
 */
export function isUnchanged(
  { metadata }: Pick<Model, 'metadata'>,
  { dataset, learned, lastPurchase }: ShopOrders,
  options: TrainOptions = {},
): boolean {
  const known = metadata.learned !== undefined && metadata.learned.store === learned?.store ? metadata.learned.seq : 0;
  return (
    metadata.endcap === version &&
    metadata.fingerprint === dataset.fingerprint &&
    lastPurchase <= known &&
    hasOptions(metadata, options)
  );
}
