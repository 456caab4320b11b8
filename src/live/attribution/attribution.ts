/** What a shop knows of the lists that it gave out. */
import { EndcapError } from '../../errors.ts';
import { invalidOption, onlyKnown, wholeNumber } from '../../options.ts';
import { dayMs } from '../../orders/times/calendar.ts';
import type { ShopStore } from '../store/store.ts';
import { type AttributedCounts, createCounting } from './counting.ts';
import { keepsLists, outcomesOf } from './outcomes.ts';
import { type AttributionReport, type ReportedShop, reportOn } from './report.ts';
import { createShowing, type Showing, type ShowingStatus } from './showing.ts';

export interface AttributionOptions {
  /** Whose lists count: those of the last days. 7 by default, or as long as lists are kept if that is less. */
  days?: number;
}

export interface AttributionStatus extends ShowingStatus {
  /** Products of orders that came through this process and followed a list, since the start, by the kind of the list. */
  attributed: AttributedCounts;
}

export interface Attribution extends Pick<Showing, 'give' | 'end'> {
  /** To be called with purchases that were added. */
  bought: ReturnType<typeof createCounting>['add'];
  /** @throws `invalid_options`; `store_failed`. */
  report(options?: AttributionOptions): Promise<AttributionReport>;
  status(): AttributionStatus;
}

/** How many days lists are kept if nobody says. */
const defaultDays = 30;
const maxDays = 365;
/** How long a report is given again. */
const reportMs = 60_000;

interface Made {
  days: number;
  /** On the clock of `performance`, which nobody sets. */
  at: number;
  isRunning: boolean;
  report: Promise<AttributionReport>;
}

/** @throws `invalid_options` */
export function checkAttributionDays(days: unknown, hasStore: boolean): void {
  if (days === undefined) return;
  wholeNumber('attributionDays', days as number, 0, maxDays);
  if (days !== 0 && !hasStore) throw invalidOption('attributionDays', days, 'none where purchases are not kept');
}

/**
 * How many days the shop keeps lists: none without a store, or with one of somebody's own that keeps none.
 *
 * @param given was checked.
 * @throws `invalid_options`
 */
export function attributionDaysOf(given: number | undefined, store: ShopStore | undefined): number {
  if (given && !keepsLists(store)) throw invalidOption('attributionDays', given, `0, since ${without}`);
  return keepsLists(store) ? (given ?? defaultDays) : 0;
}

const without = 'the store has no recordShown, shownTo, shownAfter, and purchasesOfAll, and so keeps no lists';

/**
 * @param days as `attributionDaysOf` has it.
 * @param customerOf a customer as the store has them; undefined if it is no id.
 * @param shop is asked when a report is made.
 */
export function createAttribution(
  given: ShopStore | undefined,
  days: number,
  customerOf: (id: string | number) => string | undefined,
  shop: () => ReportedShop,
): Attribution {
  const store = days > 0 && keepsLists(given) ? given : undefined;
  const showing = createShowing(store, days, customerOf, given && !keepsLists(given) ? without : undefined);
  const counting = store && createCounting(store, days);
  const ending = new AbortController();
  let last: Made | undefined;

  function report({ days: asked = Math.min(7, days) }: AttributionOptions): Promise<AttributionReport> {
    if (!store)
      throw new EndcapError(
        'invalid_options',
        given && !keepsLists(given)
          ? `attribution: ${without}`
          : 'attribution needs a store and days for which lists are kept (--data shop.db, --attribution-days 30)',
        { option: 'attributionDays' },
      );
    wholeNumber('days', asked, 1, days);
    const [until, at] = [Date.now(), performance.now()];
    // Making one reads all lists: who asks again gets the same, and there is one at a time.
    if (last?.days === asked && (last.isRunning || at - last.at < reportMs)) return last.report;
    if (last?.isRunning)
      throw new EndcapError('store_busy', `a report of ${last.days} days is being made; ask again in a moment`);
    const outcomes = outcomesOf(store, days, ending.signal);
    const range = { from: until - asked * dayMs, until, attributionDays: days };
    const made: Made = { days: asked, at, isRunning: true, report: reportOn(outcomes, range, shop()) };
    last = made;
    made.report.then(
      () => {
        made.isRunning = false;
      },
      () => {
        last = undefined;
      },
    );
    return made.report;
  }

  return {
    give: showing.give,
    bought: (purchases) => counting?.add(purchases),
    async report(options = {}) {
      onlyKnown(options, ['days']);
      return report(options);
    },
    status: () => ({
      ...showing.status(),
      attributed: counting?.counts() ?? { recommend: 0, similar: 0, 'bought-together': 0 },
    }),
    async end() {
      ending.abort();
      await counting?.end();
      await showing.end();
    },
  };
}
