/** Finding products: what was typed, or what is worth a look. */
import { html } from 'hono/html';
import { table, words } from '../../../page/parts.ts';
import { cut, type Markup } from '../../../page/svg.ts';
import { dayOf, number, plural } from '../../../wording.ts';
import { later } from '../later.ts';
import { linkTo } from '../links.ts';
import type { Page, PageContent, PageRequest } from '../page.ts';
import { soon } from '../per-model.ts';
import { queryText } from '../query.ts';
import { highlightsOf } from './highlights.ts';
import { type KnownProduct, productByRow } from './known.ts';
import { productPage } from './product.ts';
import { findProducts } from './search.ts';

/** Products that a search shows. */
const mostFound = 50;
/** Products of the catalogue that are new to the model. */
const mostNew = 10;

export const products: Page = {
  path: '/products',
  place: 'products',
  async render(request) {
    const { c, root } = request;
    // Ids that no path can hold.
    const id = c.req.query('id');
    if (id !== undefined) return productPage(request, id);
    const typed = queryText(c, 'q');
    const body = typed === '' ? await worthALook(request) : await found(request, typed);
    return { title: 'Products', body: html`${searchForm(root, typed)}${body}` } satisfies PageContent;
  },
};

function searchForm(root: string, typed: string): Markup {
  return html`<form class="search" role="search" method="get" action="${root}/products">
<label for="q">Id, name, or category</label>
<input id="q" name="q" type="search" value="${typed}" maxlength="300">
<button>Find</button></form>`;
}

async function found({ answering, root, signal }: PageRequest, typed: string): Promise<Markup> {
  const { products, more, isReading } = await findProducts(answering, typed, mostFound, signal);
  const shown = cut(typed, 60);
  const soon =
    isReading && html`<p>The names of products are still being read. What else is found is here in a moment.</p>`;
  if (products.length === 0)
    return later(
      'found',
      !isReading,
      isReading
        ? html`${soon}`
        : html`<p>No product is called “${shown}”, and no id begins with it. The beginnings of words are enough.</p>`,
    );
  const { signals } = answering.model;
  const found = html`${soon}${table(
    `Products for “${shown}”`,
    ['Product', words('Id'), words('Category'), 'Orders lately'],
    products.map((product) => ({
      ...rowOf(root, product),
      cells: [
        html`<small>${cut(product.product, 24)}</small>`,
        cut(product.category ?? '', 40),
        product.row === undefined ? 'none yet' : number(signals?.popularity[product.row] ?? 0),
      ],
    })),
  )}${more > 0 && html`<p>And ${number(more)} more: type more of the name.</p>`}`;
  return later('found', !isReading, found);
}

async function worthALook({ answering, shop, root }: PageRequest): Promise<Markup> {
  const highlights = await soon((inBackground) => highlightsOf(answering.model, inBackground));
  if (!highlights) return later('highlights', false, html`<p>What sells best is being counted.</p>`);
  const { bestSelling, windowDays, rising, newest } = highlights;
  const newcomers = shop ? (await shop.newProducts({ n: mostNew })).items : [];
  const named = (row: number) => rowOf(root, productByRow(answering, row));
  const parts = html`<div class="beside"><section><h2>What sells best</h2>
${table(
  windowDays === undefined ? 'By orders of all times' : `By orders of the last ${windowDays} days`,
  ['Product', 'Orders'],
  bestSelling.map(({ row, value }) => ({ ...named(row), cells: [number(value)] })),
)}</section>
<section><h2>What sells more than before</h2>
${
  !rising
    ? html`<p>The model does not know what sold when.</p>`
    : rising.products.length === 0
      ? html`<p>Nothing sells more than in the ${rising.days} days before.</p>`
      : table(
          `Orders of the last ${plural(rising.days, 'day', '# days')}, and of as many before: the clearest rise first`,
          ['Product', 'Orders', 'Before'],
          rising.products.map(({ row, value, before }) => ({
            ...named(row),
            cells: [number(value), number(before!)],
          })),
        )
}</section>
<section><h2>What is new</h2>
${
  newcomers.length > 0 &&
  table(
    'In the catalogue, and not sold when the model was trained: only lists of new products hold them',
    ['Product', 'Known since'],
    newcomers.map(({ product, name, score }) => ({
      ...rowOf(root, { product, row: undefined, name }),
      cells: [dayOf(score)],
    })),
  )
}
${
  !newest
    ? newcomers.length === 0 && html`<p>The model does not know since when products are sold.</p>`
    : table(
        'Sold for the shortest time',
        ['Product', 'First sold'],
        newest.map(({ row, value }) => ({ ...named(row), cells: [dayOf(value)] })),
      )
}</section></div>`;
  return later('highlights', true, parts);
}

function rowOf(root: string, { product, name = product }: KnownProduct): { name: Markup } {
  return { name: linkTo(root, 'products', product, { text: name, max: 48 }) };
}
