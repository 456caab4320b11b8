/** What the pages of the explorer load: one style sheet, and one module that keeps numbers up to date. */
import type { Env, Hono } from 'hono';
import { style as shared } from '../../page/style.ts';
import { customersStyle } from './customers/style.ts';

/** What the explorer has and a report has not. */
const style = `
a { color: var(--s0); unicode-bidi: isolate; }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, textarea:focus-visible,
  summary:focus-visible, [tabindex="0"]:focus-visible { outline: .15rem solid var(--s0); outline-offset: .15rem; }
main:focus { outline: none; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .25rem; background: var(--paper); }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; justify-content: space-between; align-items: baseline;
  margin: 0 0 1.25rem; }
.places { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; margin: 0;
  max-width: none; }
.places a[aria-current] { color: inherit; font-weight: 600; text-decoration: none; }
button, input, select, textarea { font: inherit; color: inherit; background: var(--paper); max-width: 100%;
  border: 1px solid var(--soft); border-radius: .3rem; padding: .3rem .6rem; }
button { background: var(--band); cursor: pointer; }
label { margin-right: .5rem; }
.attention { margin: 1.25rem 0; padding: .25rem 1rem .5rem 1.25rem; border-left: .3rem solid var(--s1); background: var(--band); }
.attention h2 { margin: .25rem 0; padding: 0; border: 0; font-size: 1.05rem; }
@media (max-width: 40rem) { thead th { white-space: normal; } tbody th { white-space: normal; min-width: 6rem; } td.words { min-width: 5rem; } td.words:last-child { min-width: 14rem; } }
form.search { display: flex; flex-wrap: wrap; gap: .5rem; align-items: baseline; margin: .75rem 0; }
.columns form.search label { flex-basis: 100%; }
.prose { display: block; min-width: 16rem; max-width: 38rem; }
td { white-space: nowrap; }
td.words { white-space: normal; }
.conclusions .soft { font-size: .95rem; }
.beside { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(30rem, 100%), 1fr)); gap: 0 2.5rem; }
.beside > * { min-width: 0; }
.beside > :empty { display: none; }
.beside table { width: 100%; }
.beside tbody th { white-space: normal; }
.beside > .conclusions { margin: .5rem 0; align-self: start; }
th small { display: block; white-space: normal; max-width: 14rem; }
`;

/**
 * Asks for the page again, every few seconds while it is seen, and puts the parts that are marked with \`data-live\` in place of
 * those shown. One that is not marked there any more (see \`later.ts\`) is complete. Without it, a page is as it was when it was
 * loaded.
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
    const other = next.querySelector('[data-live="' + part.dataset.live + '"]') ?? next.getElementById('part-' + part.dataset.live);
    // Who has come to a part by keyboard stays where they are.
    if (!other || part.contains(document.activeElement)) continue;
    if (other.dataset.live === undefined) delete part.dataset.live;
    if (other.innerHTML !== part.innerHTML) part.replaceChildren(...other.childNodes);
  }
}
setInterval(() => refresh().catch(() => {}), everyMs);
`;

/** Shelves, of which the one at the end shows something. */
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#5a6169" d="M1 2h9v3H1zM1 7h9v3H1zM1 12h9v3H1z"/>' +
  '<path fill="#0060a8" d="M11 1h4v14h-4z"/></svg>';

export function addAssets<E extends Env>(app: Hono<E>): void {
  const asset = (path: string, type: string, text: string) =>
    app.get(path, (c) =>
      c.body(text, 200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'private, max-age=300' }),
    );
  asset('/style.css', 'text/css', shared + style + customersStyle);
  asset('/live.js', 'text/javascript', script);
  asset('/icon.svg', 'image/svg+xml', icon);
}
