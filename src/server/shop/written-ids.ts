/** Ids that are written to the store, which have to be ids: a list may be asked for somebody who is not known. */
import * as v from 'valibot';
import { placePattern } from '../../live/purchases/customer-place.ts';
import { int } from '../../live/schemas.ts';
import { maxIdLength } from '../../live/shop-ids.ts';
import { missingWords } from '../../orders/cleaning/cells.ts';

/** Blanks, and characters that nobody sees (`orders/cleaning/ids.ts`), without Unicode's classes, which Python has not. */
const unseen =
  '\\s\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f' +
  '\\ufeff\\ufff9-\\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}';
const words = [...missingWords].filter((word) => word !== '').join('|');

/** What clients are told of an id: something is seen of it, and it is no word for a missing value. */
export const idPattern = `^(?!\\s*(?:${words})\\s*$)[\\s\\S]*[^${unseen}]`;

/** Whether it is an id is asked when it is cleaned; see `live/shop-ids.ts`. */
export function writtenId(what: string, name: string) {
  const error = `a ${what} id: text of 1 to ${maxIdLength} characters, or a whole number of at most 2^53 - 1; a longer one as text`;
  const text = v.pipe(
    v.string(),
    v.minLength(1, error),
    v.maxLength(maxIdLength, error),
    v.metadata({ pattern: idPattern }),
  );
  return v.pipe(
    v.union([text, v.pipe(int(error), v.minValue(Number.MIN_SAFE_INTEGER, error))], error),
    v.metadata({
      id: name,
      description: `A ${what} id to keep. A number stands for its digits. It is cleaned as those of the orders were, and something must be left.`,
    }),
  );
}

/** The customer of a path. */
export const customerParameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The id of a customer, URL-encoded.',
  schema: { type: 'string', minLength: 1, maxLength: maxIdLength, pattern: idPattern },
} as const;

/** Which page of what there is of them. */
export const nextParameter = {
  name: 'next',
  in: 'query',
  required: false,
  description: 'The `next` of the page before; absent for the first page.',
  schema: { type: 'string', pattern: placePattern },
} as const;
