import { finiteNumber, invalidOption, oneOf, onlyKnown, wholeNumber } from '../options.ts';
import type { Spread } from './diversity.ts';
import type { PurchasedFilter, RecommendOptions } from './types.ts';

/** Which products may be in a list, as rows. */
export interface Filter {
  n: number;
  purchased?: PurchasedFilter;
  /** Ascending rows that alone may be in the list; undefined for all. */
  allowed?: Uint32Array;
  /** Ascending rows that may not. */
  denied: Uint32Array;
  /** Where the list is not simply the best of these. */
  spread?: Spread;
}

export const noRows = new Uint32Array(0);

export const mostRecommendations = 10_000;

export const listOptions = ['n', 'allow', 'deny'];
export const spreadOptions = [...listOptions, 'purchased', 'diversity', 'perCategory'];

/** Checks the options and turns ids into rows; ids that the model does not know change nothing. Throws `invalid_options`. */
export function toFilter(
  options: RecommendOptions,
  rowOf: (productId: string) => number | undefined,
  known: readonly string[],
): Filter {
  onlyKnown(options, known);
  const rows = (option: 'allow' | 'deny'): Uint32Array | undefined => {
    const ids: unknown = options[option];
    if (ids === undefined) return undefined;
    if (!Array.isArray(ids)) throw invalidOption(option, ids, 'an array of product ids');
    return ascending(ids.map((id) => rowOf(String(id))).filter((row) => row !== undefined));
  };
  const { diversity = 0, perCategory = Infinity } = options;
  finiteNumber('diversity', diversity, 0, 1);
  if (perCategory !== Infinity) wholeNumber('perCategory', perCategory, 1, mostRecommendations);
  return {
    n: wholeNumber('n', options.n ?? 10, 1, mostRecommendations),
    purchased: options.purchased && oneOf('purchased', options.purchased, ['allow', 'exclude', 'only']),
    allowed: rows('allow'),
    denied: rows('deny') ?? noRows,
    ...((diversity > 0 || perCategory < Infinity) && { spread: { diversity, perCategory } }),
  };
}

/** Settles what is asked of products bought before: from then on there are only allowed and denied rows. */
export function settle(filter: Filter, bought: Uint32Array): Filter {
  const { purchased, allowed, denied } = filter;
  const refused = purchased === 'exclude' ? either(denied, bought) : denied;
  const listed = purchased === 'only' ? (allowed ? both(bought, allowed) : bought) : allowed;
  return { ...filter, purchased: undefined, allowed: listed && without(listed, refused), denied: refused };
}

/** Whether a row may be in a list, by what is allowed and denied. */
export function passes({ allowed, denied }: Filter): (row: number) => boolean {
  const listed = allowed && new Set(allowed);
  const refused = new Set(denied);
  return (row) => (!listed || listed.has(row)) && !refused.has(row);
}

/** The distinct values, sorted. */
export function ascending(values: Iterable<number>): Uint32Array {
  return Uint32Array.from([...new Set(values)].sort((a, b) => a - b));
}

/** Ascending rows that are in both. */
function both(a: Uint32Array, b: Uint32Array): Uint32Array {
  const inB = new Set(b);
  return a.filter((row) => inB.has(row));
}

/** Ascending rows of `a` that are not in `b`. */
function without(a: Uint32Array, b: Uint32Array): Uint32Array {
  const inB = new Set(b);
  return a.filter((row) => !inB.has(row));
}

/** Ascending rows that are in either. */
function either(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  return ascending([...a, ...b]);
}
