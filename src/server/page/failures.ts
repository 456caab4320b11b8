/** Pages that say why there is not the one that was asked for. */
import type { Context } from 'hono';
import { html } from 'hono/html';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Answer, PageContent, PagesEnv } from './page.ts';

/** Answers whatever method a page does not have. */
export const notAllowed = (answer: Answer, allow: string) => (c: Context<PagesEnv>) => {
  c.header('allow', `${allow}, OPTIONS`);
  if (c.req.method === 'OPTIONS') return c.body(null, 204);
  return answer(c, {
    title: 'Not like this',
    body: html`<p>This address takes ${allow}, and nothing else.</p>`,
    status: 405,
  });
};

/** What the caller can do something about. */
export function refusal(message: string, status: ContentfulStatusCode): PageContent {
  const title = status === 404 ? 'Not found' : status < 500 ? 'This cannot be shown' : 'Not available right now';
  return { title, body: html`<p>${message}.</p>`, status };
}

export const loading: PageContent = {
  title: 'No model yet',
  body: html`<p>The model is still being loaded, or trained. Load this page again in a moment.</p>`,
  status: 503,
};
export const busy: PageContent = {
  title: 'Too busy',
  body: html`<p>The server could not answer in time. Load this page again in a moment.</p>`,
};
export const missing: PageContent = {
  title: 'No such page',
  body: html`<p>There is nothing at this address. The links above lead to all pages.</p>`,
  status: 404,
};
export const failed: PageContent = {
  title: 'Something went wrong',
  body: html`<p>The page could not be made. The log of the server says why.</p>`,
  status: 500,
};
