/** Ids of lists: when, which kind, which arm of an experiment, and 72 random bits. */
import { hashText, mix } from '../../hash.ts';
import type { ListKind } from '../store/store.ts';

/** What the id of a list says of it. */
export interface RecommendationIdParts {
  /** When the list was made, in milliseconds since 1970 UTC. */
  time: number;
  kind: ListKind;
  /** The code of the arm, as `armCode` makes it; absent if the list is part of no experiment. */
  arm?: string;
}

/** Six bits each, in the order of ASCII: ids are sorted by time, and URLs take them as they are. */
const digits = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
/** 42 bits, which last until 2109. */
const timeLength = 7;
const randomLength = 12;
const armLength = 4;
const kinds: Readonly<Record<string, ListKind>> = { r: 'recommend', s: 'similar', b: 'bought-together' };
const letters = Object.fromEntries(Object.entries(kinds).map(([letter, kind]) => [kind, letter]));

/** Three are an id's: the random part takes 24 bits of each. */
const wordsPerId = 3;
/** Asking the system for each id would take longer than all the rest. */
const idsPerFilling = 1024;

/** The last `length` digits of a whole number. */
function digitsOf(number: number, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest = Math.floor(rest / 64)) text = digits[rest % 64] + text;
  return text;
}

/** The four characters by which ids name an arm: a hash, so that programs which know the experiments can tell which it is. */
export function armCode(experiment: string, arm: string): string {
  return digitsOf(mix(hashText(`${experiment}/${arm}`)), armLength);
}

/**
 * Returns a function that makes ids of 20 characters, or of 24 with an arm, out of letters, digits, `-`, and `_`. None can be
 * guessed, and no two servers make the same one.
 *
 * @returns `(kind, time, arm)`: the time in milliseconds since 1970 UTC, the arm as `armCode` makes it.
 */
export function createIds(): (kind: ListKind, time: number, arm?: string) => string {
  const pairs = Array.from({ length: 4096 }, (_, i) => digits[i >> 6] + digits[i & 63]);
  const words = new Uint32Array(wordsPerId * idsPerFilling);
  let used = words.length;
  /** Most ids have their time in common with the one before. */
  let [lastTime, timeText] = [Number.NaN, ''];

  function random(): string {
    if (used === words.length) {
      crypto.getRandomValues(words);
      used = 0;
    }
    const [a, b, c] = [words[used++], words[used++], words[used++]];
    return pairs[a & 4095] + pairs[a >>> 20] + pairs[b & 4095] + pairs[b >>> 20] + pairs[c & 4095] + pairs[c >>> 20];
  }

  return (kind, time, arm = '') => {
    if (time !== lastTime) [lastTime, timeText] = [time, digitsOf(time, timeLength)];
    return timeText + letters[kind] + arm + random();
  };
}

/**
 * What the `recommendation_id` of an answer says: undefined if the text is no such id. That it is one does not mean that
 * somebody was given it: whoever knows how ids are made can make one.
 *
 * @example
 * parseRecommendationId(recommendationId); // { time: 1767225600000, kind: 'recommend' }
 */
export function parseRecommendationId(id: string): RecommendationIdParts | undefined {
  if (typeof id !== 'string') return undefined;
  const armEnd = id.length - randomLength;
  const armStart = timeLength + 1;
  const kind = kinds[id[timeLength]];
  if (kind === undefined || (armEnd !== armStart && armEnd !== armStart + armLength)) return undefined;
  if (![...id].every((digit) => digits.includes(digit))) return undefined;
  const time = [...id.slice(0, timeLength)].reduce((sum, digit) => 64 * sum + digits.indexOf(digit), 0);
  return { time, kind, ...(armEnd > armStart && { arm: id.slice(armStart, armEnd) }) };
}
