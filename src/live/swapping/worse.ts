import { EndcapError } from '../../errors.ts';
import type { KernelOptions } from '../../kernel/open.ts';
import type { Model } from '../../model/model.ts';
import type { Pace } from '../../turns.ts';
import { compareOnPurchases } from '../retraining/gate/purchases.ts';
import type { ShopStore } from '../store/store.ts';

/** The model that answers, and what it is compared on. */
export interface Compared extends Pace {
  readonly served: Model;
  /** Whether it was loaded from a file, so that it needs no copy. */
  readonly isServedLoaded: boolean;
  /** Nothing is compared without one. */
  readonly store: ShopStore | undefined;
  readonly kernel: KernelOptions;
}

/**
 * Checks that a model finds no less of the newest purchases than the one that it is to take the place of, as far as there are
 * enough that neither has seen; see `compareOnPurchases`. One that a gate has compared with that model is not compared again.
 *
 * @param name what the model is called in messages.
 * @throws `model_worse`; what the store throws; `aborted`.
 */
export async function checkNotWorse(
  name: string,
  model: Model,
  { served, store, ...options }: Compared,
): Promise<void> {
  const { gate } = model.metadata;
  if (!store || (gate?.passed && gate.served === served.metadata.version)) return;
  const found = await compareOnPurchases(served, model, store, options);
  if (!found || found.passed) return;
  throw new EndcapError(
    'model_worse',
    `${name} is not taken: ${found.reason}. The model before answers on. If it is to be taken all the same, use acceptLoss ` +
      '(?accept_loss=true over HTTP), or start again',
    { file: name, gate: found },
  );
}
