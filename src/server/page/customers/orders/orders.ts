/** A customer's orders: over time, one by one, and what they hold most. */
import { html } from 'hono/html';
import { table, words } from '../../../../page/parts.ts';
import type { Markup } from '../../../../page/svg.ts';
import { timelineChart } from '../../../../page/timeline.ts';
import { dateOf, dayOf, latestTime, number, plural } from '../../../../wording.ts';
import { linkTo } from '../../links.ts';
import { longestInTable, short } from '../links.ts';
import type { BoughtProducts } from './bought.ts';
import type { CustomerOrder, OrderedProduct, ordersInModel } from './timeline.ts';

interface Parts {
  readonly root: string;
  /** Undefined if the model does not know the customer, or orders. */
  readonly inModel: ReturnType<typeof ordersInModel>;
  readonly isInModel: boolean;
  readonly since: readonly CustomerOrder[];
  readonly bought: BoughtProducts;
  readonly nameOf: (product: string) => string;
}

/** Links to a product by its name. */
type Link = (product: string, max?: number) => Markup;

const mostSince = 20;
const mostProducts = 12;
const mostBought = 10;

export function ordersSection({ root, inModel, isInModel, since, bought, nameOf }: Parts): Markup {
  const link = (product: string, max?: number) => linkTo(root, 'products', product, { text: nameOf(product), max });
  const shown = [...since.slice(0, mostSince), ...(inModel?.orders ?? [])];
  const left = [
    since.length > mostSince && `${since.length - mostSince} earlier orders since the model`,
    inModel && inModel.earlier > 0 && `${number(inModel.earlier)} orders before these`,
  ].filter((text) => text !== false);
  return html`<h2>Orders</h2>
${isInModel && !inModel && html`<p>This model does not keep which products were bought in one order, so that the orders that it learned from cannot be shown.</p>`}
${shown.length > 0 && timeChart(shown)}
<div class="beside orders"><div>${shown.length > 0 && ordersTable(shown, link)}
${left.length > 0 && html`<p class="soft">Not shown: ${left.join(', and ')}. The model keeps the last eight orders of a customer.</p>`}</div>
<div>${bought.count > 0 && boughtTable(bought, link)}</div></div>`;
}

/** Where an order is drawn: in the middle of the times it may be of. */
function placeOf({ time }: CustomerOrder): number {
  if (typeof time === 'number') return time;
  const { after, before } = time ?? {};
  if (after !== undefined && before !== undefined) return (after + before) / 2;
  return after ?? before ?? Number.NaN;
}

function timeChart(orders: readonly CustomerOrder[]): Markup | string {
  const marks = orders
    .map((order) => ({
      ...{ time: placeOf(order), size: order.products.length, style: order.isSince ? 1 : 0 },
      text: `${when(order)}: ${plural(order.products.length, 'one product', '# products')}`,
    }))
    .filter(({ time }) => Math.abs(time) <= latestTime);
  if (new Set(marks.map(({ time }) => time)).size < 2) return '';
  const kinds = new Set(orders.map(({ isSince }) => isSince));
  return html`${timelineChart('Orders over time', marks, {
    measured: 'height: different products in the order',
    text: `Orders over time, as in the table below: ${marks.map(({ text }) => text).join('; ')}`,
  })}
${kinds.size > 1 && html`<p class="soft">Orders that the model learned from are <span class="s0 swatch">blue</span>, those since <span class="s1 swatch">orange</span>.</p>`}`;
}

function ordersTable(orders: readonly CustomerOrder[], link: Link): Markup {
  let ago = 0;
  const rows = orders.map((order) => ({
    name: whenIn(order),
    cells: [
      order.isSince ? html`since the model: ${short(order.order ?? '', 30)}` : agoOf(ago++),
      html`<ul class="inline">${productsOf(order.products, link)}</ul>`,
    ],
    model: order.isSince,
  }));
  return table('Orders, the last one first', ['When', words('Which'), words('Products')], rows);
}

const agoOf = (ago: number) => (ago === 0 ? 'last in the model' : `${ago} before the last`);

/** The same on two lines, since the first column of a table does not wrap. */
function whenIn(order: CustomerOrder): Markup | string {
  const text = when(order);
  const [first, second] = text.split(' and ');
  return second === undefined ? text : html`${first}<br>and ${second}`;
}

/** The day; of orders since the model, the minute as well. */
function when({ time, isSince }: CustomerOrder): string {
  if (time === undefined) return 'time unknown';
  if (typeof time === 'number') return isSince ? `${dateOf(time)} UTC` : dayOf(time);
  const [after, before] = [time.after, time.before].map((end) => (end === undefined ? undefined : dayOf(end)));
  if (after !== undefined && before !== undefined) return after === before ? after : `between ${after} and ${before}`;
  return after === undefined ? `before ${before}` : `after ${after}`;
}

function productsOf(products: readonly OrderedProduct[], link: Link): Markup[] {
  const more = products.length - mostProducts;
  const units = (quantity: number | undefined) => {
    if (quantity === undefined || quantity === 1) return '';
    return quantity > 0 ? ` × ${number(quantity)}` : ' (returned)';
  };
  return [
    ...products
      .slice(0, mostProducts)
      .map(({ product, quantity }) => html`<li>${link(product)}${units(quantity)}</li>`),
    ...(more > 0 ? [html`<li>and ${more} more</li>`] : []),
  ];
}

function boughtTable(bought: BoughtProducts, link: Link): Markup {
  const rows = bought.most(mostBought).map(({ product, orders, units, last }) => ({
    name: link(product, longestInTable),
    cells: [orders, units, Number.isNaN(last) ? '' : dayOf(last)].map((cell) =>
      typeof cell === 'number' ? number(cell) : cell,
    ),
  }));
  const caption = `What they bought most, of ${plural(bought.count, 'one product', '# different products')}`;
  return table(caption, ['Product', 'Orders', 'Units', 'Last'], rows);
}
