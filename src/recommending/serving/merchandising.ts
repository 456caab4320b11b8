import { EndcapError } from '../../errors.ts';
import { objectOfOptions } from '../../options.ts';
import type { Abortable } from '../types.ts';
import type { Mask } from './mask.ts';
import type { Masks, Selection } from './masks.ts';
import type { Merchandising } from './options.ts';

/** What these options come to in a shop. */
interface Selected {
  /** The products that pass the filter. */
  readonly filter: Selection;
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
 * @param select absent if there is no shop: its options are refused then.
 * @param prepare makes parts between other requests.
 */
export function createMerchandiser(
  masks: Masks,
  select: Select | undefined,
  prepare: (parts: Parts, signal: Abortable['signal']) => Promise<void>,
): Merchandiser {
  function shownBy(options: Merchandising): (() => Shown) | undefined {
    const { filter } = options;
    if (filter === undefined) return undefined;
    if (!select)
      throw new EndcapError(
        'invalid_options',
        'filter: needs a running shop, which knows its products; use createShop (endcap serve --data)',
        { option: 'filter' },
      );
    const selected = select({ filter });
    return () => masks.borrow(selected.filter);
  }

  return {
    shownBy,
    async over(options, signal, ask) {
      objectOfOptions(options);
      const shown = shownBy(options)?.();
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
