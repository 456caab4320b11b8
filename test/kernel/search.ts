/** What lists are asked for in tests: a search, and the arrays that kernels get of it, made once for all kernels and ways to ask. */
import { strideOf } from '../../src/kernel/operations/operations.ts';
import { numbers, padded } from './backends.ts';

/** The factors of one side: queries have seed 7, candidates 8. */
export type Values = (rows: number, factors: number, stride: number, seed: number) => Float32Array;

export interface Search {
  queries: number;
  candidates: number;
  factors: number;
  n: number;
  mask?: (row: number) => boolean;
  excluded?: (query: number, row: number) => boolean;
  reversed?: boolean;
  /** Whether the lengths of candidates are given. */
  measured?: boolean;
  /** Groups of rows, and how many of each a list may hold. */
  groups?: { of: (row: number) => number; limit: number };
  /** Whether candidates are packed by group. */
  byGroup?: boolean;
  formula?: {
    root: number;
    prior: (row: number) => number;
    /** A bonus of 0 is left out of the lists. */
    bonus?: (query: number, row: number) => number;
  };
  values?: Values;
}

/** Lists one after another, and where each of them ends. */
interface Lists {
  offsets: Uint32Array;
  rows: Uint32Array;
}

export interface Arrays {
  stride: number;
  queries: Float32Array;
  candidates: Float32Array;
  /** In which order candidates are packed. */
  order: Uint32Array;
  priors?: Float32Array;
  groups?: Uint32Array;
  mask?: Uint32Array;
  lengths?: Float32Array;
  excluded?: Lists;
  /** The candidates of each query that have a bonus. */
  raised?: Lists & { bonuses: Float32Array };
  /** All that each query may get. */
  listed(): Lists & { bonuses?: Float32Array };
  /** The score of each candidate for each query in f64, and the candidates that it may get, best first. */
  ranking(): { exact: Float64Array; ranked: number[] }[];
}

const made = new WeakMap<Search, Arrays>();

/** The same arrays each time. Nobody writes to them. */
export function arraysOf(search: Search): Arrays {
  const arrays = made.get(search) ?? makeArrays(search);
  made.set(search, arrays);
  return arrays;
}

export const isEligible = ({ mask, excluded }: Search, query: number, row: number): boolean =>
  (mask?.(row) ?? true) && !excluded?.(query, row);

function makeArrays(search: Search): Arrays {
  const { queries: count, candidates: size, factors, formula, groups, mask, excluded, values = padded } = search;
  const stride = strideOf(factors);
  const queries = values(count, factors, stride, 7);
  const candidates = values(size, factors, stride, 8);
  const order = Uint32Array.from({ length: size }, (_, i) => (search.reversed ? size - 1 - i : i));
  if (groups && search.byGroup) order.sort((a, b) => groups.of(a) - groups.of(b));
  const bonus = formula?.bonus;
  const lengthOf = (_: unknown, row: number) => Math.hypot(...candidates.subarray(row * stride, (row + 1) * stride));
  return {
    stride,
    queries,
    candidates,
    order,
    priors: formula && Float32Array.from({ length: size }, (_, row) => formula.prior(row)),
    groups: groups && Uint32Array.from({ length: size }, (_, row) => groups.of(row)),
    mask: mask && bitsOf(size, mask),
    lengths: search.measured ? Float32Array.from({ length: size }, lengthOf) : undefined,
    excluded: excluded && listsOf(search, excluded),
    raised: bonus && raisedOf(search, bonus),
    listed: once(() => {
      const lists = listsOf(search, (query, row) => isEligible(search, query, row));
      return { ...lists, bonuses: bonus && bonusesOf(lists, bonus) };
    }),
    ranking: once(() =>
      Array.from({ length: count }, (_, query) =>
        rankingOf(search, query, queries.subarray(query * stride), candidates),
      ),
    ),
  };
}

function bitsOf(size: number, mask: (row: number) => boolean): Uint32Array {
  const bits = new Uint32Array(Math.ceil(size / 32));
  for (let row = 0; row < size; row++) if (mask(row)) bits[row >>> 5] |= 1 << (row & 31);
  return bits;
}

