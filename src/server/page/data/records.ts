/** What happened to every record: from those that were read down to those that count. */
import { html } from 'hono/html';
import type { Account, DropExample } from '../../../orders/cleaning/account.ts';
import { isIntended, reasonText } from '../../../orders/cleaning/reasons.ts';
import { shareBar } from '../../../page/bars.ts';
import { table } from '../../../page/parts.ts';
import { cut, type Markup } from '../../../page/svg.ts';
import { number, percent, plural } from '../../../wording.ts';

/** Styles of what is there, of what is no purchase, and of what is lost. */
const [there, apart, lost] = [0, 5, 1];
/** Files of other programs may have more reasons, and longer texts. */
const [maxReasons, maxValue, maxExamples] = [40, 120, 5];

/** @param pairs of a customer and a product. @param hasErased whether examples are gone, since a customer was erased. */
export function records(
  { read, kept, purchases, returns, ...account }: Account,
  pairs: number,
  hasErased: boolean,
): Markup {
  if (read === 0) return html`<p>${plural(pairs, 'One pair', '# pairs')} of a customer and a product were given.</p>`;
  const reasons = (Object.entries(account.dropped) as [string, number][])
    .sort((a, b) => b[1] - a[1])
    .slice(0, maxReasons);
  let left = read;
  const steps = reasons.map(([reason, count]) => {
    const from = left;
    left -= count;
    return {
      name: html`– ${cut(reason, 60)} <small>${reasonText(reason)}</small>`,
      cells: [
        number(count),
        percent(count / read),
        shareBar(left / read, from / read, isIntended(reason) ? apart : lost),
      ],
    };
  });
  const lostCount = reasons.reduce((sum, [reason, count]) => sum + (isIntended(reason) ? 0 : count), 0);
  return html`${table(
    'From the records to what the model knows',
    ['Records', 'Count', 'Share', 'From none to all'],
    [
      { name: 'Read', cells: [number(read), percent(1), shareBar(0, 1, there)] },
      ...steps,
      {
        name: html`Kept <small>${plural(purchases, 'One purchase', '# purchases')} and ${plural(returns, 'one return', '# returns')}</small>`,
        cells: [number(kept), percent(kept / read), shareBar(0, kept / read, there)],
      },
      {
        name: html`Pairs <small>What one customer bought of one product, however often: the model learned from these.</small>`,
        cells: [number(pairs), percent(pairs / read), shareBar(0, Math.min(1, pairs / read), there)],
      },
    ],
  )}
<p>${
    lostCount === 0
      ? 'Nothing that should be a purchase is lost.'
      : html`${plural(lostCount, 'One record that may be a purchase is', '# records that may be purchases are')} lost, ${percent(lostCount / read)} of all. If that is too much, look at the examples, and correct the export.`
  }</p>
${hasErased ? html`<p>Examples are not shown, since a customer was erased, and they may show anybody’s id.</p>` : examplesOf(account.examples, account.dropped)}`;
}

function examplesOf(examples: Account['examples'], dropped: Account['dropped']): Markup {
  const all = (Object.entries(examples) as [keyof Account['dropped'], readonly DropExample[]][])
    .filter(([reason, some]) => some.length > 0 && (dropped[reason] ?? 0) > 0)
    .sort(([a], [b]) => dropped[b]! - dropped[a]!)
    .slice(0, maxReasons);
  return html`${all.map(([reason, some]) => exampleList(cut(reason, 60), dropped[reason]!, some))}`;
}

/** The first records with one fault, to be opened. */
export function exampleList(what: string, count: number, examples: readonly DropExample[]): Markup {
  const shown = examples.slice(0, maxExamples);
  const which = count > shown.length ? `the first ${shown.length}` : 'all';
  return html`<details><summary>Examples of “${what}”: ${which} of ${number(count)}</summary>
<ul>${shown.map(({ line, value }) => html`<li>Line ${number(line)}: ${/\S/.test(value) ? cell(value) : 'blank'}</li>`)}</ul></details>`;
}

/** What a cell has, as text, whatever it is. */
function cell(value: string): Markup {
  return html`<bdi><code title="${value.length > maxValue ? cut(value, 1000) : value}">${cut(value, maxValue)}</code></bdi>`;
}
