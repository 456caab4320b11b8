/** How many customers' lists hold a product, as far as they are counted. */
import { html } from 'hono/html';
import type { Markup } from '../../../page/svg.ts';
import { number, percent, plural } from '../../../wording.ts';
import { listLength } from '../catalogue/counting.ts';
import { type Coverage, coverageOf } from '../catalogue/coverage.ts';
import type { Answering } from '../page.ts';

/** Asking for the lists begins to count them. */
export function listsSection(answering: Answering, root: string, row: number): Markup {
  return html`<p>${listsText(coverageOf(answering), row)} <a href="${root}/catalogue">All products</a></p>`;
}

export function listsText({ state, counted, customers, lists, withoutStock }: Coverage, row: number): string {
  if (counted === 0)
    return state === 'running'
      ? 'Not counted yet. Load this page again in a minute.'
      : 'Not counted: the lists could not be made.';
  const whose = state === 'done' ? `all ${number(customers)} customers` : `${number(counted)} customers`;
  const soFar = state === 'running' ? ', as far as they are counted' : '';
  const held = lists[row];
  const text =
    held === 0
      ? `Of the lists of ${listLength} products for ${whose}, none holds it${soFar}.`
      : `Of the lists of ${listLength} products for ${whose}, ${number(held)} ${held === 1 ? 'holds' : 'hold'} it (${percent(held / counted)})${soFar}.`;
  const would = withoutStock[row];
  if (would === 0) return text;
  const more = held === 0 ? plural(would, 'One', '#') : plural(would, 'One more', '# more');
  return `${text} ${more} would if the shop did not keep it out.`;
}
