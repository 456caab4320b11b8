import { EndcapError, throwIfAborted } from '../../errors.ts';
import { objectOfOptions } from '../../options.ts';
import type { Abortable } from '../types.ts';
import type { BoostGroup } from './boosts.ts';
import type { Mask } from './mask.ts';
import type { Borrowed, Masks, Selection } from './masks.ts';
import type { Merchandising } from './options.ts';
import type { PinnedRow } from './pins.ts';

/** What the options of a request come to in a shop. */
export interface Selected {
  /** The products that pass the filter; all if absent. */
  readonly filter?: Selection;
  /** Of these, the products that boosts lift alike; each is in one group. Absent without boosts. */
  readonly groups?: readonly { readonly selection: Selection; readonly by: number }[];
  /** By place; none if absent. */
  readonly pins?: readonly PinnedRow[];
}

/** @throws `invalid_options` that names the place in the option. */
export type Select = (options: Merchandising) => Selected;

/** What is made a part at a time, each in a millisecond or two. */
export interface Parts {
  isMade(): boolean;
  makePart(): void;
}

/** What a request asks for, in masks that are its own until it gives them back. */
export interface Shown extends Parts {
  readonly mask: Mask;
  readonly groups?: readonly BoostGroup[];
  readonly pins?: readonly PinnedRow[];
  giveBack(): void;
}

/** Asks questions over the products that their options ask for, or over all if they ask for nothing. */
export interface Merchandiser {
  /** What options ask for, once it is called; undefined if nothing. */
  shownBy(options: Merchandising): (() => Shown) | undefined;
  over<T>(
    options: Merchandising,
    signal: Abortable['signal'],
    ask: (shown: Shown | undefined) => T | Promise<T>,
  ): Promise<T>;
  /** The same on the calling thread. */
  overNow<T>(options: Merchandising | undefined, ask: (shown: Shown | undefined) => T): T;
}

/**
 * @param shop what no list may hold.
 * @param select absent if there is no shop: its options are refused then.
 * @param prepare makes parts between other requests.
 */
export function createMerchandiser(
  masks: Masks,
  shop: Mask,
  select: Select | undefined,
  prepare: (parts: Parts, signal: Abortable['signal']) => Promise<void>,
): Merchandiser {
  /** Requests that wait until others give their masks back, in turn. */
  const waiting: (() => void)[] = [];
  const wakeNext = () => waiting.shift()?.();

  function selectedBy({ filter, boost, pin }: Merchandising): Selected | undefined {
    if (filter === undefined && boost === undefined && pin === undefined) return undefined;
    const option = filter !== undefined ? 'filter' : boost !== undefined ? 'boost' : 'pin';
    if (!select)
      throw new EndcapError(
        'invalid_options',
        `${option}: needs a running shop, which knows its products; use createShop (endcap serve --data)`,
        { option },
      );
    return select({ filter, boost, pin });
  }

  function shownBy(options: Merchandising): (() => Shown) | undefined {
    const selected = selectedBy(options);
    return selected && (() => borrowed(selected));
  }

  /** Borrows once there is room. */
  async function borrowedInTurn(selected: Selected, signal: Abortable['signal']): Promise<Shown> {
    const { filter, groups = [] } = selected;
    const selections = [...(filter ? [filter] : []), ...groups.map(({ selection }) => selection)];
    let isFirst = false;
    while (!masks.hasRoom(selections)) {
      await new Promise<void>((resolve) => (isFirst ? waiting.unshift(resolve) : waiting.push(resolve)));
      isFirst = true;
      const ended = typeof signal === 'function' ? signal() : signal;
      if (ended?.aborted) wakeNext();
      throwIfAborted(ended);
    }
    const shown = borrowed(selected);
    // There may be room for more.
    wakeNext();
    return shown;
  }

  function borrowed({ filter, groups, pins }: Selected): Shown {
    const all: Borrowed[] = [];
    const borrow = (selection: Selection): Mask => {
      const one = masks.borrow(selection);
      all.push(one);
      return one.mask;
    };
    return {
      mask: filter ? borrow(filter) : shop,
      groups: groups?.map(({ selection, by }) => ({ mask: borrow(selection), by })),
      pins,
      isMade: () => all.every((one) => one.isMade()),
      makePart: () => all.find((one) => !one.isMade())?.makePart(),
      giveBack() {
        for (const one of all) one.giveBack();
        wakeNext();
      },
    };
  }

  return {
    shownBy,
    async over(options, signal, ask) {
      objectOfOptions(options);
      const selected = selectedBy(options);
      const shown = selected && (await borrowedInTurn(selected, signal));
      try {
        if (shown) await prepare(shown, signal);
        return await ask(shown);
      } finally {
        shown?.giveBack();
      }
    },
    overNow(options = {}, ask) {
      objectOfOptions(options);
      const shown = shownBy(options)?.();
      try {
        while (shown && !shown.isMade()) shown.makePart();
        return ask(shown);
      } finally {
        shown?.giveBack();
      }
    },
  };
}
