import type { Note } from '../../orders/look.ts';
import { dayMs } from '../../orders/times/calendar.ts';
import { dayOf, number } from '../../wording.ts';
import type { History } from '../dataset.ts';

const year = 365.2425 * dayMs;
/** Orders of years far from all others are odd if they are no more than this share. */
const maxShare = 0.1;
/** Of fewer orders, most may be of one day by chance. */
const minOrders = 20;

interface Year {
  number: number;
  /** When it begins. */
  from: number;
  orders: number;
  /** The time of one of them. */
  example: number;
}

/** Notes on orders whose dates cannot be right: in the future, or years from all others. */
export function oddTimes({ times }: Pick<History, 'times'>, now: number): Note[] {
  if (times === undefined) return [];
  const future: number[] = [];
  const years = new Map<number, Year>();
  // Zones differ by up to a day.
  const latest = now + dayMs;
  let last: Year | undefined;
  let orders = 0;
  for (let order = 0; order < times.length; order++) {
    const time = times[order];
    if (Number.isNaN(time)) continue;
    orders++;
    if (time > latest) future.push(time);
    // The year is often that of the last order.
    if (last === undefined || time < last.from || time >= last.from + year) {
      const number = Math.floor(time / year);
      last = years.get(number) ?? { number, from: number * year, orders: 0, example: time };
      years.set(number, last);
    }
    last.orders++;
  }
  const odd = oddYears([...years.values()], orders).filter(({ example }) => example <= latest);
  const notes: Note[] = [];
  if (future.length > 0) notes.push(noteOf('future-dates', future.length, orders, 'in the future', future[0]));
  const oddOrders = odd.reduce((sum, each) => sum + each.orders, 0);
  if (odd.length > 0) notes.push(noteOf('odd-years', oddOrders, orders, 'years from all others', odd[0].example));
  return notes;
}

/**
 * A note on orders that are all, or most of them, of one day: a shop's first day, or that of an import. Times then say
 * little about what sells lately.
 */
export function mostOfOneDay({ times = new Float64Array() }: Pick<History, 'times'>): Note[] {
  // If orders of different days cancel each other out, a day with more than half of them is what is left (Boyer and Moore).
  let [orders, left, busiest] = [0, 0, 0];
  for (let order = 0; order < times.length; order++) {
    const time = times[order];
    if (Number.isNaN(time)) continue;
    orders++;
    if (left === 0) busiest = Math.floor(time / dayMs) * dayMs;
    left += time >= busiest && time < busiest + dayMs ? 1 : -1;
  }
  let most = 0;
  if (left > 0) for (const time of times) if (time >= busiest && time < busiest + dayMs) most++;
  const isOdd = orders > 1 && (most === orders || (orders >= minOrders && most > orders / 2));
  if (!isOdd) return [];
  const among = most === orders ? `All ${number(orders)}` : `${number(most)} of ${number(orders)}`;
  const text =
    `${among} orders are dated ${dayOf(busiest)}, as if by an import: what sells ` +
    'lately cannot be told from what sells, and which order of a customer came last may be wrong.';
  return [{ code: 'most-of-one-day', text }];
}

function noteOf(code: string, orders: number, all: number, where: string, example: number): Note {
  const among = `${number(orders)} of ${number(all)} orders`;
  return {
    code,
    text: `${among} ${orders === 1 ? 'is' : 'are'} dated ${where}, such as ${dayOf(example)}: is the date right?`,
  };
}

/** The years, counted from 1970, that an empty year separates from those with most orders. */
function oddYears(years: readonly Year[], orders: number): Year[] {
  const groups: Year[] = [];
  for (const { number, ...rest } of [...years].sort((a, b) => a.number - b.number)) {
    const last = groups[groups.length - 1];
    if (last === undefined || number - last.number > 1) groups.push({ number, ...rest });
    else {
      last.number = number;
      last.orders += rest.orders;
    }
  }
  return groups.filter((group) => group.orders <= maxShare * orders);
}
