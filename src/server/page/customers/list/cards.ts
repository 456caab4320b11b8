/** A list as cards: what each product is, why it is there, and what its score is made of. */
import { html } from 'hono/html';
import { type Bar, type BarRange, barChart, barLegend, barRange } from '../../../../page/bars.ts';
import type { Markup } from '../../../../page/svg.ts';
import type { Explanation } from '../../../../recommending/types.ts';
import { linkTo } from '../../links.ts';
import { moneyText } from '../../words.ts';
import { short } from '../links.ts';
import type { BoughtProducts } from '../orders/bought.ts';
import { changesOf, type Lists, type PageItem } from './lists.ts';
import { partWords, reasonsOf, slowWords } from './reasons.ts';

type Part = keyof Explanation['parts'];

interface Context {
  root: string;
  bought: BoughtProducts;
  nameOf: (product: string) => string;
  /** The address of the page, as the server sees it. */
  address: string;
  /** Origins of pictures that it may show, besides its own. */
  pictures: readonly string[];
  now: number;
}

const partNames = Object.keys(partWords) as Part[];
const partStyles: Readonly<Record<Part, number>> = { taste: 0, neighbours: 3, habit: 1, trend: 2, boost: 4 };
const sumStyle = 5;
const longestName = 90;

export function listCards(lists: Lists, context: Context): Markup {
  const items: readonly PageItem[] = lists.list.items;
  const changes = changesOf(lists);
  const parts = partNames.filter((name) => items.some(({ explanation }) => explanation?.parts[name]));
  // A single part is the score.
  const hasBars = parts.length > 1 && lists.list.source !== 'new';
  const range = barRange(
    items.flatMap(({ score, explanation }) => [score, ...Object.values(explanation?.parts ?? {})]),
  );
  const hasPictures = items.some((item) => shownImage(item, context));
  const manyOrders = Math.max(...items.map(ordersLately)) / 2;
  const cards = items.map(
    (item, i) => html`<li>${hasPictures && picture(item, context)}<div>
<h3>${i + 1}. ${linkTo(context.root, 'products', item.product, { text: item.name ?? item.product, max: longestName })}</h3>
<p class="soft">${factsOf(item, context)}</p>
${changes && html`<p><span class="change">${moved(changes.places[i], i)}</span></p>`}
${whyOf(item, lists, { ...context, manyOrders })}
${item.explanation && hasBars && scoreBars(item, parts, range)}
</div></li>`,
  );
  return html`${hasBars && partsLegend(parts, items)}
<ol class="cards">${cards}</ol>
${changes && changes.gone.length > 0 && goneList(changes.gone)}`;
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

/** Orders that the reasons say; 0 if they do not. */
function ordersLately({ explanation }: PageItem): number {
  const trend = explanation?.reasons.find(({ kind }) => kind === 'trend');
  return trend?.kind === 'trend' ? trend.orders : 0;
}

function partsLegend(parts: readonly Part[], items: readonly PageItem[]): Markup {
  const isBelow = (part: Part) => items.some(({ explanation }) => (explanation?.parts[part] ?? 0) < 0);
  const wordsOf = (part: Part) => (part === 'trend' && isBelow(part) ? slowWords : partWords[part]);
  return html`<p class="soft">The bars of a product add up to its score, which sorts the list.${parts.some(isBelow) && ' A bar to the left takes away from it.'}</p>
${barLegend(parts.map((name) => [partStyles[name], html`<b>${name}</b>: ${wordsOf(name)}`]))}`;
}

function factsOf({ product, category, price, available, imageUrl, url }: PageItem, context: Pictured): Markup {
  const facts: (Markup | string)[] = [short(product)];
  if (category !== undefined) facts.push(short(category));
  if (price !== undefined) facts.push(moneyText(price));
  if (available === true) facts.push('in stock');
  const [page, image] = [url, imageUrl].map((given) => webAddress(given, context.address));
  if (page) facts.push(html`<a href="${page.href}" rel="noreferrer">in the shop</a>`);
  if (image && !isShown(image, context)) facts.push(html`<a href="${image.href}" rel="noreferrer">picture</a>`);
  return html`${facts.map((fact, i) => html`${i > 0 ? ' · ' : ''}${fact}`)}`;
}

function whyOf(
  item: PageItem,
  { list }: Lists,
  { bought, nameOf, manyOrders, now }: Context & { manyOrders: number },
): Markup | string {
  const reasons = reasonsOf(item, { bought: bought.of(item.product), source: list.source, nameOf, manyOrders, now });
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
    Math.abs(value) >= 100
      ? { maximumFractionDigits: 0 }
      : { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'negative' },
  );

/** Where the page is, and whose pictures it may show. */
type Pictured = Pick<Context, 'address' | 'pictures'>;

/** The picture, if it is on this host, or on one that may learn which products are looked at. */
function picture(item: PageItem, context: Pictured): Markup {
  const image = shownImage(item, context);
  return html`<div class="picture">${
    image
      ? html`<img src="${isOwn(image, context) ? `${image.pathname}${image.search}` : image.href}" alt="" loading="lazy" referrerpolicy="no-referrer" width="96" height="96">`
      : html`<svg viewBox="0 0 96 96" aria-hidden="true"><rect class="blank" x="2" y="2" width="92" height="92" rx="8"/></svg>`
  }</div>`;
}

function shownImage({ imageUrl }: PageItem, context: Pictured): URL | undefined {
  const image = webAddress(imageUrl, context.address);
  return image && isShown(image, context) ? image : undefined;
}

function isShown(image: URL, context: Pictured): boolean {
  return isOwn(image, context) || context.pictures.includes(image.origin);
}

function isOwn(image: URL, { address }: Pictured): boolean {
  return image.origin === new URL(address).origin && !image.pathname.startsWith('//');
}

/** An address of the web that the catalogue says; undefined if it says none. */
function webAddress(given: unknown, base: string): URL | undefined {
  if (typeof given !== 'string' || !URL.canParse(given, base)) return undefined;
  const url = new URL(given, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}
