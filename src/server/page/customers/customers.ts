/** Finding a customer: by the beginning of their id, or among some to begin with. */
import { html } from 'hono/html';
import { type FoundCustomers, findCustomers } from '../../../live/purchases/find.ts';
import type { Model } from '../../../model/model.ts';
import { table } from '../../../page/parts.ts';
import type { Markup } from '../../../page/svg.ts';
import { dayOf, number, plural } from '../../../wording.ts';
import { later } from '../later.ts';
import { addressOf, linkTo } from '../links.ts';
import type { Page, PageContent, PageRequest } from '../page.ts';
import { soon } from '../per-model.ts';
import { customerPage, isOfStore } from './customer.ts';
import { customerLink, longestInTable, longestQuery, searchForm, short } from './links.ts';
import { notableCustomers } from './notable.ts';

/** Customers of a page. */
const most = 50;
const mostOfEach = 8;

export const customers: Page = {
  path: '/customers',
  place: 'customers',
  async render(request) {
    const { c, root, answering } = request;
    const id = c.req.query('id') ?? '';
    if (id.trim() !== '') return customerPage(request, id);
    const asked = (c.req.query('q') ?? '').trim();
    if (asked === '') return { title: 'Customers', body: html`${searchForm(root)}${await beginning(request)}` };
    if (asked.length > longestQuery)
      return notFound(root, asked, html`No customer has an id of more than ${longestQuery} characters.`);
    const row = answering.customerRow(asked);
    if (row !== undefined) return c.redirect(pageOf(root, answering.model.customers[row]));
    const { found, isModelOnly } = await search(request, asked);
    if (found.customers.includes(asked)) return c.redirect(pageOf(root, asked));
    const note = isModelOnly
      ? html`<p class="bad" role="alert">The store does not answer right now: customers whom the model does not know are missing.</p>`
      : '';
    if (found.customers.length === 0)
      return notFound(root, asked, html`No customer has an id that begins with ${short(asked)}.`, note);
    return {
      title: 'Customers',
      body: html`${searchForm(root, asked)}${note}
<p>${howMany(found)} with an id that begins with <b>${short(asked)}</b>.${found.more > 0 && ' Type more of the id to see fewer.'}</p>
${tableOf(request, 'Customers found', found.customers)}`,
    };
  },
};

const pageOf = (root: string, id: string) => addressOf(root, 'customers', id) ?? customerLink(root, id, {});

/** As it was typed, or else in capital or small letters. */
async function search(request: PageRequest, asked: string): Promise<{ found: FoundCustomers; isModelOnly: boolean }> {
  const { answering, shop } = request;
  let isModelOnly = false;
  const find = async (prefix: string) => {
    try {
      if (shop && !isModelOnly) return await shop.findCustomers(prefix, { limit: most });
    } catch (error) {
      if (!isOfStore(error)) throw error;
      isModelOnly = true;
    }
    return findCustomers(answering, undefined, prefix, most);
  };
  let found = await find(asked);
  for (const other of new Set([asked.toUpperCase(), asked.toLowerCase()]))
    if (found.customers.length === 0 && other !== asked) found = await find(other);
  return { found, isModelOnly };
}

function howMany({ customers, more, isCounted }: FoundCustomers): string {
  const all = customers.length + more;
  if (more === 0 && isCounted) return plural(all, 'One customer', '# customers');
  return `The first ${customers.length} of ${isCounted ? '' : 'at least '}${number(all)} customers`;
}

/** What a customer has in the model. */
function countsOf(model: Model, row: number): { orders: number | undefined; products: number; last: number } {
  const { offsets, lastPurchase } = model.purchases;
  let last = Number.NaN;
  for (let pair = offsets[row]; lastPurchase && pair < offsets[row + 1]; pair++)
    if (!(lastPurchase[pair] <= last)) last = lastPurchase[pair];
  return { orders: model.signals?.orders[row], products: offsets[row + 1] - offsets[row], last };
}

function tableOf({ root, answering }: PageRequest, caption: string, ids: readonly string[]): Markup {
  const rows = ids.map((id) => {
    const row = answering.customerRow(id);
    const name = linkTo(root, 'customers', id, { max: longestInTable });
    if (row === undefined) return { name, cells: ['', '', 'known from purchases since the model'] };
    const { orders, products, last } = countsOf(answering.model, row);
    return {
      name,
      cells: [orders === undefined ? '' : number(orders), number(products), Number.isNaN(last) ? '' : dayOf(last)],
    };
  });
  return table(caption, ['Customer', 'Orders', 'Different products', 'Last purchase'], rows);
}

async function beginning(request: PageRequest): Promise<Markup> {
  const { answering } = request;
  const { model } = answering;
  const intro = html`<p>The model knows ${number(model.customers.length)} customers. Look one up by their id, or begin with one of these.</p>`;
  const notable = await soon((inBackground) => notableCustomers(model, inBackground));
  if (!notable) return later('notable', false, html`${intro}<p>They are being looked for.</p>`);
  const { busiest, latest, typical, middle } = notable;
  const known = (rows: readonly number[]) =>
    rows
      .filter((row) => answering.customerRow(model.customers[row]) === row)
      .slice(0, mostOfEach)
      .map((row) => model.customers[row]);
  const what = model.signals ? 'orders' : 'different products';
  const groups: [string, readonly number[]][] = [
    [`Most ${what}`, busiest],
    [`Like most others: ${number(middle)} ${middle === 1 ? what.replace(/s$/, '') : what}`, typical],
    ['Bought last, as far as the model knows', latest],
  ];
  const tables = groups.filter(([, rows]) => rows.length > 0);
  return later(
    'notable',
    true,
    html`${intro}<div class="beside">${tables.map(([caption, rows]) => tableOf(request, caption, known(rows)))}</div>`,
  );
}

function notFound(root: string, asked: string, why: Markup, note: Markup | string = ''): PageContent {
  return { title: 'No such customer', status: 404, body: html`${searchForm(root, asked)}${note}<p>${why}</p>` };
}
