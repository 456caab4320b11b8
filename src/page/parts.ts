/** What pages are made of besides charts. */
import { html } from 'hono/html';
import { digits } from '../measuring/protocols/wording.ts';
import type { Measure, Verdict } from '../measuring/results.ts';
import type { Markup } from './svg.ts';

/** A table that scrolls sideways if it is wider than the screen; the first cell of each row is its heading. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly { name: Markup | string; cells: readonly unknown[]; model?: boolean }[],
): Markup {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ name, cells, model }) => html`
<tr${model ? html` class="model"` : ''}><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
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
