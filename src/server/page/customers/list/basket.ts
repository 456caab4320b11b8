/** The products of a basket that somebody typed, by their ids or names. */
import type { Answering } from '../../page.ts';
import { type KnownProduct, productById } from '../../products/known.ts';
import { findProducts, productNamed } from '../../products/search.ts';

/** What a line of the field stands for. */
export interface BasketEntry {
  /** As it was typed. */
  readonly text: string;
  /** The product that is meant. One that the model does not know has no row, and counts for nothing. */
  readonly meant?: KnownProduct;
  /** Products that may be meant, if it is not clear; none if nothing is found. */
  readonly choices: readonly KnownProduct[];
  /** Whether there are more of them. */
  readonly hasMore: boolean;
  /** Whether names are still being read, so that it may be clear in a moment. */
  readonly isReading?: boolean;
}

/** Each may be a search through all names. */
export const mostEntries = 10;
/** Choices that a line names. */
const mostChoices = 5;

/**
 * Reads a line at a time: as the id of a product, or else as a whole name, or the beginnings of words of one name and no other. Commas
 * separate products, too, but for those in names.
 *
 * @param signal asked for only if something has to be searched for.
 * @returns the first entries, and whether there were more of them.
 * @throws `aborted`
 */
export async function readBasket(
  text: string,
  answering: Answering,
  signal?: () => AbortSignal,
): Promise<{ entries: readonly BasketEntry[]; isCut: boolean }> {
  const entries: BasketEntry[] = [];
  for (const line of partsOf(text, /\r?\n/u)) {
    if (entries.length > mostEntries) break;
    const entry = await entryOf(line, answering, entries, signal);
    const isList = !entry.meant && !entry.isReading && entry.choices.length === 0 && line.includes(',');
    // One more than there is room for says that some are left out.
    const parts = isList ? partsOf(line, /,/u).slice(0, mostEntries + 1 - entries.length) : [];
    // Also a line of commas alone: no text makes it look at more lines than there is room for.
    if (parts.length === 0) entries.push(entry);
    for (const part of parts) entries.push(await entryOf(part, answering, entries, signal));
  }
  return { entries: entries.slice(0, mostEntries), isCut: entries.length > mostEntries };
}

function partsOf(text: string, mark: RegExp): string[] {
  const parts = text.split(mark).map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

/** @param before what was read before. */
async function entryOf(
  text: string,
  answering: Answering,
  before: readonly BasketEntry[],
  signal?: () => AbortSignal,
): Promise<BasketEntry> {
  const own = productById(answering, text);
  if (own) return { text, meant: own, choices: [], hasMore: false };
  // One search waits for the names, and not each.
  if (before.some(({ isReading }) => isReading)) return { text, choices: [], hasMore: false, isReading: true };
  const named = await productNamed(answering, text, signal?.());
  if (named.meant) return { text, meant: named.meant, choices: [], hasMore: false };
  if (named.isReading) return { text, choices: [], hasMore: false, isReading: true };
  const { products, more, meant } = await findProducts(answering, text, mostChoices, signal?.());
  if (meant) return { text, meant, choices: [], hasMore: false };
  return { text, choices: products, hasMore: more > 0 };
}
