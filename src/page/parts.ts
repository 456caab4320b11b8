/** What pages are made of besides charts. */
import { html } from 'hono/html';
import type { Measure, Verdict } from '../measuring/results.ts';
import { digits } from '../wording.ts';
import type { Markup } from './svg.ts';

/** The heading of a column of words, which begin at its left; numbers end at its right. */
export const words = (heading: string) => ({ words: heading });

type Heading = string | ReturnType<typeof words>;

/** A table that scrolls sideways if it is wider than the screen; the first cell of each row is its heading. */
export function table(
  caption: string,
  head: readonly Heading[],
  rows: readonly { name: Markup | string; cells: readonly unknown[]; model?: boolean }[],
): Markup {
  const look = head.map((heading) => (typeof heading === 'string' ? '' : html` class="words"`));
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((heading, i) => html`<th scope="col"${look[i]}>${typeof heading === 'string' ? heading : heading.words}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ name, cells, model }) => html`
<tr${model ? html` class="model"` : ''}><th scope="row">${name}</th>${cells.map((cell, i) => html`<td${look[i + 1]}>${cell}</td>`)}</tr>`,
  )}
</tbody></table></div>`;
}

/** Names with their values, as a description list. */
export function facts(pairs: readonly (readonly [string, unknown])[]): Markup {
  return html`<dl>${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

export const verdictClasses: Record<Verdict, string> = { better: 'good', tie: 'soft', worse: 'bad' };

/** A mean with its standard error and its verdict below. */
export function measureCell({ mean, standardError }: Measure, verdict?: Verdict, sign = ''): Markup {
  return html`${sign}${digits(mean)}${standardError !== null && html`<small>± ${digits(standardError)}</small>`}
${verdict && html`<small class="${verdictClasses[verdict]}">${verdict}</small>`}`;
}
