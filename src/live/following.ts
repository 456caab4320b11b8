/** When a shop looks for what others wrote: in the store at each hint of it, and all of it once a minute. */
import { followMs } from './served-model.ts';
import type { ShopStore } from './store/store.ts';

export interface Following {
  /** Reads what is new. What is missed because the store fails is read when it works again. */
  follow(): void;
  /** Waits for what was begun; nothing is read afterwards. */
  end(): Promise<void>;
}

/**
 * @param readOn reads what is new in the store.
 * @param eachMinute is called once a minute.
 */
export function createFollowing(
  store: Pick<ShopStore, 'watch'> | undefined,
  readOn: () => Promise<void>,
  eachMinute: () => void,
): Following {
  let following: Promise<void> | undefined;
  let again = false;
  let hasEnded = false;
  let timer: NodeJS.Timeout;

  function follow(): void {
    if (hasEnded) return;
    again = following !== undefined;
    following ??= readOn()
      .catch(() => {})
      .finally(() => {
        following = undefined;
        if (again) follow();
      });
  }

  function atNextMinute(): void {
    timer = setTimeout(
      () => {
        if (store) follow();
        eachMinute();
        atNextMinute();
      },
      followMs - (Date.now() % followMs),
    ).unref();
  }

  const unwatch = store?.watch(follow);
  atNextMinute();
  return {
    follow,
    async end() {
      clearTimeout(timer);
      unwatch?.();
      hasEnded = true;
      again = false;
      await following;
    },
  };
}
