import { doubtfulWords, fillers, firstWords, sureWords } from './not-product-words.ts';

/** What the orders say about a product that may be none. */
export interface ProductEvidence {
  id: string;
  name: string | undefined;
  /** The lowest price above zero, and the highest and lowest of all; NaN if there is none. */
  lowestAboveZero: number;
  highest: number;
  lowest: number;
  /** The share of the orders that hold it. */
  share: number;
  /** Whether no order holds more than one unit of it. */
  single: boolean;
}

/** The prices of a product seldom differ by more than this factor. */
const wideFactor = 5;
/** The same for what is in most orders, one unit each. */
const variedFactor = 2;
const mostOrders = 0.3;
const nearlyEveryOrder = 0.8;
/** Words of the longest phrase. */
const maxPhrase = 4;

/**
 * Why a product is none but postage, a discount, a fee, or the like, as a phrase; undefined if that is not sure. Prices
 * below zero are proof. An id or name is if it says nothing else. A word that may mean a product counts only together with
 * prices of every size, a price of zero, or a place in many orders.
 */
export function whyNotProduct(evidence: ProductEvidence): string | undefined {
  const { lowestAboveZero, highest, lowest, share, single } = evidence;
  if (lowest < 0 && highest <= 0) return highest < 0 ? 'it is sold below zero' : 'it is never sold above zero';
  const sure = nameIn(evidence, sureWords);
  if (sure !== undefined) return `it is called "${sure}"`;
  const factor = highest / lowestAboveZero;
  if (factor >= wideFactor || highest === 0 || share >= mostOrders) {
    const doubtful = nameIn(evidence, doubtfulWords);
    const why =
      highest === 0
        ? 'costs nothing'
        : factor >= wideFactor
          ? `costs ${lowestAboveZero} to ${highest}`
          : `is in ${Math.round(100 * share)} % of the orders`;
    if (doubtful !== undefined) return `it is called "${doubtful}" and ${why}`;
  }
  if (share >= nearlyEveryOrder && single && factor >= variedFactor)
    return `it is in ${Math.round(100 * share)} % of the orders, once each, for ${lowestAboveZero} to ${highest}`;
  return undefined;
}

/** What the name or the id calls it. Few ids that begin with a digit are words. */
function nameIn({ id, name = '' }: ProductEvidence, phrases: ReadonlySet<string>): string | undefined {
  return phraseIn(name, phrases, true) ?? (/^\d/.test(id) ? undefined : phraseIn(id, phrases, false));
}

/**
 * The longest of the phrases in a text that has nothing but fillers and numbers beside it.
 *
 * @param codes whether letters beside digits, as in `Coupon SUMMER10`, count as a number.
 */
function phraseIn(text: string, phrases: ReadonlySet<string>, codes: boolean): string | undefined {
  if (!mayBegin(text)) return undefined;
  const words: string[] = [];
  const isFiller: boolean[] = [];
  for (const [token] of plain(text).matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
    const parts = token.match(/[\p{L}\p{M}]+|\p{N}+/gu)!;
    for (const part of parts) {
      words.push(part);
      isFiller.push(fillers.has(part) || /\d/.test(part) || (codes && parts.length > 1));
    }
  }
  for (let length = Math.min(maxPhrase, words.length); length > 0; length--) {
    for (let at = 0; at + length <= words.length; at++) {
      const phrase = words.slice(at, at + length).join(' ');
      if (phrases.has(phrase) && isFiller.every((filler, i) => filler || (i >= at && i < at + length))) return phrase;
    }
  }
  return undefined;
}

/** Whether the first word is one of those; true if it is not plain letters. Nearly all products fail here. */
function mayBegin(text: string): boolean {
  let end = 0;
  while (end < text.length && isLetter(text.charCodeAt(end))) end++;
  if (end === 0 || text.charCodeAt(end) > 127) return text !== '';
  return firstWords.has(text.slice(0, end).toLowerCase());
}

function isLetter(code: number): boolean {
  const lower = code | 32;
  return lower >= 97 && lower <= 122;
}

/** In lower case and without accents. Those of Japanese are part of its letters. */
function plain(text: string): string {
  const lower = text.toLowerCase().replaceAll('ß', 'ss');
  return /[^ -~]/.test(lower)
    ? lower
        .normalize('NFD')
        .replace(/[\u0300-\u036f]/g, '')
        .normalize('NFC')
    : lower;
}
