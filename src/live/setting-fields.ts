/** What settings of a shop have in common: names, and times from which and until which something holds. */
import * as v from 'valibot';
import { timeOf } from './catalogue/fields.ts';
import { int, isoTime } from './schemas.ts';

/** What names of settings are made of. */
export const nameCharacters = '1 to 64 letters, digits, `-`, `_`, and `.`, the first a letter or digit';
export const nameText = `a name of ${nameCharacters}`;
export const settingName = v.pipe(v.string(nameText), v.regex(/^[A-Za-z0-9][\w.-]{0,63}$/, nameText));

const time = 'a time: ISO 8601 with a time zone, such as 2026-06-01T00:00:00Z, or milliseconds since 1970';
const moment = v.optional(v.union([isoTime(time), v.pipe(int(time), v.minValue(0, time))], time));

/** The fields of what holds for a time. */
export const period = { from: moment, until: moment };
/** Whether it ends after it begins. */
export const isPeriod = ({ from, until }: { from?: string | number; until?: string | number }): boolean =>
  from === undefined || until === undefined || timeOf(from) < timeOf(until);
/** What is expected of the end otherwise. */
export const periodError = 'a time after from';
