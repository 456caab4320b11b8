import type { Model } from '../model/model.ts';
import {
  finiteNumber,
  invalidOption,
  objectOfOptions,
  oneOf,
  onlyKnown,
  optionalSignal,
  wholeNumber,
} from '../options.ts';
import type { Spread } from './lists/diversity.ts';
import type { Mask } from './serving/mask.ts';
import type { Abortable, PurchasedFilter, RecommendOptions } from './types.ts';

/** Which products a list may hold, as rows, and how long it is. */
export interface Filter {
  n: number;
  /** `'allow'` if undefined; see `resolvePurchased`. */
  purchased?: PurchasedFilter;
  /** Ascending rows, the only ones that the list may hold; all if undefined. */
  allowed?: Uint32Array;
  /** Ascending rows that the list may not hold. */
  denied: Uint32Array;
  /** What no list may hold right now; nothing if absent. */
  mask?: Mask;
  /** Absent if the list is simply the best of the products that pass. */
  spread?: Spread;
  /** Products that the customer did not buy before, at least; 0 if absent. */
  mix?: number;
  /** Whether names may share a word only so often; see `sharedWordsOf`. */
  varied?: boolean;
}

export const noRows: Uint32Array = new Uint32Array(0);

/** Length of the longest list. */
export const maxRecommendations = 10_000;

export const listOptions = ['n', 'allow', 'deny', 'filter', 'boost', 'pin'];
export const spreadOptions = [...listOptions, 'purchased', 'diversity', 'perCategory', 'mix'];
export const recommendOptions = [...spreadOptions, 'explain'];
export const basketOptions = [...recommendOptions, 'customer'];
/** What their asynchronous forms take besides. */
export const recommendAsked = [...recommendOptions, 'signal'];
export const basketAsked = [...basketOptions, 'signal'];

/**
 * Checks options and turns ids into rows. Ids that the model does not know are skipped.
 * @param known names of the options that the call takes.
 * @param mask what no list may hold, even if it is allowed.
 * @throws `invalid_options` that names the option.
 */
export function toFilter(
  options: RecommendOptions,
  productRow: (productId: string | number) => number | undefined,
  known: readonly string[],
  mask?: Mask,
): Filter {
  onlyKnown(options, known);
  const rows = (option: 'allow' | 'deny'): Uint32Array | undefined => {
    const ids: unknown = options[option];
    if (ids === undefined) return undefined;
    if (!Array.isArray(ids)) throw invalidOption(option, ids, 'an array of product ids');
    return ascending(ids.map((id) => productRow(id)).filter((row) => row !== undefined));
  };
  const { diversity = 0, perCategory = Infinity, mix = 0 } = options;
  finiteNumber('diversity', diversity, 0, 1);
  if (perCategory !== Infinity) wholeNumber('perCategory', perCategory, 1, maxRecommendations);
  const n = wholeNumber('n', options.n ?? 10, 1, maxRecommendations);
  wholeNumber('mix', mix, 0, n);
  if (mix > 0 && options.purchased === 'only') throw invalidOption('mix', mix, "0, since purchased is 'only'");
  return {
    n,
    mix: options.purchased === 'exclude' ? 0 : mix,
    varied: options.diversity === undefined,
    purchased: options.purchased && oneOf('purchased', options.purchased, ['allow', 'exclude', 'only']),
    allowed: rows('allow'),
    denied: rows('deny') ?? noRows,
    mask,
    spread: diversity > 0 || perCategory < Infinity ? { diversity, perCategory } : undefined,
  };
}

/** The default of `purchased`: if nobody in the shop buys a product twice, lists leave out what was bought. */
export function defaultPurchased({ metadata: { shop } }: Pick<Model, 'metadata'>): 'allow' | 'exclude' {
  return shop?.rebought === 0 ? 'exclude' : 'allow';
}

export function withDefaultOf(model: Pick<Model, 'metadata'>, filter: Filter): Filter {
  const leavesOut = filter.purchased === undefined && defaultPurchased(model) === 'exclude';
  return leavesOut ? { ...filter, purchased: 'exclude' } : filter;
}

