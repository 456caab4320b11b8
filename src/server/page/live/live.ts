/** What happens right now: the requests of the last hour, how long they took, and what waits. */
import { html } from 'hono/html';
import type { ShopStatus } from '../../../live/shop-answers.ts';
import { facts, table, words } from '../../../page/parts.ts';
import type { Markup } from '../../../page/svg.ts';
import { number, percent, plural } from '../../../wording.ts';
import type { Page } from '../page.ts';
import { capitalized, sourceWords } from '../words.ts';
import { minuteCharts, minuteTable } from './minutes.ts';
import type { RecentSummary } from './summary.ts';
import { durationWords, endpointWords, errorWords, sinceWords } from './words.ts';

export const live: Page = {
  path: '/live',
  place: 'live',
  async render({ recent, shop }) {
    const [summary, status] = await Promise.all([recent(), shop?.status()]);
    return {
      title: 'What happens right now',
      body: html`<div data-live="now">${inWords(summary)}</div>
<h2>Minute by minute</h2>
<div class="charts" data-live="charts">${minuteCharts(summary)}</div>
<details><summary>The same as a table</summary><div data-live="minutes">${minuteTable(summary)}</div></details>
<div class="beside"><section><h2>What lists are made from</h2>
<div data-live="sources">${sourceTable(summary)}</div></section>
<section><h2>What waits</h2>
<div data-live="waits">${waits(summary, status)}</div></section></div>
<h2>What was asked for</h2>
<div data-live="endpoints">${endpointTable(summary)}</div>
<h2>The last requests</h2>
<div data-live="last">${lastTable(summary)}</div>
<p class="soft">Counted are the requests that programs make, with no id of a customer, a product, or a key. Durations are
sorted into steps of a fifth and named by the upper end of their step. While it is open, this page asks again every few
seconds. The counts begin anew when the server does.</p>`,
    };
  },
};

function inWords(summary: RecentSummary): Markup {
  const { requests, lists, half, nearlyAll, byMinute, pages, probes } = summary;
  const watching = `${plural(pages, 'one for these pages', '# for these pages')} and ${plural(probes, 'one by what watches the server', '# by what watches the server')}`;
  const others = pages + probes > 0 ? html`<p class="soft">Besides, there were requests: ${watching}.</p>` : '';
  if (requests === 0)
    return html`<p><strong>${sinceWords(summary)}, nobody has asked for anything.</strong></p>${others}`;
  const [average, busiest] = [requests / byMinute.length, Math.max(...byMinute.map((minute) => minute.requests))];
  return html`<p><strong>${sinceWords(summary)}, ${plural(requests, 'one request was', '# requests were')} answered;
${plural(lists, 'one of them is a list', '# of them are lists')} for customers and baskets.</strong> ${errorWords(summary)}</p>
<p>Half of the answers took less than ${durationWords(half)}, and 99 of 100 less than ${durationWords(nearlyAll)}.</p>
<p>That is ${rate(average)}${byMinute.length > 1 && ` on average, and ${rate(busiest)} in the busiest minute`}.</p>
${others}`;
}

/** `3.4 requests a second`, of so many in a minute; by the minute if they are few. */
function rate(requests: number): string {
  const [rate, unit] = requests < 60 ? [requests, 'minute'] : [requests / 60, 'second'];
  const rounded = rate < 10 ? Number(rate.toFixed(1)) : Math.round(rate);
  return `${plural(rounded, '1 request', '# requests')} a ${unit}`;
}

function sourceTable({ sources, lists, shortLists }: RecentSummary): Markup {
  if (lists === 0) return html`<p>No list was made for a customer or a basket.</p>`;
  return html`${table(
    'Lists for customers and baskets in the last hour',
    ['Made from', 'Lists', 'Share'],
    sources.map(({ source, lists: some }) => ({
      name: capitalized(sourceWords[source]),
      cells: [number(some), percent(some / lists)],
    })),
  )}<p>${
    shortLists === 0
      ? 'Each has as many products as were asked for.'
      : `${plural(shortLists, 'One has', '# have')} fewer products than were asked for, since no others may be listed.`
  }</p>`;
}

function endpointTable({ endpoints, purchases }: RecentSummary): Markup {
  if (endpoints.length === 0) return html`<p>Nothing was asked for.</p>`;
  const bought =
    purchases > 0
      ? html`<p>${plural(purchases, 'One line of an order was', '# lines of orders were')} reported as bought.</p>`
      : '';
  return html`${table(
    'Requests in the last hour, by what they asked for',
    ['Asked for', 'Requests', 'Refused', 'Failed', 'Half took less than', '99 of 100'],
    endpoints.map(({ name, requests, refused, failed, half, nearlyAll }) => ({
      name: endpointWords(name),
      cells: [
        number(requests),
        number(refused),
        failed > 0 ? html`<span class="bad">${number(failed)}</span>` : '0',
        durationWords(half),
        durationWords(nearlyAll),
      ],
    })),
  )}${bought}`;
}

function waits({ queue, busy }: RecentSummary, status: ShopStatus | undefined): Markup {
  // One of them is the request for this page.
  const [waiting, { limit }] = [Math.max(0, queue.waiting - 1), queue];
  const store = status?.store;
  return facts([
    [
      'Requests',
      waiting === 0
        ? `None waits or is being answered; ${number(limit)} may at a time.`
        : `${number(waiting)} of at most ${number(limit)} wait or are being answered. More are refused as too busy.`,
    ],
    ...(store === undefined
      ? []
      : [
          [
            'Purchases',
            status!.isFailing
              ? html`<span class="bad">The store fails: purchases are refused, and lists go on.</span>`
              : `${status!.waitingPurchases === 0 ? 'None waits' : plural(status!.waitingPurchases, 'One line waits', '# lines wait')} for the disk.`,
          ] as const,
        ]),
    ...busy.map(
      (share, i) =>
        [
          busy.length > 1 ? `Thread ${i + 1}` : 'The server',
          `Busy ${percent(share)} of the last minute or two. Near 100%, answers begin to wait for each other.`,
        ] as const,
    ),
  ]);
}

function lastTable({ last }: RecentSummary): Markup {
  if (last.length === 0) return html`<p>There was none.</p>`;
  const now = Date.now();
  return table(
    `The last ${last.length === 1 ? 'request' : `${last.length} requests`}, newest first`,
    ['Time (UTC)', words('Asked for'), words('Answer'), 'Took', words('Made from'), 'Products'],
    last.map(({ agoMs, endpoint, status, ms, source, items }) => ({
      name: new Date(now - agoMs).toISOString().slice(11, 19),
      cells: [
        endpointWords(endpoint),
        html`<span class="${status >= 500 ? 'bad' : ''}">${status} ${answerWords(status)}</span>`,
        durationWords(ms),
        source === undefined ? '' : sourceWords[source],
        items === undefined ? '' : number(items),
      ],
    })),
  );
}

function answerWords(status: number): string {
  if (status === 503) return 'busy, or not ready';
  return status >= 500 ? 'failed' : status >= 400 ? 'refused' : 'answered';
}
