/** What takes long once for each model. It is kept for as long as the model is. */
import type { Model } from '../../model/model.ts';
import { inTurns } from '../../turns.ts';
import { within } from './later.ts';
import type { PageRequest } from './page.ts';

/**
 * What pages count of a model, when it is first asked for, in pieces between which requests are answered: in the background, or as
 * fast as it goes, as the last one to ask says.
 *
 * @param make yields between pieces of some tenths of a millisecond.
 */
export function oncePerModel<T>(make: (model: Model) => Generator<undefined, T>): OncePerModel<T> {
  const all = new WeakMap<Model, { readonly made: Promise<T>; readonly pace: { inBackground: boolean } }>();
  return (model, inBackground = false) => {
    const known = all.get(model);
    if (known) {
      known.pace.inBackground = inBackground;
      return known.made;
    }
    const pace = { inBackground };
    const made = inTurns(make(model), pace);
    all.set(model, { made, pace });
    // The next page tries again.
    made.catch(() => all.delete(model));
    return made;
  };
}

type OncePerModel<T> = (model: Model, inBackground?: boolean) => Promise<T>;

/**
 * What is made ready if it is there in time, or else undefined: then the rest is made in the background.
 *
 * @param ask whether in the background; asked again, it goes on.
 */
export async function soon<T extends object>(ask: (inBackground: boolean) => Promise<T>): Promise<T | undefined> {
  const result = await within(ask(false));
  if (!result)
    ask(true).catch(() => {
      // The next page tries again, and says why it fails.
    });
  return result;
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