/**
 * Applies `purchased` to the products that were bought before, so that only allowed and denied rows are left to look at.
 * @param bought ascending rows.
 * @param returned ascending rows that were bought and returned in full; `exclude` leaves them out, too.
 */
export function resolvePurchased(filter: Filter, bought: Uint32Array, returned: Uint32Array = noRows): Filter {
  const { purchased, allowed, denied, mask } = filter;
  const refused = purchased === 'exclude' ? either(denied, either(bought, returned)) : denied;
  const listed = purchased === 'only' ? (allowed ? both(bought, allowed) : bought) : (allowed ?? mask?.few?.());
  // Written out: a spread would take as long as scoring a short list.
  return {
    n: filter.n,
    mix: filter.mix,
    varied: filter.varied,
    purchased: undefined,
    allowed: listed && listable(without(listed, refused), mask),
    denied: refused,
    mask,
    spread: filter.spread,
  };
}

/** What of resolved rows a mask holds besides. */
export function within(
  { allowed, denied }: Pick<Filter, 'allowed' | 'denied'>,
  mask: Mask,
): Pick<Filter, 'allowed' | 'denied'> & { mask: Mask } {
  const few = allowed ? undefined : mask.few?.();
  return { allowed: allowed ? listable(allowed, mask) : few && without(few, denied), denied, mask };
}

/** Whether a row is allowed and not denied. */
export function passes({ allowed, denied, mask }: Filter): (row: number) => boolean {
  const listed = allowed && new Set(allowed);
  const refused = new Set(denied);
  return (row) => (!listed || listed.has(row)) && !refused.has(row) && (!mask || mask.has(row));
}

/** Whether a list has products that were hidden after it was begun. */
export function holdsHidden(list: readonly { row: number }[], { mask }: Pick<Filter, 'mask'>): boolean {
  return mask !== undefined && mask.hidden() > 0 && list.some(({ row }) => !mask.has(row));
}

/** A list without them. */
export function withoutHidden<Item extends { row: number }>(list: Item[], { mask }: Pick<Filter, 'mask'>): Item[] {
  return mask && mask.hidden() > 0 ? list.filter(({ row }) => mask.has(row)) : list;
}

/** The distinct values, sorted. */
export function ascending(values: Iterable<number>): Uint32Array {
  return Uint32Array.from(new Set(values)).sort();
}

/** Ascending rows that are in both. */
function both(a: Uint32Array, b: Uint32Array): Uint32Array {
  return a.filter(isIn(b));
}

/** Ascending rows of `a` that are not in `b`. */
function without(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length === 0 || b.length === 0) return a;
  const inB = isIn(b);
  return a.filter((row) => !inB(row));
}

function listable(rows: Uint32Array, mask: Mask | undefined): Uint32Array {
  return mask && mask.hidden() > 0 ? rows.filter(mask.has) : rows;
}

/** Whether ascending rows hold each of others, which are asked for in ascending order. */
function isIn(rows: Uint32Array): (row: number) => boolean {
  let at = 0;
  return (row) => {
    while (at < rows.length && rows[at] < row) at++;
    return rows[at] === row;
  };
}

/** Ascending rows that are in `a`, in `b`, or in both. */
function either(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const joined = new Uint32Array(a.length + b.length);
  let length = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length; length++) {
    const row = j === b.length || a[i] <= b[j] ? a[i] : b[j];
    if (a[i] === row) i++;
    if (b[j] === row) j++;
    joined[length] = row;
  }
  return joined.subarray(0, length);
}

/** Where a row is among ascending rows; -1 if it is not. */
export function placeOf(row: number, rows: Uint32Array): number {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (rows[middle] < row) from = middle + 1;
    else to = middle;
  }
  return rows[from] === row ? from : -1;
}

/** The options of an asynchronous question, once it is sure that they have a signal or none. */
export function checkedSignal<Options extends Abortable>(options: Options = {} as Options): Options {
  objectOfOptions(options);
  if (typeof options.signal !== 'function') optionalSignal(options.signal);
  return options;
}

/** How often a list is made in which a product was hidden while it was scored; then it is made shorter. */
export const maxTries = 3;
