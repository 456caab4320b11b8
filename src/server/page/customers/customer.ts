/** One customer: what they are recommended and why, what they ordered, and who is like them. */
import { html } from 'hono/html';
import { EndcapError } from '../../../errors.ts';
import { maxPurchasesOfCustomer } from '../../../live/purchases/customers.ts';
import type { CustomerData } from '../../../live/shop-answers.ts';
import type { ServingShop } from '../../../live/types.ts';
import { facts } from '../../../page/parts.ts';
import { cut, type Markup } from '../../../page/svg.ts';
import { number } from '../../../wording.ts';
import { later } from '../later.ts';
import type { Page, PageContent, PageRequest } from '../page.ts';
import { productById } from '../products/known.ts';
import { sourceWords } from '../words.ts';
import { searchForm } from './links.ts';
import { type BasketEntry, readBasket } from './list/basket.ts';
import { listCards } from './list/cards.ts';
import { basketNotes, optionsForm } from './list/form.ts';
import { type Lists, listsOf } from './list/lists.ts';
import { readOptions } from './list/options.ts';
import { type BoughtProducts, boughtBy } from './orders/bought.ts';
import { ordersSection } from './orders/orders.ts';
import { ordersInModel, ordersSince } from './orders/timeline.ts';
import { similarSection } from './similar.ts';

export const customer: Page = {
  // An id may hold slashes, which proxies like to decode.
  path: '/customers/:id{.+}',
  place: 'customers',
  render: (request) => customerPage(request, request.c.req.param('id') ?? ''),
};

export async function customerPage(request: PageRequest, id: string): Promise<PageContent> {
  const { answering } = request;
  const { model } = answering;
  const content = await contentOf(request, id);
  // Another model has come to answer meanwhile: its rows are others.
  return answering.model === model ? content : contentOf(request, id);
}

async function contentOf(request: PageRequest, given: string): Promise<PageContent> {
  const { c, root, answering, shop } = request;
  const { model } = answering;
  const row = answering.customerRow(given);
  const { data, isAway } = await dataOf(shop, row === undefined ? given : model.customers[row]);
  // As they came.
  const purchases = data?.purchases.toReversed() ?? [];
  const id = row === undefined ? (data?.customer ?? given) : model.customers[row];
  const since = ordersSince(purchases);
  const bought = boughtBy(model, row, answering.productRow, purchases);

  const scenarios = shop?.scenarios().scenarios;
  let options = readOptions((name) => c.req.query(name), scenarios);
  const basket = await readBasket(options.typed.basket, answering, () => request.signal);
  let lists: Lists | undefined;
  try {
    if (options.problem === undefined) lists = await listsOf(request, id, options, heldBy(basket.entries));
  } catch (error) {
    if (!(error instanceof EndcapError) || error.code !== 'invalid_options') throw error;
    options = { ...options, problem: error.message };
  }
  const nameOf = (product: string) => cut(productById(answering, product)?.name ?? product, longestName);
  const form = { root, customer: id, options, scenarios: scenarios && Object.keys(scenarios) };
  const isKnown = row !== undefined || since.length > 0;
  return {
    title: `${isKnown ? 'Customer' : 'Unknown customer'} ${cut(id, 60)}`,
    status: options.problem !== undefined ? 400 : isKnown || isAway ? 200 : 404,
    body: html`${searchForm(root)}
${isAway && html`<p class="bad" role="alert">The store does not answer right now: what was bought since the model is missing.</p>`}
${isKnown ? knownFacts(request, row, atLeast(since.length, purchases.length), bought) : strangerNote}
<h2>${isKnown ? 'Recommended now' : 'What a stranger gets'}</h2>
${optionsForm(form)}
${later(
  'list',
  !basket.entries.some(({ isReading }) => isReading),
  html`${basketNotes(form, basket)}
${lists && listPart(lists, { root, bought, nameOf, address: c.req.url, pictures: request.pictures, now: Date.now() })}`,
)}
${
  isKnown &&
  html`${ordersSection({
    inModel: row === undefined ? undefined : ordersInModel(model, row),
    isInModel: row !== undefined,
    ...{ root, since, bought, nameOf },
  })}
${await similarSection(request, row, options.typed, nameOf)}`
}`,
  };
}

/** Of the names that sentences hold. */
const longestName = 80;

const strangerNote = html`<p>Neither the model nor the purchases since have anything of this customer. Whoever was erased is a
stranger, too.</p>`;

/** Lines of orders that are read, of those that came last: as many as count in lists. */
const mostPurchases = maxPurchasesOfCustomer;

/** What the store has of a customer, and whether it could not be asked. */
async function dataOf(
  shop: ServingShop | undefined,
  id: string,
): Promise<{ data?: CustomerData | undefined; isAway: boolean }> {
  try {
    return { data: await shop?.customerData(id, { purchases: mostPurchases, lists: 0, products: 0 }), isAway: false };
  } catch (error) {
    if (isOfStore(error)) return { isAway: true };
    // Text that is no id is nobody's.
    if (error instanceof EndcapError && error.code === 'invalid_options') return { isAway: false };
    throw error;
  }
}

/** Whether a store could not be asked: a page then has what the model knows. */
export function isOfStore(error: unknown): boolean {
  return error instanceof EndcapError && (error.code === 'store_failed' || error.code === 'store_busy');
}

const heldBy = (entries: readonly BasketEntry[]) =>
  entries.flatMap(({ meant }) => (meant?.row === undefined ? [] : meant.product));

/** How many orders there are, of which only so many lines were read. */
function atLeast(orders: number, lines: number): string {
  const text = number(orders);
  return lines < mostPurchases ? text : `${text} or more`;
}

function knownFacts(
  { answering: { model } }: PageRequest,
  row: number | undefined,
  since: string,
  bought: BoughtProducts,
) {
  const orders = row === undefined ? undefined : model.signals?.orders[row];
  const known = facts([
    ...(orders === undefined ? [] : [['Orders in the model', number(orders)] as const]),
    ['Orders since the model', since],
    ['Different products', number(bought.count)],
    ...(row === undefined
      ? [['Known from', 'purchases since the model; the next training learns of them'] as const]
      : []),
  ]);
  return html`<div class="line">${known}</div>`;
}

function listPart(lists: Lists, context: Parameters<typeof listCards>[1]): Markup {
  const { items, source, experiment } = lists.list;
  return html`<p>${items.length === 0 ? 'No product may be listed.' : html`This list is made from ${sourceWords[source]}.`}
${lists.standard && ' Each product says where it is in the list without options.'}
${experiment && html`This customer is in the experiment <b>${experiment.name}</b>, arm <b>${experiment.arm}</b>: this is the list that they really get.`}</p>
${listCards(lists, context)}`;
}
