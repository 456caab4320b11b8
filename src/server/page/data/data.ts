/** What the model learned from: where the records of the orders went, how they were understood, and what came since. */
import { html } from 'hono/html';
import type { ModelMetadata } from '../../../model/model.ts';
import { withoutRecords } from '../../../model/without.ts';
import { cut, type Markup } from '../../../page/svg.ts';
import { dateOf, dayOf, number, percent, plural } from '../../../wording.ts';
import type { Page } from '../page.ts';
import { records } from './records.ts';
import { shopFiles, since } from './shop.ts';
import { columns, decisions, notes } from './understood.ts';

export const data: Page = {
  path: '/data',
  place: 'data',
  async render({ answering: { model }, shop }) {
    const status = await shop?.status();
    const hasErased = (status?.erasedCustomers ?? 0) > 0;
    // Whoever was erased may be in what the model tells of its records, also if the model does not know them.
    const metadata = hasErased ? withoutRecords(model.metadata) : model.metadata;
    const { reading } = metadata;
    return {
      title: 'What it learned from',
      body: html`${summary(metadata, model.customers.length, model.products.length)}
<h2>Where the records went</h2>
${records(metadata.account, model.purchases.products.length, hasErased)}
${
  reading
    ? html`<h2>What to look at</h2>
${notes(reading, hasErased)}
<div class="beside"><section><h2>What was decided</h2>
${decisions(reading)}</section>
<section><h2>Columns</h2>
${columns(reading)}</section></div>`
    : html`<h2>How they were understood</h2>
<p>The model does not say which columns were read and how: it was trained by an earlier version of Endcap, or on a dataset that
did not come from files. ${columnList(metadata)}</p>`
}
<h2>What came since</h2>
${since(status)}
${status && shopFiles(status)}`,
    };
  },
};

function summary({ account, trainedAt, reading, learned }: ModelMetadata, customers: number, products: number): Markup {
  const { read, kept, source, firstPurchase, lastPurchase } = account;
  const from = reading?.files ? html` of ${fileList(reading)}` : '';
  const days =
    firstPurchase !== undefined && lastPurchase !== undefined
      ? html` They were bought from ${dayOf(firstPurchase)} to ${dayOf(lastPurchase)}.`
      : ' The orders have no times.';
  const of = html`They are of ${plural(customers, 'one customer', '# customers')} and ${plural(products, 'one product', '# products')}.`;
  const stored =
    source !== undefined
      ? html` ${plural(source.read, 'One record is', '# records are')} of the orders, and ${number(read - source.read)} of the store: what was reported while the shop ran.`
      : learned
        ? ' Nothing of what was reported while the shop ran was new.'
        : '';
  const counted =
    read > 0
      ? html`<strong>${plural(read, 'One record', '# records')}${from} ${read === 1 ? 'was' : 'were'} read, and ${percent(kept / read)} of them count.</strong>`
      : html`<strong>The orders were given as they are, and no records were counted.</strong>`;
  return html`<p>${counted} ${of}${days}${stored} The model was trained on ${dateOf(Date.parse(trainedAt)).slice(0, 10)}.</p>`;
}

const shownFiles = 5;

function fileList({ files = [], more }: NonNullable<ModelMetadata['reading']>): Markup {
  const others = files.length + (more?.files ?? 0) - shownFiles;
  return html`${files.slice(0, shownFiles).map((name, i) => html`${i > 0 ? ', ' : ''}<bdi title="${name}">${cut(name, 60)}</bdi>`)}${
    others > 0 ? ` and ${plural(others, 'one more file', '# more files')}` : ''
  }`;
}

/** What earlier versions say of columns. */
function columnList({ account }: ModelMetadata): Markup {
  const known = Object.entries(account.columns);
  if (known.length === 0) return html``;
  return html`Of its columns it knows: ${known.map(([role, column], i) => html`${i > 0 ? ', ' : ''}the ${cut(role, 30)} in <bdi title="${column}">${cut(column, 60)}</bdi>`)}.`;
}
