import { html } from 'hono/html';
import { describeOutcome, type RetrainingStatus } from '../../../live/retraining/outcome.ts';
import type { ShopStatus } from '../../../live/shop-answers.ts';
import type { Gate, Model } from '../../../model/model.ts';
import { facts } from '../../../page/parts.ts';
import type { Markup } from '../../../page/svg.ts';
import { dateOf, dayOf, number, plural } from '../../../wording.ts';
import { lastHour } from '../live/words.ts';
import type { Page } from '../page.ts';
import { foundChart, foundSentence } from '../quality/found.ts';
import { firstLine } from '../words.ts';
import { notesOf } from './attention.ts';
import { ago } from './words.ts';

export const home: Page = {
  path: '/',
  place: 'home',
  async render({ root, answering, shop, recent }) {
    const { model } = answering;
    const [status, summary] = await Promise.all([shop?.status(), recent()]);
    const now = Date.now();
    return {
      title: 'What customers see, and why',
      body: html`<p>For every customer, Endcap lists the products that they are most likely to want next, best first. It has
learned that from ${learnedFrom(model)}.</p>
<h2>Are the lists better than best-sellers?</h2>
<div class="beside"><div class="conclusions">${foundSentence(model.metadata)}
<p class="soft"><a href="${root}/quality">How that was measured, and how earlier models did</a></p></div>
${foundChart(model.metadata)}</div>
<div data-live="notes">${attention(model, status, now)}</div>
<h2>Look somebody up</h2>
${searches(root)}
<h2>What happens right now</h2>
<div data-live="hour">${lastHour(summary)}</div>
<p><a href="${root}/live">Minute by minute, and the last requests</a></p>
<div class="beside"><section><h2>The model that answers</h2>
<div data-live="model">${served(root, model, status, now)}</div>
<details><summary>For whoever runs the server</summary>
<div data-live="version">${versionOf(model, status)}</div></details></section>
<section><h2>Training</h2>
<div data-live="training">${trainings(model, status?.retraining, now)}</div></section></div>`,
    };
  },
};

/** `19,998 purchases of 1,023 customers, from 2024-07-01 to 2025-12-30` */
function learnedFrom({ customers, products, metadata: { account } }: Model): string {
  const { purchases, firstPurchase, lastPurchase } = account;
  const days =
    firstPurchase === undefined || lastPurchase === undefined
      ? ''
      : `, from ${dayOf(firstPurchase)} to ${dayOf(lastPurchase)}`;
  return `${plural(purchases, 'one purchase', '# purchases')} of ${plural(customers.length, 'one customer', '# customers')} and ${plural(products.length, 'one product', '# products')}${days}`;
}

function attention(model: Model, status: ShopStatus | undefined, now: number): Markup | string {
  const notes = notesOf(model, status, now);
  if (notes.length === 0) return '';
  const urgentFirst = notes.toSorted((a, b) => Number(b.isUrgent) - Number(a.isUrgent));
  return html`<section class="attention" aria-labelledby="attention"><h2 id="attention">Needs a look</h2>
<ul>${urgentFirst.map(({ isUrgent, text }) => html`<li>${isUrgent && html`<strong class="bad">Wrong:</strong> `}${text}</li>`)}</ul></section>`;
}

function searches(root: string): Markup {
  const search = (place: 'customers' | 'products', label: string, name: string, button: string) =>
    html`<form class="search" role="search" action="${root}/${place}" aria-label="${name}">
<label for="${place}">${label}</label>
<input id="${place}" name="q" maxlength="500" autocomplete="off" spellcheck="false"> <button>${button}</button></form>`;
  return html`<div class="columns">
${search('customers', 'A customer: their id, or how it begins', 'Customers', 'What they see, and why')}
${search('products', 'A product: its id or name, or how these begin', 'Products', 'Who buys it, and who sees it')}
</div>
<p>Or begin with <a href="${root}/customers">some customers</a>, <a href="${root}/products">some products</a>, or
<a href="${root}/catalogue">what is in nobody’s list</a>. A customer’s page also says what they should see next to a basket.</p>`;
}

function served(root: string, { metadata }: Model, status: ShopStatus | undefined, now: number): Markup {
  const trained = Date.parse(metadata.trainedAt);
  const { account } = metadata;
  const dropped = account.read - account.kept;
  return facts([
    ['Trained', `${ago(now - trained)} (${dayOf(trained)})`],
    [
      'Orders',
      dropped === 0
        ? plural(account.read, 'the only record is used', 'all # records are used')
        : html`${number(account.kept)} of ${number(account.read)} records are used:
<a href="${root}/data">where the others went</a>`,
    ],
    ['Purchases since', sinceThen(status)],
  ]);
}

function versionOf({ metadata }: Model, status: ShopStatus | undefined): Markup {
  return facts([
    ['Version', metadata.version],
    ['Trained', `${dateOf(Date.parse(metadata.trainedAt))} UTC`],
    ...(status ? [['Answers since', `${dateOf(status.model.since)} UTC`] as const] : []),
  ]);
}

function sinceThen(status: ShopStatus | undefined): string {
  if (status?.store === undefined)
    return 'not kept: only a server with a store takes them (--data, or start with a folder)';
  const { newPurchases: lines } = status;
  const waiting = status.waitingPurchases > 0 ? `; ${number(status.waitingPurchases)} wait for the disk` : '';
  return lines === 0
    ? `none has arrived${waiting}`
    : `${plural(lines, 'one order line', '# order lines')}, which count in the lists of these customers at once${waiting}`;
}

function trainings({ metadata: { gate } }: Model, retraining: RetrainingStatus | undefined, now: number): Markup {
  const { running, last, next } = retraining ?? {};
  const done = running?.done === undefined ? '' : `, ${Math.round(100 * running.done)}% done`;
  return facts([
    ...(running
      ? [['Right now', `a model is trained (${running.stage}${done}), begun ${ago(now - running.startedAt)}`] as const]
      : []),
    ...(last ? [['The last run', `${ago(now - last.startedAt)}. ${firstLine(describeOutcome(last))}`] as const] : []),
    ['This model', comparison(gate)],
    [
      'The next run',
      next === undefined ? 'is not planned; --retrain ‘0 3 * * *’ trains every night at three' : `${dateOf(next)} UTC`,
    ],
  ]);
}

/** How the model came to answer in place of the one before. */
function comparison(gate: Gate | undefined): Markup | string {
  if (!gate) return 'was compared with no other: it is the first one, or was put in its place by hand';
  return html`${found[gate.outcome]} <small>${firstLine(gate.reason)}</small>`;
}

const found: Record<Gate['outcome'], string> = {
  better: 'took the place of another one, since its lists hold more of what customers bought last.',
  tie: 'took the place of another one: its lists hold as much of what customers bought last, and it knows newer orders.',
  too_few: 'took the place of another one, with too few new orders to compare the two.',
  worse:
    'took the place of another one, though its lists hold less of what customers bought last: somebody accepted that.',
  damaged: 'took the place of another one, though something is wrong with it: somebody accepted that.',
};
