/** The parts of the page of the catalogue. */
import { html } from 'hono/html';
import { table } from '../../../page/parts.ts';
import { cut, type Markup } from '../../../page/svg.ts';
import { number, percent, plural } from '../../../wording.ts';
import { linkTo } from '../links.ts';
import type { Highlights } from '../products/highlights.ts';
import type { Coverage } from './coverage.ts';
import type { Figures } from './figures.ts';
import type { ProductsNow } from './products.ts';
import type { Sold } from './sold.ts';

/** What there is to show. */
export interface Shown {
  /** What links begin with. */
  readonly root: string;
  readonly coverage: Coverage;
  readonly products: ProductsNow;
  readonly sold: Sold;
  readonly figures: Figures;
}

/** The longest name in a table. */
const nameLength = 48;

function named({ root, products }: Shown, row: number): Markup {
  const { id, name } = products.describe(row);
  return linkTo(root, 'products', id, { text: name ?? id, max: nameLength });
}

/** How many lists, and how many of those that are counted. */
const listCells = ({ coverage }: Shown, lists: number) => [number(lists), percent(lists / coverage.counted)];
const listHeads = ['Lists', 'Of all'];

/** `7 of 10 products are`, or what says it better. */
export function inTen(part: number, whole: number): string {
  if (part === 0) return 'No product is';
  if (part === whole) return whole === 1 ? 'The only product is' : 'Every product is';
  const tenths = Math.round((10 * part) / whole);
  if (tenths === 10) return 'Nearly every product is';
  if (tenths === 0) return `1 of ${number(Math.round(whole / part))} products is`;
  return tenths === 1 ? '1 of 10 products is' : `${tenths} of 10 products are`;
}

export function summary({ coverage, figures: { offered, listed, withheld } }: Shown): Markup {
  const isAll = coverage.state === 'done';
  const kept =
    withheld > 0 &&
    html` ${plural(withheld, 'One more product is', '# more products are')} kept out of
lists by the shop, as what is sold out.`;
  if (offered === 0)
    return html`<div class="conclusions"><p>Lists are empty: there is no product that they may hold.</p>
<ul><li>${withheld > 0 ? 'All products are kept out of lists by the shop, as what is sold out.' : 'The model has none.'}</li></ul></div>`;
  return html`<div class="conclusions"><p>${inTen(listed, offered)} in somebody’s list${isAll ? '' : ' so far'}.</p>
<ul><li>Of ${plural(offered, 'the only product', '# products')} that lists may hold, ${isAll ? '' : 'at least '}${number(listed)}
${listed === 1 ? 'is' : 'are'} in the list of one customer or more.${kept}</li>
${coverage.empty > 0 && html`<li>${plural(coverage.empty, 'One list is', '# lists are')} empty.</li>`}</ul></div>`;
}

export function mostPart(shown: Shown): Markup {
  const { sold, coverage, figures } = shown;
  if (figures.mostListed.length === 0) return html``;
  return html`<h2>In the most lists</h2>
<p>Next to the place that each product has in sales. A product that many lists hold and few people buy deserves a look.</p>
${table(
  'Products in the most lists',
  ['Product', ...listHeads, 'Place in sales', 'Orders', 'Buyers'],
  figures.mostListed.map((row) => ({
    name: named(shown, row),
    cells: [
      ...listCells(shown, coverage.lists[row]),
      number(sold.places[row]),
      number(sold.orders[row]),
      number(sold.buyers[row]),
    ],
  })),
)}`;
}

export function neverPart(shown: Shown): Markup {
  const { sold, coverage, root, figures } = shown;
  const never = figures.offered - figures.listed;
  if (figures.offered === 0) return html``;
  const soFar = coverage.state === 'done' ? '' : ' so far';
  if (never === 0) return html`<h2>In no list</h2><p>None${soFar}: each product is in at least one list.</p>`;
  return html`<h2>In no list</h2>
<p>${plural(never, 'One product that lists may hold is', '# products that lists may hold are')} in no list${soFar}. Those that
sold most come first. <a href="${root}/catalogue.csv?only=never-listed">All of them as CSV</a></p>
${table(
  'Products in no list',
  ['Product', 'Orders', 'Buyers', 'Place in sales'],
  figures.neverListed.map((row) => ({
    name: named(shown, row),
    cells: [number(sold.orders[row]), number(sold.buyers[row]), number(sold.places[row])],
  })),
)}`;
}

export function missedPart(shown: Shown): Markup {
  const { sold, coverage, root, figures } = shown;
  if (figures.withheld === 0) return html``;
  const all = plural(figures.withheld, 'One product is', '# products are');
  return html`<h2>Sold out, but would be in lists</h2>
<p>${all} kept out of lists by the shop. If all could be bought again, these would be in the most lists: where stock is missed
most. <a href="${root}/catalogue.csv?only=withheld">All of them as CSV</a></p>
${
  figures.missed.length === 0
    ? html`<p>None of the lists that are counted would hold any of them.</p>`
    : table(
        'Products that lists would hold',
        ['Product', ...listHeads, 'Place in sales', 'Orders'],
        figures.missed.map((row) => ({
          name: named(shown, row),
          cells: [...listCells(shown, coverage.withoutStock[row]), number(sold.places[row]), number(sold.orders[row])],
        })),
      )
}`;
}

/** @param rising absent if the model does not know what sold when. */
export function risingPart(shown: Shown, rising: Highlights['rising']): Markup {
  const { coverage, products } = shown;
  if (!rising) return html``;
  const days = plural(rising.days, 'day', '# days');
  return html`<h2>Selling more than before</h2>
<p>In the last ${days} of orders, next to as many before: the clearest rise first. What sells more and is in few lists may be too
new to be found by them.</p>
${
  rising.products.length === 0
    ? html`<p>No product does.</p>`
    : table(
        'Products that sell more than before',
        ['Product', 'Orders lately', 'Before', 'Lists'],
        rising.products.map(({ row, value, before = 0 }) => ({
          name: named(shown, row),
          cells: [number(value), number(before), products.isWithheld(row) ? 'kept out' : number(coverage.lists[row])],
        })),
      )
}`;
}

export function categoriesPart({ figures: { categories, places, orders } }: Shown): Markup {
  // One without a name is all that there is if nobody says categories.
  if (categories.length < 2) return html``;
  const share = (part: number, whole: number) => percent(whole > 0 ? part / whole : Number.NaN);
  return html`<h2>By category</h2>
<p>What share of the places in lists each category has, next to its share of the orders.</p>
${table(
  'Categories by orders',
  ['Category', 'Products', 'Places in lists', 'Orders'],
  categories.map(({ name, others, products, ...of }) => ({
    name:
      others > 0
        ? plural(others, 'one other', '# others')
        : name === undefined
          ? html`<em>none</em>`
          : html`<span title="${name}">${cut(name, nameLength)}</span>`,
    cells: [number(products), share(of.places, places.total), share(of.orders, orders.total)],
  })),
)}`;
}