function listsOf({ queries, candidates }: Search, wanted: (query: number, row: number) => boolean): Lists {
  const offsets = new Uint32Array(queries + 1);
  const rows = new Uint32Array(queries * candidates);
  let end = 0;
  for (let query = 0; query < queries; query++) {
    for (let row = 0; row < candidates; row++) if (wanted(query, row)) rows[end++] = row;
    offsets[query + 1] = end;
  }
  return { offsets, rows: rows.slice(0, end) };
}

/** Only the beginning of such a list is ascending. */
function raisedOf(search: Search, bonus: (query: number, row: number) => number): Required<Arrays>['raised'] {
  const { offsets, rows } = listsOf(search, (query, row) => bonus(query, row) !== 0);
  for (let query = 0; query < search.queries; query++) {
    const list = rows.subarray(offsets[query], offsets[query + 1]);
    const [thirds, others] = [list.filter((row) => row % 3 === 0), list.filter((row) => row % 3 !== 0)];
    list.set(thirds);
    list.set(others.reverse(), thirds.length);
  }
  return { offsets, rows, bonuses: bonusesOf({ offsets, rows }, bonus) };
}

function bonusesOf({ offsets, rows }: Lists, bonus: (query: number, row: number) => number): Float32Array {
  const bonuses = new Float32Array(rows.length);
  for (let query = 0; query + 1 < offsets.length; query++)
    for (let i = offsets[query]; i < offsets[query + 1]; i++) bonuses[i] = bonus(query, rows[i]);
  return bonuses;
}

/** Scores in f64 and ranks by a full sort. */
function rankingOf(search: Search, query: number, own: Float32Array, candidates: Float32Array) {
  const { factors, formula } = search;
  const stride = strideOf(factors);
  const exact = new Float64Array(search.candidates);
  const ranked: number[] = [];
  for (let row = 0; row < exact.length; row++) {
    let score = 0;
    for (let k = 0; k < factors; k++) score += own[k] * candidates[row * stride + k];
    if (formula) {
      const { root, prior, bonus } = formula;
      score = root * Math.sqrt(Math.max(0, score)) + Math.fround(prior(row)) + Math.fround(bonus?.(query, row) ?? 0);
    }
    exact[row] = score;
    if (isEligible(search, query, row)) ranked.push(row);
  }
  ranked.sort((a, b) => exact[b] - exact[a] || a - b);
  return { exact, ranked };
}

export function filled(value: (row: number, k: number) => number): Values {
  return (rows, factors, stride) => {
    const values = new Float32Array(rows * stride);
    for (let row = 0; row < rows; row++) for (let k = 0; k < factors; k++) values[row * stride + k] = value(row, k);
    return values;
  };
}

/** Gives the same values each time, also to searches that are made of one another. */
function remembered(values: Values): Values {
  const made = new Map<number, Float32Array>();
  return (rows, factors, stride, seed) => {
    if (!made.has(seed)) made.set(seed, values(rows, factors, stride, seed));
    return made.get(seed)!;
  };
}

/** Values of all magnitudes that floats have, with zeros, copies, and single spikes. */
export function wild(seed: number): Values {
  const random = numbers(seed);
  const scales = [1, 1, 1, 1e-3, 1e3, 1e-12, 1e-20, 1e-38, 1e8, 1e14];
  const pick = scales[Math.floor(random() * scales.length)];
  const mixed = random() < 0.3;
  return remembered((rows, factors, stride) => {
    const values = new Float32Array(rows * stride);
    for (let row = 0; row < rows; row++) {
      const kind = random();
      const scale = pick * (mixed ? 10 ** (6 * random() - 3) : 1) * (random() < 0.5 ? 1 : -1);
      const at = row * stride;
      if (kind < 0.1) continue;
      if (kind < 0.3 && row > 0) values.copyWithin(at, at - stride, at - stride + factors);
      else if (kind < 0.5) values[at + Math.floor(random() * factors)] = scale;
      else for (let k = at; k < at + factors; k++) values[k] = scale * (kind < 0.6 ? 1 : random() - 0.3);
    }
    return values;
  });
}

/** What a function returns, computed when it is first asked for. */
export function once<T>(compute: () => T): () => T {
  let result: { of: T } | undefined;
  return () => {
    result ??= { of: compute() };
    return result.of;
  };
}
