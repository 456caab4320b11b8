import type { Dataset } from '../dataset/dataset.ts';
import type { SalesByPeriod, SalesPeriods } from '../model/sales-by-period.ts';
import { dayMs } from '../orders/times/calendar.ts';
import { windowOf } from '../ranking/window.ts';

/** As many as can be told apart in a chart; a year has 52 weeks. */
const maxPeriods = 52;
const weekDays = 7;
/** What is earlier or later is no date of an order, and the periods of what is between can be written as dates. */
const maxTime = 4e15;
/** An order this long before or after all others belongs to them. */
const minToleranceDays = 15;

/**
 * Counts the orders of each product by period, from the history: days if there are at most 52 of them, otherwise weeks, or as
 * many whole weeks as it takes for 52 periods to be enough. The last one ends with the last day of the orders, so that sales do
 * not seem to fall at the end; the first one may begin before them. Returns undefined if orders have no times.
 *
 * It takes a byte for each order line besides the result.
 */
export function salesByPeriodOf({
  history,
  products,
}: Pick<Dataset, 'history' | 'products'>): { sales: SalesByPeriod; periods: SalesPeriods } | undefined {
  const periods = history?.times && periodsOf(history.times);
  if (!history?.times || !periods) return undefined;
  const { starts, products: rows, times } = history;
  const { from, periodDays } = periods;

  /** Of an order; NaN without a time. */
  const periodOf = (order: number) => Math.floor((times[order] - from) / dayMs / periodDays);
  function eachLine(see: (row: number, period: number) => void): void {
    for (let order = 0; order < times.length; order++) {
      const period = periodOf(order);
      if (!(period >= 0 && period < periods!.periods)) continue;
      for (let line = starts[order]; line < starts[order + 1]; line++) see(rows[line], period);
    }
  }

  // The lines of each product, by counting.
  const ends = new Uint32Array(products.length + 1);
  eachLine((row) => void ends[row + 1]++);
  for (let row = 0; row < products.length; row++) ends[row + 1] += ends[row];
  const sold = new Uint8Array(ends[products.length]);
  eachLine((row, period) => {
    sold[ends[row]++] = period;
  });

  const offsets = new Uint32Array(products.length + 1);
  for (let row = 0, begin = 0, runs = 0; row < products.length; begin = ends[row++]) {
    sold.subarray(begin, ends[row]).sort();
    for (let i = begin; i < ends[row]; i++) if (i === begin || sold[i] !== sold[i - 1]) runs++;
    offsets[row + 1] = runs;
  }
  const count = offsets[products.length];
  const sales = { offsets, periods: new Uint8Array(count), orders: new Uint32Array(count) };
  for (let row = 0, begin = 0, run = -1; row < products.length; begin = ends[row++])
    for (let i = begin; i < ends[row]; i++) {
      if (i === begin || sold[i] !== sold[i - 1]) sales.periods[++run] = sold[i];
      sales.orders[run]++;
    }
  return { sales, periods };
}

function periodsOf(times: Float64Array): SalesPeriods | undefined {
  const [first, last] = spanOf(times);
  if (!(first >= -maxTime && first <= last && last <= maxTime)) return undefined;
  const end = Math.floor(last / dayMs) + 1;
  const days = end - Math.floor(first / dayMs);
  const periodDays = days <= maxPeriods ? 1 : weekDays * Math.ceil(days / (weekDays * maxPeriods));
  const periods = Math.ceil(days / periodDays);
  return { from: (end - periods * periodDays) * dayMs, periodDays, periods };
}

/**
 * The first and the last time, without those that a mistyped year puts far from all others: further from 99.8 % of the orders
 * than half of what these span. Infinite if no order has a time.
 */
function spanOf(times: Float64Array): [first: number, last: number] {
  const backwards = times.map((time) => -time);
  const within = (days: number) => [-windowOf(backwards, days).to, windowOf(times, days).to] as [number, number];
  const [first, last] = within(0);
  return within(Math.max(2 * minToleranceDays, (last - first) / dayMs));
}
