/** What a product is, who buys it and when, and what goes with it. */
import { html } from 'hono/html';
import type { Standing } from '../../../live/catalogue/catalogue.ts';
import { servedBy } from '../../../live/swapping/answering.ts';
import type { Model } from '../../../model/model.ts';
import { facts, table } from '../../../page/parts.ts';
import { cut, type Markup } from '../../../page/svg.ts';
import { placeOf } from '../../../recommending/filters.ts';
import type { BoughtTogetherProduct } from '../../../recommending/types.ts';
import { dayOf, number, percent } from '../../../wording.ts';
import { later } from '../later.ts';
import { linkTo } from '../links.ts';
import type { Answering, Page, PageContent, PageRequest } from '../page.ts';
import { slowAtFirst } from '../per-model.ts';
import { moneyText, timesText } from '../words.ts';
import { buyersSection } from './buyers-section.ts';
import { fieldsOf, type KnownProduct, productById } from './known.ts';
import { listsSection } from './lists-section.ts';
import { salesSection } from './sales.ts';

const similarProducts = slowAtFirst();

/** Products that a list on the page has. */
const most = 10;
const longestTitle = 80;

export const product: Page = {
  path: '/products/:id',
  place: 'products',
  render: (request) => productPage(request, request.c.req.param('id') ?? ''),
};

export async function productPage(request: PageRequest, id: string): Promise<PageContent> {
  const { answering, root } = request;
  const known = productById(answering, id);
  if (!known)
    return {
      title: 'No such product',
      body: html`<p>Neither the model nor the catalogue has a product with the id “${cut(id, 60)}”.
<a href="${root}/products">Find a product</a></p>`,
      status: 404,
    };
  const { row } = known;
  return {
    title: cut(known.name ?? known.product, longestTitle),
    body:
      row === undefined
        ? html`<h2>What it is</h2>${about(answering, known)}${unsold}`
        : await fromModel(request, row, about(answering, known)),
  };
}

const unsold = html`<h2>Who buys it</h2>
<p>No order that the model was trained on holds it. Once it was bought, the next training learns who buys it and what goes with
it; until then, only lists of new products hold it.</p>`;

function about(answering: Answering, { product, row, name }: KnownProduct): Markup {
  const { productInfo, signals } = answering.model;
  const info = row === undefined ? undefined : productInfo[row];
  const said = fieldsOf(answering, product);
  const entry = servedBy(answering)?.catalogue.entries.entryOf(product);
  const first = row === undefined ? undefined : signals?.firstSales?.[row];
  const categories = typeof said?.category === 'string' ? [said.category] : (said?.category ?? [info?.category]);
  const price = said?.price ?? info?.price;
  const attributes = Object.entries(said?.attributes ?? {});
  const pairs: (readonly [string, unknown])[] = [
    ['Id', cut(product, 500)],
    // The title has it unless it is long.
    ...(name !== undefined && name !== cut(name, longestTitle) ? [['Name', cut(name, 500)] as const] : []),
    ['Category', cut(categories.filter((each) => each !== undefined).join(', ') || 'unknown', 500)],
    ['Price', price === undefined ? 'unknown' : priceText(price, said?.price !== undefined)],
    ['Stock', stockText(said?.available)],
    ['In lists', listedText(answering, product, row)],
  ];
  if (first !== undefined && !Number.isNaN(first)) pairs.push(['First sold', firstText(answering.model, first)]);
  if (entry) pairs.push(['In the catalogue since', dayOf(entry.addedAt)]);
  if (said?.url !== undefined) pairs.push(['Address', addressText(said.url)]);
  return html`${facts(pairs)}
${attributes.length > 0 && html`<h2>What else the catalogue says</h2>${facts(attributes.map(([of, value]) => [cut(of, 100), cut(String(value), 300)] as const))}`}`;
}

function priceText(price: number, isSaid: boolean): string {
  const text = moneyText(price);
  return isSaid ? text : `${text} when it was last bought`;
}

function firstText({ metadata: { account } }: Model, first: number): string {
  const day = dayOf(first);
  return dayOf(account.firstPurchase ?? Number.NaN) === day ? `${day} or earlier, since the orders begin there` : day;
}

function stockText(available: boolean | undefined): string {
  if (available === undefined) return 'The shop has not said, so it counts as available';
  return available ? 'Available' : 'Sold out';
}

function addressText(url: string): Markup {
  const text = cut(url, 100);
  return /^https?:/.test(url) ? html`<a href="${url}" rel="noreferrer">${text}</a>` : html`${text}`;
}

const reasons: Record<Standing, string> = {
  listed: 'Yes',
  unavailable: 'No: the catalogue says that it cannot be bought now',
  'not-in-file': 'No: the product file does not have it',
};

function listedText(answering: Answering, product: string, row: number | undefined): string {
  const { unlisted } = answering.model;
  if (row !== undefined && unlisted && placeOf(row, unlisted) >= 0)
    return 'No: in the orders it looks like postage, a discount, or a fee, or it was to be left out';
  const standing = servedBy(answering)?.catalogue.standingOf(product) ?? 'listed';
  return standing === 'listed' && row === undefined
    ? 'Only in lists of new products: the model does not know it yet'
    : reasons[standing];
}

/** @param facts about the product, next to which its sales are. */
async function fromModel(request: PageRequest, row: number, facts: Markup): Promise<Markup> {
  const { answering, root } = request;
  const { model } = answering;
  const product = model.products[row];
  const similar = await similarProducts(request, (signal) => answering.similarProducts(product, { n: most, signal }));
  const together = model.boughtTogether && (await answering.boughtTogether(product, { n: most }));
  const nameOf = (one: { product: string; name?: string }) =>
    linkTo(root, 'products', one.product, { text: one.name ?? one.product, max: 48 });
  return html`<div class="beside"><section><h2>What it is</h2>
${facts}
<h2>In whose lists it is</h2>
${listsSection(answering, root, row)}</section>
<section><h2>When it sells</h2>
${salesSection(model, row)}</section>
<section><h2>Who buys it</h2>
${await buyersSection(request, row)}</section>
<section><h2>Bought together</h2>
${togetherPart(together, nameOf)}</section>
<section><h2>Similar products</h2>
<p>Products that the same kind of customers buy, though perhaps never together; 100% would be the very same customers.</p>
${later(
  'similar',
  similar !== undefined,
  !similar
    ? html`<p>They are being looked for.</p>`
    : similar.length === 0
      ? html`<p>There are none that may be listed.</p>`
      : table(
          'Most similar first',
          ['Product', 'Similar'],
          similar.map((one) => ({ name: nameOf(one), cells: [percent(one.score)] })),
        ),
)}
</section></div>`;
}

function togetherPart(
  together: readonly BoughtTogetherProduct[] | undefined,
  nameOf: (one: BoughtTogetherProduct) => Markup,
): Markup {
  if (!together) return html`<p>The model was trained without what is bought together.</p>`;
  if (together.length === 0)
    return html`<p>No product that may be listed is in the same orders clearly more often than by chance.</p>`;
  return html`<p>Products in the same orders clearly more often than by chance.</p>
${table(
  'In the same orders, the surest first',
  ['Product', 'Orders with both', 'Next to chance'],
  together.map((one) => ({
    name: nameOf(one),
    cells: [number(one.orders), `${timesText(one.lift)} times as often`],
  })),
)}`;
}
