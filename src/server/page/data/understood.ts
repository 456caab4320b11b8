/** How the source was understood: what is odd, what was decided, and which column is what. */
import { html } from 'hono/html';
import { decisionWords, type Reading } from '../../../dataset/reading.ts';
import { table, words } from '../../../page/parts.ts';
import { cut, type Markup } from '../../../page/svg.ts';
import { number, plural } from '../../../wording.ts';

/** What roles are called that do not say it themselves. */
const roleWords: Readonly<Record<string, string>> = {
  time: 'date and time',
  clock: 'time of day',
  sequence: 'place among the orders of the customer',
  refunded: 'returned pieces',
  status: 'state of the order',
};

export function notes({ notes, more }: Reading, hasErased: boolean): Markup {
  const gone = hasErased ? html`<p>Notes that may name a customer are not shown, since one was erased.</p>` : '';
  if (notes.length === 0) return html`<p>Nothing is odd about the orders.</p>${gone}`;
  const others = more?.notes ? html`<p>${plural(more.notes, 'One more is', '# more are')} not kept.</p>` : '';
  return html`<ul>${notes.map(({ text }) => html`<li><bdi>${text}</bdi></li>`)}</ul>${others}${gone}`;
}

export function decisions({ decisions }: Reading): Markup {
  const all = Object.entries(decisions);
  if (all.length === 0) return html`<p>Nothing was left open.</p>`;
  return html`<p>What the files leave open was decided by a look at them. Options of the training decide it otherwise.</p>
${texts(
  'What was decided, and why',
  ['Of', 'Decided', 'Because'],
  all.map(([name, { value, why }]) => [decisionWords(name), value, why]),
)}`;
}

export function columns({ columns, unusedColumns, more }: Reading): Markup {
  const others = unusedColumns.length + (more?.unusedColumns ?? 0);
  return html`${texts(
    'Which column is what, and why',
    ['What', 'Column', 'Chosen for'],
    Object.entries(columns).map(([role, { column, index, why }]) => [
      Object.hasOwn(roleWords, role) ? roleWords[role] : role,
      `${column || '(blank)'}, column ${index}`,
      why,
    ]),
  )}${
    others === 0
      ? html`<p>All columns are used.</p>`
      : html`<details><summary>${plural(others, 'One column is', '# columns are')} not used</summary>
<ul>${unusedColumns.map((name) => html`<li><bdi title="${name}">${cut(name, 80) || '(blank)'}</bdi></li>`)}</ul>${
          more?.unusedColumns ? html`<p>and ${number(more.unusedColumns)} more</p>` : ''
        }</details>`
  }`;
}

/** A table of words. */
function texts(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): Markup {
  return table(
    caption,
    head.map(words),
    rows.map(([name, ...cells]) => ({
      name: cut(name, 60),
      cells: cells.map((text) => html`<bdi${text.length > 300 ? html` title="${text}"` : ''}>${cut(text, 300)}</bdi>`),
    })),
  );
}
