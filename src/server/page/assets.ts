/** What the pages of the explorer load: one style sheet, and one module that keeps numbers up to date. */
import type { Env, Hono } from 'hono';
import { style as shared } from '../../page/style.ts';

/** What the explorer has and a report has not. */
const style = `
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; }
.places { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; margin: 0 0 1.25rem;
  max-width: none; }
.places a[aria-current] { color: inherit; font-weight: 600; text-decoration: none; }
a { color: var(--s0); }
`;

/**
 * Asks for the page again, every few seconds while it is seen, and puts the parts that are marked with \`data-live\` in place of
 * those shown. Without it, a page is as it was when it was loaded.
 */
const script = `
const everyMs = 5000;
async function refresh() {
  const parts = document.querySelectorAll('[data-live]');
  if (document.hidden || parts.length === 0) return;
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of parts) {
    const other = next.querySelector('[data-live="' + part.dataset.live + '"]');
    if (other && other.innerHTML !== part.innerHTML) part.replaceChildren(...other.childNodes);
  }
}
setInterval(() => refresh().catch(() => {}), everyMs);
`;

export function addAssets<E extends Env>(app: Hono<E>): void {
  const asset = (path: string, type: string, text: string) =>
    app.get(path, (c) =>
      c.body(text, 200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'private, max-age=300' }),
    );
  asset('/style.css', 'text/css', shared + style);
  asset('/live.js', 'text/javascript', script);
}
