/** How numbers and days are written on the pages of products. */
import { dateOf } from '../../../measuring/protocols/wording.ts';

/** What dates can say, in milliseconds before or after 1970. */
const maxTime = 8.64e15;

/** A day in UTC; models may have times that are none. */
export function dayText(time: number): string {
  return Math.abs(time) <= maxTime ? dateOf(time).split(' ')[0] : 'unknown';
}

/** `1,234.5` */
export function numberText(value: number, maximumFractionDigits = 2): string {
  return value.toLocaleString('en-US', { maximumFractionDigits });
}

/** An amount of money, in whatever currency: `12`, or `11.50`. */
export function moneyText(amount: number): string {
  return amount.toLocaleString('en-US', {
    minimumFractionDigits: Number.isInteger(amount) ? 0 : 2,
    maximumFractionDigits: 2,
  });
}

/** How many times: `3.2`, or `87`. */
export function timesText(lift: number): string {
  return numberText(lift, lift < 10 ? 1 : 0);
}
