/** How pages say what happened in the last hour. */
import { html } from 'hono/html';
import type { Markup } from '../../../page/svg.ts';
import { percent, plural } from '../../../wording.ts';
import { sourceWords } from '../words.ts';
import { noEndpoint, otherEndpoints } from './recent.ts';
import type { RecentSummary } from './summary.ts';

/** An endpoint as people read it: `/customers/{id}`. */
export function endpointWords(name: string): string {
  if (name === noEndpoint) return 'no such address';
  return name === otherEndpoints ? 'others' : name.replace(/:(\w+)/g, '{$1}');
}

/** `1.6 ms`; two digits, rounded up, so that `less than` stays true. */
export function durationWords(ms: number | undefined): string {
  if (ms === undefined) return '–';
  const unit = 10 ** (Math.floor(Math.log10(ms)) - 1);
  const up = Math.ceil(ms / unit - 1e-9) * unit;
  return up < 1000 ? `${Number(up.toPrecision(2))} ms` : `${Number((up / 1000).toPrecision(2))} s`;
}

/** `12 minutes`; less than one is a minute. */
export function spanWords(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes >= 60 ? 'hour' : minutes === 1 ? 'minute' : `${minutes} minutes`;
}

/** What was counted: `In the last hour`, or less if the server runs for less. */
export function sinceWords({ spanMs }: RecentSummary): string {
  return `In the last ${spanWords(spanMs)}`;
}

/** How many requests failed or were refused, in a sentence. */
export function errorWords({ requests, failed, refused }: RecentSummary): string {
  if (requests === 0) return '';
  const wrong =
    refused === 0
      ? ''
      : ` ${plural(refused, 'One was refused', '# were refused')}, since what they asked is wrong or not allowed.`;
  if (failed === 0) return `None failed.${wrong}`;
  return `${plural(failed, 'One failed', '# failed')} (${percent(failed / requests)}): the server was too busy, or something is broken.${wrong}`;
}

/** The lists of the last hour by what they were made from, and how many requests failed: for pages about other things. */
export function lastHour(summary: RecentSummary): Markup {
  const { requests, lists, shortLists, sources } = summary;
  if (requests === 0) return html`<p>${sinceWords(summary)}, nothing was asked for.</p>`;
  const short =
    shortLists === 0
      ? ''
      : ` ${plural(shortLists, 'One list has', '# lists have')} fewer products than asked for, since no others may be listed.`;
  return html`<p>${sinceWords(summary)}, ${plural(requests, 'one request was', '# requests were')} answered, and
${plural(lists, 'one list was', '# lists were')} made for customers and baskets. ${errorWords(summary)}${short}</p>
${
  sources.length > 0 &&
  html`<ul>${sources.map(
    ({ source, lists: some }) => html`<li>${percent(some / lists)} from ${sourceWords[source]}</li>`,
  )}</ul>`
}`;
}
