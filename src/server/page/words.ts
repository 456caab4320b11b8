/** Words that pages about different things share. */
import { cut } from '../../page/svg.ts';
import type { Source } from '../../recommending/types.ts';
import { number } from '../../wording.ts';

/** What a list was made from, for whoever sees one. */
export const sourceWords: Readonly<Record<Source, string>> = {
  personal: 'what the customer bought',
  'personal-new': 'what the customer bought, which is left out since nobody here buys a product twice',
  basket: 'what is in the basket',
  popular: 'best-sellers, since nothing is known of the customer',
  'too-early': 'best-sellers and habits, since there are too few orders to learn from',
  new: 'the newest products, which nobody has bought yet',
};

/** Of a longer reason, what says why. The lines after it may quote records, and so whoever has been erased since. */
export function firstLine(text: string): string {
  return cut(text.split('\n', 1)[0], 1000);
}

/** Messages of errors end without a mark. */
export function sentence(text: string): string {
  return /[.!?:]$/.test(text) ? text : `${text}.`;
}

export function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

let money: Record<'whole' | 'parts', Intl.NumberFormat> | undefined;

/** An amount of money, in whatever currency: `12`, or `11.50`. */
export function moneyText(amount: number): string {
  money ??= {
    whole: new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 }),
    parts: new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  };
  return (Number.isInteger(amount) ? money.whole : money.parts).format(amount);
}

/** How many times: `3.2`, or `87`. */
export function timesText(lift: number): string {
  return number(Number(lift.toFixed(lift < 10 ? 1 : 0)));
}
