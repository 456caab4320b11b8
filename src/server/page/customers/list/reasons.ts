/** Why a product is in a list, in words for whoever runs the shop. */

import { dayMs } from '../../../../orders/times/calendar.ts';
import type { Explanation, Recommendation, Source } from '../../../../recommending/types.ts';
import { dayOf, number, plural } from '../../../../wording.ts';
import type { BoughtProduct } from '../orders/bought.ts';

/** Longer ago than so many days, a date says more. */
const mostDays = 60;
/** As many as the model tells apart. */
const mostLately = 8;

/** What the parts of a score are called, and what each says. */
export const partWords = {
  taste: 'how well it fits what they buy',
  neighbours: 'how often others buy it after what they bought',
  habit: 'how often and how lately they bought it before',
  trend: 'how well it sells now',
  boost: 'what a rule of the shop adds',
} as const satisfies Record<keyof Explanation['parts'], string>;

/** What trend says if it takes away, as it does in all lists but those of what sells best. */
export const slowWords = 'the less a product sells next to the best-seller, the longer its bar';

interface Known {
  /** What the customer bought of the product; undefined if nothing. */
  bought: BoughtProduct | undefined;
  source: Source;
  /** What a product is called, by its id. */
  nameOf: (product: string) => string;
  /** Orders that make it worth saying that a product sells well, if there is something else to say. */
  manyOrders: number;
  /** The time, in milliseconds since 1970. */
  now: number;
}

/** At least one, the strongest of them first. */
export function reasonsOf(
  { explanation, score }: Pick<Recommendation, 'explanation' | 'score'>,
  { bought, source, nameOf, manyOrders, now }: Known,
): string[] {
  if (source === 'new') return ['new in the shop'];
  const reasons: string[] = [];
  const given = explanation?.reasons ?? [];
  const namesOf = (products: readonly { product: string }[]) =>
    products.map(({ product }) => nameOf(product)).join('; ');
  if (given.some(({ kind }) => kind === 'pin')) reasons.push('placed here by a rule of the shop');
  if (given.some(({ kind }) => kind === 'boost')) reasons.push('lifted by a rule of the shop');
  const habit = given.find((reason) => reason.kind === 'habit');
  if (bought) reasons.push(boughtWords(bought, now, habit));
  for (const reason of given) {
    if (reason.kind === 'taste')
      reasons.push(
        `${bought || source === 'basket' ? 'goes with' : 'like what they buy'}: ${namesOf(reason.products)}`,
      );
    if (reason.kind === 'neighbours') reasons.push(`often bought after ${namesOf(reason.products)}`);
    if (reason.kind === 'trend' && (reasons.length === 0 || reason.orders >= manyOrders))
      reasons.push(`sells well now: ${trendWords(reason.orders, reason.days)}`);
  }
  if (reasons.length === 0 && explanation)
    reasons.push(
      source === 'popular' ? `${plural(score, 'one order', '# orders')} lately` : restWords(explanation.parts),
    );
  return reasons;
}

function boughtWords({ orders, last }: BoughtProduct, now: number, habit: { orders: number; of: number } | undefined) {
  const when = Number.isNaN(last) ? '' : agoWords(last, now);
  if (orders === 1) return when === '' ? 'bought once' : `bought once, ${when}`;
  return [`bought ${plural(orders, 'once', '# times')}`, when && `last ${when}`, shareWords(habit)]
    .filter((words) => words !== '')
    .join(', ');
}

/** Of the last five or eight orders, or else of all. */
function shareWords(habit: { orders: number; of: number } | undefined): string {
  if (!habit || habit.of === 1) return '';
  const { orders, of } = habit;
  const which = of > mostLately ? number(of) : `last ${of}`;
  return `in ${orders === of ? 'each' : orders} of their ${which} orders`;
}

/** `today`, `12 days ago`, or `on 2011-11-25`. */
export function agoWords(time: number, now: number): string {
  const days = Math.floor(now / dayMs) - Math.floor(time / dayMs);
  if (days < 0 || days > mostDays) return `on ${dayOf(time)}`;
  return days === 0 ? 'today' : plural(days, 'yesterday', '# days ago');
}

function trendWords(orders: number, days: number | undefined): string {
  const within = days === undefined ? '' : ` in ${plural(days, 'a day', '# days')}`;
  return `${plural(Math.round(orders), 'one order', '# orders')}${within}`;
}

/** If no single thing speaks for it. */
function restWords({ taste, neighbours = 0, habit, trend }: Explanation['parts']): string {
  const most = Math.max(taste, neighbours, habit, trend);
  if (!(most > 0)) return 'the best of what is left';
  if (most === taste) return 'fits all that they bought, more than any one product of it';
  if (most === neighbours) return 'bought by others after several of their products';
  return most === habit ? 'bought before' : 'sells well enough now to come next';
}
