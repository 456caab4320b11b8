import type { Model } from '../../model/model.ts';
import { inTurns } from '../../turns.ts';

/**
 * What pages count of a model: once for each model, when it is first asked for, in pieces between which requests are answered.
 * It is kept for as long as the model is.
 *
 * @param make yields between pieces of some tenths of a millisecond.
 */
export function oncePerModel<T>(make: (model: Model) => Generator<undefined, T>): (model: Model) => Promise<T> {
  const made = new WeakMap<Model, Promise<T>>();
  return (model) => {
    const known = made.get(model);
    if (known) return known;
    const making = inTurns(make(model));
    made.set(model, making);
    // The next page tries again.
    making.catch(() => made.delete(model));
    return making;
  };
}
