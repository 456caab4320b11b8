import { html } from 'hono/html';
import type { Markup } from '../../../page/svg.ts';
import { dateOf, number, plural } from '../../../wording.ts';
import { within } from '../later.ts';
import type { Page } from '../page.ts';
import { highlightsOf } from '../products/highlights.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { figuresOf, latestFigures } from './figures.ts';
import { productsOf } from './products.ts';
import { categoriesPart, missedPart, mostPart, neverPart, risingPart, type Shown, summary } from './sections.ts';
import { soldOf } from './sold.ts';
import { spreadPart } from './spread.ts';

export const catalogue: Page = {
  path: '/catalogue',
  place: 'catalogue',
  async render({ answering, root }) {
    const coverage = coverageOf(answering);
    const products = productsOf(answering);
    const { model } = answering;
    const making = Promise.all([soldOf(model), highlightsOf(model)]).then(async ([sold, { rising }]) => {
      if (coverage.counted > 0) await figuresOf(coverage, { sold, rising }, products);
    });
    making.catch(() => {});
    // While lists are counted, numbers of a moment before are as good, and the next page has those of now.
    if (coverage.state !== 'running' || !latestFigures(coverage)) await within(making);
    const made = latestFigures(coverage);
    const parts = (): Markup => {
      if (!made) return coverage.counted > 0 ? html`<p>These numbers are being made.</p>` : html``;
      const shown: Shown = { root, coverage, products, ...made };
      return html`${summary(shown)}${spreadPart(shown)}${mostPart(shown)}
<div class="beside"><section>${neverPart(shown)}</section><section>${risingPart(shown, made.rising)}</section>
<section>${missedPart(shown)}</section><section>${categoriesPart(shown)}</section></div>`;
    };
    return {
      title: 'How much of the catalogue customers see',
      body: html`<p data-live="progress">${progressOf(coverage)}</p>
<div data-live="figures">${parts()}</div>
<h2>As a file</h2>
<p><a href="${root}/catalogue.csv">All products as CSV</a>, one in each row, with their orders, buyers, and lists as far as
they are counted.</p>
<details><summary>Ids and names in a spreadsheet</summary><p>Where a spreadsheet would run an id or a name as a formula, the cell begins with an apostrophe;
<a href="${root}/catalogue.csv?cells=raw">without these</a>, it is for programs. To keep zeros at the beginning of ids, let
the spreadsheet import the first column as text.</p></details>`,
    };
  },
};

/** How far it is. */
export function progressOf({ state, customers, counted, began, ended, problem }: Coverage): Markup {
  const all = `${number(counted)} of ${number(customers)}`;
  if (customers === 0) return html`The model knows no customers, so there are no lists to count.`;
  if (state === 'running' || state === 'ended')
    return html`Counted so far: the lists of ${all} customers, picked at random. The rest is counted a little at
a time, and these numbers follow.`;
  if (state === 'failed')
    return html`Counted: the lists of ${all} customers. Then a list could not be made (${problem}); this is tried again in a
minute.`;
  const [first, last] = [began, ended ?? began].map((time) => dateOf(time).slice(0, 10));
  const when = first === last ? `on ${first}` : `from ${first} to ${last}`;
  if (state === 'sampled')
    return html`Counted: the lists of ${all} customers, picked at random, as all would take too long. Lists are of ten
products, of what could be sold ${when}.`;
  return html`Counted: the lists of ${plural(customers, 'the only customer', 'all # customers')}, of ten products each, of
what could be sold ${when}.`;
}
