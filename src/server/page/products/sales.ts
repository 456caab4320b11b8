/** What a product sold when, as a chart and in words. */
import { html } from 'hono/html';
import type { Model } from '../../../model/model.ts';
import type { SalesPeriods } from '../../../model/sales-by-period.ts';
import { dayMs } from '../../../orders/times/calendar.ts';
import { table } from '../../../page/parts.ts';
import { lineChart, type Markup } from '../../../page/svg.ts';
import { dayOf, number, plural } from '../../../wording.ts';

/** The orders that hold a product of a model with sales, by period. */
function countsOf({ sales, metadata }: Pick<Model, 'sales' | 'metadata'>, row: number): number[] {
  const { offsets, periods, orders } = sales!;
  const counts = new Array<number>(metadata.sales!.periods).fill(0);
  for (let i = offsets[row]; i < offsets[row + 1]; i++) counts[periods[i]] = orders[i];
  return counts;
}

/** Those of the last so many periods, and of as many before. */
export function latelyOf(
  { sales, metadata }: Pick<Model, 'sales' | 'metadata'>,
  row: number,
  last: number,
): { value: number; before: number } {
  const { offsets, periods, orders } = sales!;
  const end = metadata.sales!.periods;
  let [value, before] = [0, 0];
  for (let i = offsets[row + 1] - 1; i >= offsets[row] && periods[i] >= end - 2 * last; i--) {
    if (periods[i] >= end - last) value += orders[i];
    else before += orders[i];
  }
  return { value, before };
}

/** Days that are compared with as many before. */
const comparedDays = 28;

/** Periods whose orders are compared with those of as many before: about four weeks, if the model knows as many; else 0. */
export function comparedPeriods({ periodDays, periods }: SalesPeriods): number {
  return Math.min(Math.max(1, Math.round(comparedDays / periodDays)), periods >> 1);
}

/** What a period is called: `day`, `week`, or `2-week period`. */
function nameOf({ periodDays }: SalesPeriods): string {
  if (periodDays === 1) return 'day';
  return periodDays === 7 ? 'week' : `${number(periodDays / 7)}-week period`;
}

/** The section about the sales of a product. */
export function salesSection(model: Model, row: number): Markup {
  const periods = model.metadata.sales;
  if (!periods || !model.sales)
    return html`<p>${
      model.purchases.lastPurchase
        ? 'This model is of an earlier version of Endcap, which did not count sales over time. The next training does.'
        : 'The orders have no times, so that nobody can say when it was bought.'
    }</p>`;
  const counts = countsOf(model, row);
  const day = (period: number) => dayOf(periods.from + period * periods.periodDays * dayMs);
  const end = dayOf(periods.from + periods.periods * periods.periodDays * dayMs - dayMs);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return html`<p>No order from ${day(0)} to ${end} holds it.</p>`;
  const name = nameOf(periods);
  const best = counts.indexOf(Math.max(...counts));
  const sold = counts.filter((count) => count > 0).length;
  return html`<p>${plural(total, 'One order', '# orders')} from ${day(0)} to ${end}, in ${sold === counts.length ? `every ${name}` : `${sold} of ${counts.length} ${name}s`}; most, ${number(counts[best])}, in the ${name} ${periods.periodDays === 1 ? 'of' : 'from'} ${day(best)}.
${latelyText(model, row, periods)} What was bought after ${end} counts from the next training on.</p>
${lineChart(
  `Orders by ${name}`,
  [{ style: 0, points: counts.map((y, x) => ({ x, y, text: `${day(x)}: ${plural(y, 'one order', '# orders')}` })) }],
  {
    x: {
      label: periods.periodDays === 1 ? 'day' : `${name} from`,
      // The year goes below, so that dates have room side by side.
      places: counts.map((_, period) => [day(period).slice(5), day(period).slice(0, 4)]),
    },
    y: { label: 'orders', fromZero: true },
  },
)}
<details><summary>The same as a table</summary>${table(
    `Orders by ${name}`,
    [periods.periodDays === 1 ? 'Day' : 'From', 'Orders'],
    counts.map((count, period) => ({ name: day(period), cells: [number(count)] })),
  )}</details>`;
}

function latelyText(model: Model, row: number, periods: SalesPeriods): string {
  const compared = comparedPeriods(periods);
  if (compared === 0) return '';
  const { value, before } = latelyOf(model, row, compared);
  const days = plural(compared * periods.periodDays, 'day', '# days');
  return `${number(value)} in the last ${days}, ${number(before)} in as many before.`;
}
