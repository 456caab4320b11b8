/** The ways to the pages about customers: links, which keep what a form asked for, and a search. */
import { html } from 'hono/html';
import { cut, type Markup } from '../../../page/svg.ts';
import { longestTitle } from '../links.ts';

/** Parameters of a page by name; those without text are left out. */
export type State = Readonly<Record<string, string>>;

const longest = 60;
/** The first column of a table stays in sight on narrow screens. */
export const longestInTable = 30;

/** A customer's page that keeps what a form asked for. */
export function customerLink(root: string, customer: string, state: State): string {
  const given = Object.entries({ id: customer, ...state }).filter(([, value]) => value !== '');
  return `${root}/customers?${new URLSearchParams(given)}`;
}

/** A link to it, for tables. */
export function customerAnchor(root: string, customer: string, state: State): Markup {
  return html`<a href="${customerLink(root, customer, state)}">${short(customer, longestInTable)}</a>`;
}

/** Longer than any id that a store holds. */
export const longestQuery = 500;

export function searchForm(root: string, asked = ''): Markup {
  return html`<form class="search" role="search" action="${root}/customers" aria-label="Customers">
<label for="q">Id of a customer, or how it begins</label>
<input id="q" name="q" value="${asked}" maxlength="${longestQuery}" autocomplete="off" spellcheck="false" required>
<button>Find</button></form>`;
}

/** Text of strangers, which can be long: cut, with more of it as its title. */
export function short(text: string, max = longest): Markup {
  const shown = cut(text, max);
  return shown === text ? html`<bdi>${text}</bdi>` : html`<bdi title="${cut(text, longestTitle)}">${shown}</bdi>`;
}
