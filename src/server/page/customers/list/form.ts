/** The form by which a list is asked for differently: links and fields only, so that the address has all of it. */
import { html } from 'hono/html';
import type { Markup } from '../../../../page/svg.ts';
import type { KnownProduct } from '../../products/known.ts';
import { customerLink, short } from '../links.ts';
import { type BasketEntry, mostEntries } from './basket.ts';
import { mostListed, type Options } from './options.ts';

interface Form {
  readonly root: string;
  readonly customer: string;
  readonly options: Options;
  /** Names of scenarios; undefined without a shop. */
  readonly scenarios: readonly string[] | undefined;
}

export function optionsForm({ root, customer, options: { typed, problem, isStandard }, scenarios }: Form): Markup {
  const select = (name: string, label: string, choices: readonly (readonly [string, string])[], why: string) =>
    field(
      name,
      label,
      html`<select id="${name}" name="${name}" aria-describedby="${name}-why">${choices.map(
        ([value, text]) =>
          html`<option value="${value}"${value === typed[name] ? html` selected` : ''}>${text}</option>`,
      )}</select>`,
      why,
    );
  // What was typed stays, so that it can be mended; the server says what is wrong with it.
  const number = (name: string, label: string, why: string) =>
    field(
      name,
      label,
      html`<input id="${name}" name="${name}" value="${typed[name]}" inputmode="decimal" autocomplete="off" aria-describedby="${name}-why">`,
      why,
    );
  return html`<details class="options"${isStandard && problem === undefined ? '' : html` open`}>
<summary>Change the list, or put something in the basket</summary>
<form action="${root}/customers"><input type="hidden" name="id" value="${customer}">
<div class="fields">
${scenarios && select('scenario', 'Scenario', [['', 'none'], ...scenarios.map((name) => [name, name] as const)], 'a place in the shop with settings of its own, such as its home page')}
${select('purchased', 'Bought before', purchasedChoices, 'whether the list may hold what they already bought')}
${number('n', 'Length', `how many products, up to ${mostListed}`)}
${number('diversity', 'Diversity', 'from 0, the best products, to 1, those least like one another')}
${number('per_category', 'Per category', 'at most so many products of one category')}
${number('mix', 'New to them', 'at least so many products that they never bought')}
${select('explain', 'Reasons', explainChoices, 'whether to say why each product is there')}
${field('basket', 'In the basket', html`<textarea id="basket" name="basket" rows="3" aria-describedby="basket-why">${typed.basket}</textarea>`, `what they are about to buy: ids or names of products, one a line, up to ${mostEntries}`)}
</div>
<p><button>Show the list</button> <a href="${customerLink(root, customer, {})}">As it is without options</a></p>
</form></details>
${problem !== undefined && html`<p class="bad" role="alert">${problem}. Change it in the form above.</p>`}`;
}

const purchasedChoices = [
  ['', 'as always in this shop'],
  ['allow', 'may be listed'],
  ['exclude', 'left out'],
  ['only', 'nothing else'],
] as const;
const explainChoices = [
  ['', 'with reasons'],
  ['no', 'without reasons'],
] as const;

function field(name: string, label: string, control: Markup, why: string): Markup {
  return html`<div><label for="${name}">${label}</label>${control}<small id="${name}-why">${why}</small></div>`;
}

interface Basket {
  readonly entries: readonly BasketEntry[];
  readonly isCut: boolean;
}

const nameIn = ({ name, product }: KnownProduct) => short(name ?? product);

/** What the basket was understood to hold, with links that choose where it is not clear. */
export function basketNotes({ root, customer, options: { typed } }: Form, { entries, isCut }: Basket): Markup {
  const chosen = (at: number, choice: KnownProduct) => {
    const basket = entries.map(({ text, meant }, i) => (i === at ? choice : meant)?.product ?? text).join('\n');
    const address = customerLink(root, customer, { ...typed, basket });
    return html`<a href="${address}">${nameIn(choice)} (${short(choice.product)})</a>`;
  };
  const held = entries.flatMap(({ meant }) => (meant?.row === undefined ? [] : meant));
  const problems = entries.flatMap(({ text, meant, choices, hasMore, isReading }, at) => {
    if (meant)
      return meant.row === undefined
        ? html`The model does not know <b>${nameIn(meant)}</b> yet, so that it changes nothing.`
        : [];
    if (isReading)
      return html`The names of products are still being read. What <b>${short(text)}</b> is shows here in a moment.`;
    if (choices.length === 0)
      return html`No product is called <b>${short(text)}</b>, or has an id or a name that begins so.`;
    const links = choices.map((choice, i) => html`${i > 0 ? ', ' : ''}${chosen(at, choice)}`);
    return html`<b>${short(text)}</b> may be ${links}${hasMore && ', or another product'}. Choose one.`;
  });
  return html`${held.length > 0 && html`<p>As if the basket held ${held.map((one, i) => html`${i > 0 ? ', ' : ''}<b>${nameIn(one)}</b>`)}.</p>`}
${problems.length > 0 && html`<div role="alert"><ul>${problems.map((problem) => html`<li>${problem}</li>`)}</ul></div>`}
${isCut && html`<p class="bad">Only the first ${mostEntries} products count.</p>`}`;
}
