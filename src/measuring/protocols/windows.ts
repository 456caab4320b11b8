import { refuseBroken } from '../../dataset/check.ts';
import type { Dataset } from '../../dataset/dataset.ts';
import { orderNotes } from '../../dataset/notes/order-notes.ts';
import { linesWhere, withHistory } from '../../dataset/pairs.ts';
import { type HeldOut, holdOutFrom } from '../../dataset/split.ts';
import { invalidOption, oneOf, wholeNumber } from '../../options.ts';
import { dayMs } from '../../orders/times/calendar.ts';
import { windowOf } from '../../ranking/window.ts';
import { finish } from '../../turns.ts';
import { dateOf, plural } from '../../wording.ts';
import {
  type HeldOutPart,
  nothingToMeasure,
  type ProtocolReport,
  spansOf,
  type Unmeasured,
  unlistedNotes,
  unmeasuredBecause,
} from './held-out-part.ts';
import { checkProtocol, holdOut, type ProtocolOptions } from './protocols.ts';

export const protocols = ['next-order', 'time'] as const;
const defaultWindows = 3;
const defaultDays = 28;

export interface WindowOptions extends ProtocolOptions {
  /**
   * `next-order`: the last order of each customer with two or more is predicted; the default. `time`: windows that follow
   * one another up to the last order are predicted, each from the orders before it (a rolling origin: Tashman 2000,
   * "Out-of-sample tests of forecasting accuracy").
   */
  protocol?: (typeof protocols)[number];
  /**
   * The number of these windows, 1 to 100; 3 by default. They are of `lastDays` days each; by default of 28, or of fewer if
   * the first would begin before half of the orders.
   */
  windows?: number;
}

/** What is held out, in one window or several. */
export interface HeldOutWindows {
  /** Oldest first. All have the customer and product rows of the dataset. */
  readonly windows: readonly HeldOut[];
  readonly protocol: ProtocolReport;
  /** Customers whom no window measures. */
  readonly unmeasured: readonly Unmeasured[];
  readonly notes: HeldOutPart['notes'];
}

/** Throws `invalid_options` that names the option. */
export function checkWindows({ protocol, windows, from, lastDays, test }: WindowOptions): void {
  checkProtocol({ from, lastDays, test });
  oneOf('protocol', protocol ?? 'next-order', protocols);
  wholeNumber('windows', windows ?? defaultWindows, 1, 100);
  const barred = protocol === 'next-order' ? { from, lastDays, test, windows } : protocol === 'time' ? { test } : {};
  for (const [name, value] of Object.entries(barred))
    if (value !== undefined) throw invalidOption(name, value, `no value, since protocol is ${protocol}`);
  const given = Object.entries({ from, test }).find(([, value]) => value !== undefined);
  if (windows !== undefined && given) throw invalidOption('windows', windows, `no value, since ${given[0]} is given`);
}

/**
 * Splits a dataset as `holdOut` does or, for `protocol: 'time'` or if a number of windows is given, into windows.
 *
 * @throws `invalid_options`; `nothing_to_measure` if orders have no times or span too little of it, or no customer came back
 * in a window.
 */
export function holdOutWindows(dataset: Dataset, options: WindowOptions = {}): HeldOutWindows {
  checkWindows(options);
  const { protocol, windows, from, lastDays, test } = options;
  if (windows !== undefined || (protocol === 'time' && from === undefined))
    return rollingOrigin(dataset, windows ?? defaultWindows, lastDays);
  const { heldOut, ...part } = holdOut(dataset, { from, lastDays, test });
  return { windows: [heldOut], ...part };
}

function rollingOrigin(dataset: Dataset, count: number, lastDays: number | undefined): HeldOutWindows {
  refuseBroken(dataset);
  const times = dataset.history?.times?.filter((time) => !Number.isNaN(time)).sort();
  if (times === undefined || times.length === 0) {
    throw nothingToMeasure(
      'the orders have no times, so none can be predicted from those before it. Name the column that has them ' +
        '(--columns time=...), or predict the last order of each customer (--protocol next-order).',
    );
  }
  const days = lastDays ?? daysOfWindow(times, count);
  const last = windowOf(times, days);
  const starts = Array.from({ length: count }, (_, i) => last.from - (count - 1 - i) * days * dayMs);
  const windows = starts.map((from, i) => window(dataset, from, starts[i + 1]));
  const heldOut = windows[count - 1];
  const measured = new Set(windows.flatMap(({ customers }) => [...customers]));
  const length = `${plural(days, 'one day', '# days')}`;
  const which = count === 1 ? `a window of ${length}` : `each of ${count} windows of ${length}`;
  return {
    windows,
    protocol: {
      name: 'time',
      description:
        `What ${plural(measured.size, 'one customer', '# customers')} bought in ${which} from ${dateOf(starts[0])} on is ` +
        'predicted from the orders before.',
      from: starts[0],
      ...(count > 1 && { windows: starts.map((from, i) => ({ from, ...(i + 1 < count && { to: starts[i + 1] }) })) }),
      ...spansOf(
        heldOut.train.history!.times,
        times.filter((time) => time >= starts[0]),
      ),
    },
    unmeasured: unmeasuredBecause([
      dataset.customers.length - measured.size,
      `did not order ${count > 1 ? 'in a window' : `from ${dateOf(starts[0])} on`} after an order before it`,
    ]),
    notes: [
      ...orderNotes(dataset).map(({ text }) => text),
      ...(times.length < dataset.history!.times!.length ? ['All orders without a time are in the training part.'] : []),
      ...unlistedNotes(dataset),
    ],
  };
}

/** @param times ascending. */
function daysOfWindow(times: Float64Array, count: number): number {
  const half = times[times.length >> 1];
  const days = Math.min(defaultDays, Math.floor((windowOf(times, defaultDays).to - half) / count / dayMs));
  if (days >= 1) return days;
  throw nothingToMeasure(
    `half of the orders are from ${dateOf(half)} or later, and the last from ${dateOf(times[times.length - 1])}: too little ` +
      `time for ${plural(count, 'a window', '# windows')} of a day. Ask for fewer (--windows), give their length ` +
      '(--last-days), or predict the last order of each customer (--protocol next-order).',
  );
}

function window(dataset: Dataset, from: number, to: number | undefined): HeldOut {
  const { history } = dataset;
  const upTo =
    to === undefined
      ? dataset
      : finish(withHistory(dataset, finish(linesWhere(history!, (_, order) => !(history!.times![order] >= to)))));
  const heldOut = finish(holdOutFrom(upTo, from));
  if (heldOut.customers.length > 0) return heldOut;
  throw nothingToMeasure(
    `no customer who ordered before ${dateOf(from)} came back ${to === undefined ? 'later' : `until ${dateOf(to)}`}. Ask ` +
      'for fewer windows (--windows) or another length (--last-days).',
  );
}
