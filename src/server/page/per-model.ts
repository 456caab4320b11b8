/** What takes long once for each model. It is kept for as long as the model is. */
import type { Model } from '../../model/model.ts';
import { inTurns } from '../../turns.ts';
import { within } from './later.ts';
import type { PageRequest } from './pages.ts';

/**
 * What pages count of a model, when it is first asked for, in pieces between which requests are answered.
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

/** Fires when nobody waits any more. */
type Signal = () => AbortSignal;

/**
 * Asks for what makes something ready the first time. That one goes on when its page is shown without it, and pages that come
 * meanwhile do not ask as well. The result is undefined until it is ready.
 */
export function slowAtFirst(): <T>(
  request: Pick<PageRequest, 'answering' | 'signal'>,
  ask: (signal?: Signal) => Promise<T>,
) => Promise<T | undefined> {
  const firsts = new WeakMap<Model, Promise<boolean>>();
  return async (request, ask) => {
    const { model } = request.answering;
    const first = firsts.get(model);
    if (first) return (await within(first)) ? ask(() => request.signal) : undefined;
    const asked = ask();
    firsts.set(
      model,
      asked.then(
        () => true,
        () => firsts.delete(model),
      ),
    );
    return within(asked);
  };
}
