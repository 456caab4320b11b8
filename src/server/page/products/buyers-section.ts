/** Who buys a product and how often again, in words and as a table. */
import { html } from 'hono/html';
import type { Model } from '../../../model/model.ts';
import { table } from '../../../page/parts.ts';
import type { Markup } from '../../../page/svg.ts';
import { inTurns } from '../../../turns.ts';
import { dayOf, number, percent, plural } from '../../../wording.ts';
import { linkTo } from '../links.ts';
import type { PageRequest } from '../page.ts';
import { type Buyers, buyersOf } from './buyers.ts';

/** Customers in the table. */
const most = 10;
/** With fewer customers who bought it again, the days in between are mostly those of other products. */
const minAgain = 5;

export async function buyersSection(
  { answering, root, signal }: Pick<PageRequest, 'answering' | 'root' | 'signal'>,
  row: number,
): Promise<Markup> {
  const { model } = answering;
  const bought = await inTurns(buyersOf(model, row, most), { signal });
  if (bought.buyers === 0) return html`<p>Nobody who is still a customer has bought it, or all of it was returned.</p>`;
  const hasTimes = model.purchases.lastPurchase !== undefined;
  const mayBeNamed = (customer: number) => answering.customerRow(model.customers[customer]) === customer;
  return html`<p>${buyersText(model, row, bought)}</p>
${table(
  'Who bought it most often',
  ['Customer', 'Orders', 'Units', ...(hasTimes ? ['Last bought'] : [])],
  bought.top
    .filter((buyer) => mayBeNamed(buyer.row))
    .map(({ row: customer, orders, units, last }) => ({
      name: linkTo(root, 'customers', model.customers[customer], { max: 40 }),
      cells: [number(orders), number(units), ...(hasTimes ? [dayOf(last)] : [])],
    })),
)}`;
}

/** `210 customers bought it in 300 orders: 512 units in all. 34% of them bought it again, on average after 26 days.` */
export function buyersText(
  { purchases, repeatTrees }: Pick<Model, 'purchases' | 'repeatTrees'>,
  row: number,
  { buyers, again, orders, units }: Buyers,
): string {
  const bought = `${plural(buyers, 'One customer', '# customers')} bought it in ${plural(orders, 'one order', '# orders')}`;
  const all = `${bought}: ${plural(units, 'one unit', '# units')} in all.`;
  if (again === 0) return `${all} ${buyers === 1 ? 'They did not buy it again' : 'None of them bought it again'}.`;
  const share = buyers === 1 ? 'They bought it again' : `${percent(again / buyers)} of them bought it again`;
  // Without times, intervals count orders.
  const days = purchases.lastPurchase && again >= minAgain ? (repeatTrees?.productIntervals[row] ?? 0) : 0;
  const after = days > 0 ? `, on average after ${plural(Math.max(1, Math.round(days)), 'one day', '# days')}` : '';
  return `${all} ${share}${after}.`;
}
