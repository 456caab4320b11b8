/** How the places of lists are spread over products, next to the orders. */
import { html } from 'hono/html';
import { table } from '../../../page/parts.ts';
import { legend, type Markup, shareChart } from '../../../page/svg.ts';
import { number, percent } from '../../../wording.ts';
import type { Concentration } from './concentration.ts';
import type { Shown } from './sections.ts';

const names = ['Places in lists', 'Orders'] as const;

/** The hundredths of the products that the table has. */
const steps = [1, 2, 5, 10, 20, 50];

/** With fewer products, a hundredth of them is hardly a product. */
const minProducts = 20;

export function spreadPart({ figures: { offered, places, orders } }: Shown): Markup {
  if (places.total === 0 || orders.total === 0 || offered < minProducts) return html``;
  const top = (of: Concentration) => percent(of.shares[20]);
  const share = (part: number, of: Concentration) => percent(of.shares[part]);
  return html`<h2>Do lists show the same few products?</h2>
<p>The fifth of the products that most lists hold has ${top(places)} of all places in lists. Of the orders, the fifth that
sells most has ${top(orders)}. ${comparison(places.gini, orders.gini)}</p>
<div class="beside"><div>${legend(names)}
${shareChart(
  'Shares of the products that come first',
  [
    { name: names[0], style: 0, shares: places.shares },
    { name: names[1], style: 1, shares: orders.shares },
  ],
  { x: 'share of the products, most listed or sold first', y: 'share' },
)}</div>
${table(
  'The same in numbers',
  ['Of the products, the first', ...names],
  steps.map((part) => ({ name: `${part}%`, cells: [share(part, places), share(part, orders)] })),
)}</div>
<p class="soft">The dashed line is what it would be if each product had the same. One number for the distance from it is the
Gini coefficient: 0 if each product has the same, 1 if one has all. It is ${places.gini.toFixed(2)} for places in lists and
${orders.gini.toFixed(2)} for orders. Both are of the ${number(offered)} products that lists may hold.</p>`;
}

/** Gini coefficients that are closer are the same to the eye. */
const sameGini = 0.03;

function comparison(places: number, orders: number): string {
  if (Math.abs(places - orders) < sameGini) return 'So lists spread attention over products about as sales do.';
  return places > orders
    ? 'So lists turn attention to fewer products than sales do.'
    : 'So lists spread attention over more products than sales do.';
}
