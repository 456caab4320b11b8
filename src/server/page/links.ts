/** Links between pages. Ids are any text. */
import { html } from 'hono/html';
import { cut, type Markup } from '../../page/svg.ts';

const surrogate = /\p{Surrogate}/u;
/** Servers refuse longer addresses; ids of a store are far shorter. */
const maxLength = 4000;

/**
 * The address of the page about a customer or a product; undefined if an address cannot hold the id.
 *
 * @param root what links begin with, such as `/explorer`.
 */
export function addressOf(root: string, of: 'customers' | 'products', id: string): string | undefined {
  if (surrogate.test(id)) return undefined;
  const encoded = encodeURIComponent(id);
  if (encoded.length > maxLength) return undefined;
  // In a path, these would lead to other pages, however they are written.
  return id === '.' || id === '..' ? `${root}/${of}?id=${encoded}` : `${root}/${of}/${encoded}`;
}

/** Characters of a tooltip. Names of products may have any number, and a page may have hundreds of them. */
export const longestTitle = 1000;

/** A text of at most `max` characters, with more of it in its tooltip, as a link to the page about a customer or a product. */
export function linkTo(
  root: string,
  of: 'customers' | 'products',
  id: string,
  { text = id, max = 60 }: { text?: string; max?: number } = {},
): Markup {
  const address = addressOf(root, of, id);
  const short = cut(text, max);
  const title = short === text ? '' : html` title="${cut(text, longestTitle)}"`;
  return address === undefined ? html`<span${title}>${short}</span>` : html`<a href="${address}"${title}>${short}</a>`;
}
