/** A list as cards: what each product is, why it is there, and what its score is made of. */
import { html } from 'hono/html';
import { type Bar, type BarRange, barChart, barRange } from '../../../page/bars.ts';
import type { Markup } from '../../../page/svg.ts';
import type { Explanation } from '../../../recommending/types.ts';
import { linkTo } from '../links.ts';
import type { BoughtProducts } from './bought.ts';
import { short } from './links.ts';
import { changesOf, type Lists, type PageItem } from './lists.ts';
import { partWords, reasonsOf } from './reasons.ts';

type Part = keyof Explanation['parts'];

interface Context {
  root: string;
  bought: BoughtProducts;
  nameOf: (product: string) => string;
  /** The address of the page, as the server sees it. */
  address: string;
  now: number;
}

const partNames = Object.keys(partWords) as Part[];
const partStyles: Readonly<Record<Part, number>> = { taste: 0, neighbours: 3, habit: 1, trend: 2, boost: 4 };
const sumStyle = 5;
const longestName = 90;

export function listCards(lists: Lists, context: Context): Markup {
  const { items } = lists.list;
  const changes = changesOf(lists);
  const parts = partNames.filter((name) => items.some(({ explanation }) => explanation?.parts[name]));
  const range = barRange(
    items.flatMap(({ score, explanation }) => [score, ...Object.values(explanation?.parts ?? {})]),
  );
  const cards = items.map(
    (item, i) => html`<li>${picture(item, context.address)}<div>
<h3>${i + 1}. ${linkTo(context.root, 'products', item.product, { text: item.name ?? item.product, max: longestName })}</h3>
<p class="soft">${factsOf(item)}</p>
${changes && html`<p><span class="change">${moved(changes.places[i], i)}</span></p>`}
${whyOf(item, lists, context)}
${item.explanation && lists.list.source !== 'new' && scoreBars(item, parts, range)}
</div></li>`,
  );
  return html`<ol class="cards">${cards}</ol>
${changes && changes.gone.length > 0 && goneList(changes.gone)}
${parts.length > 0 && partsLegend(parts)}`;
}

function moved(before: number, now: number): string {
  if (before < 0) return 'new here';
  return before === now ? 'same place' : `was number ${before + 1}`;
}

function goneList(gone: readonly PageItem[]): Markup {
  return html`<h3>No longer in the list</h3><ul>${gone.map(
    ({ product, name }) => html`<li>${short(name ?? product, longestName)}</li>`,
  )}</ul>`;
}

function partsLegend(parts: readonly Part[]): Markup {
  return html`<details><summary>What the bars mean</summary>
<p>The bars of a product add up to its score, by which the list is sorted. A bar to the left speaks against it.</p>
<dl>${parts.map((name) => html`<dt>${name}</dt><dd>${partWords[name]}</dd>`)}</dl></details>`;
}

function factsOf({ product, category, price, available }: PageItem): Markup {
  const facts: (Markup | string)[] = [short(product)];
  if (category !== undefined) facts.push(short(category));
  if (price !== undefined) facts.push(price.toLocaleString('en-US', { maximumFractionDigits: 2 }));
  if (available === true) facts.push('in stock');
  return html`${facts.map((fact, i) => html`${i > 0 ? ' · ' : ''}${fact}`)}`;
}

function whyOf(item: PageItem, { list }: Lists, { bought, nameOf, now }: Context): Markup | string {
  const reasons = reasonsOf(item, { bought: bought.of(item.product), source: list.source, nameOf, now });
  return reasons.length === 0
    ? ''
    : html`<ul class="reasons">${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`;
}

function scoreBars({ score, explanation }: PageItem, parts: readonly Part[], range: BarRange): Markup {
  const bars: Bar[] = parts.map((name) => ({
    ...{ name, value: explanation!.parts[name] ?? 0, style: partStyles[name] },
  }));
  const all = [...bars, { name: 'score', value: score, style: sumStyle }];
  const text = `${bars.map(({ name, value }) => `${name} ${amount(value)}`).join(', ')}; together ${amount(score)}`;
  return barChart(text, all, range, amount);
}

const amount = (value: number) =>
  value.toLocaleString(
    'en-US',
    Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { minimumFractionDigits: 3, maximumFractionDigits: 3 },
  );

/** The picture, if it is on this host: nothing is asked of another one, which would learn who is looked at. */
function picture({ imageUrl, url }: PageItem, address: string): Markup {
  const image = addressOf(imageUrl, address);
  const isOwn = image !== undefined && image.origin === new URL(address).origin && !image.pathname.startsWith('//');
  const page = addressOf(url, address);
  return html`<div class="picture">${
    isOwn
      ? html`<img src="${image.pathname}${image.search}" alt="" loading="lazy" width="96" height="96">`
      : html`<svg viewBox="0 0 96 96" aria-hidden="true"><rect class="blank" x="2" y="2" width="92" height="92" rx="8"/></svg>`
  }${image && !isOwn && html`<a href="${image.href}" rel="noreferrer">picture</a>`}
${page && html`<a href="${page.href}" rel="noreferrer">in the shop</a>`}</div>`;
}

/** An address of the web that the catalogue says; undefined if it says none. */
function addressOf(given: unknown, base: string): URL | undefined {
  if (typeof given !== 'string' || !URL.canParse(given, base)) return undefined;
  const url = new URL(given, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}
