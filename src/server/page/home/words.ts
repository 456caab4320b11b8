/** How Home says how long ago something was. */
import { dayMs } from '../../../orders/times/calendar.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = dayMs;

/** From the longest: how long each lasts, and from when on ages are counted in these, which is more than one. */
const units = [
  { name: 'years', ms: 365.25 * day, from: 2 * 365 * day },
  { name: 'months', ms: 30.44 * day, from: 60 * day },
  { name: 'days', ms: day, from: 2 * day },
  { name: 'hours', ms: hour, from: 90 * minute },
  { name: 'minutes', ms: minute, from: 90 * second },
];

/** `3 hours ago`. A time that is still to come, since clocks differ, is just now. */
export function ago(ms: number): string {
  const unit = units.find(({ from }) => ms >= from);
  return unit ? `${Math.round(ms / unit.ms)} ${unit.name} ago` : 'just now';
}
