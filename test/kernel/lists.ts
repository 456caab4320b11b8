import * as assert from 'uvu/assert';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { copyIn } from '../../src/kernel/memory.ts';
import { noRow, packedLength, scratchLength, strideOf } from '../../src/kernel/operations/operations.ts';
import { matrix, scratchOf } from './backends.ts';

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
  values?: (kernel: OpenKernel, rows: number, factors: number, stride: number, seed: number) => Float32Array;
}

type How = 'in one call' | 'one by one' | 'listed';

/** Asks the kernel for lists, by topN or topNListed, in one call or one query at a time. `status` is that of all calls. */
export function ask(kernel: OpenKernel, search: Search, how: How) {
  const {
    queries,
    candidates,
    factors,
    n,
    mask,
    excluded,
    reversed,
    measured,
    groups,
    byGroup,
    formula,
    values = matrix,
  } = search;
  const stride = strideOf(factors);
  const { memory, operations } = kernel;
  const q = values(kernel, queries, factors, stride, 7);
  const c = values(kernel, candidates, factors, stride, 8);
  const packed = memory.allocate(Float32Array, packedLength(candidates, factors));
  // Any order works.
  const positions = Array.from({ length: candidates }, (_, i) => (reversed ? candidates - 1 - i : i));
  if (groups && byGroup) positions.sort((a, b) => groups.of(a) - groups.of(b));
  const order = copyIn(memory, Uint32Array, positions);
  const all = Array.from({ length: candidates }, (_, row) => row);
  const priors = formula ? copyIn(memory, Float32Array, all.map(formula.prior)) : undefined;
  const common = {
    stride,
    candidates: c,
    priors,
    root: formula?.root ?? 0,
    groups: groups ? copyIn(memory, Uint32Array, all.map(groups.of)) : undefined,
    groupLimit: groups?.limit ?? 0,
    n,
  };
  operations.pack({
    candidates: c,
    order,
    count: candidates,
    stride,
    factors,
    priors,
    groups: byGroup ? common.groups : undefined,
    packed,
    begin: 0,
    end: Math.ceil(candidates / 16),
  });
  const rows = memory.allocate(Uint32Array, queries * n);
  const scores = memory.allocate(Float32Array, queries * n);
  const length =
    how === 'listed'
      ? scratchLength.topNListed(n, groups?.limit ?? 0)
      : scratchLength.topN(queries, factors, n, groups?.limit ?? 0);
  const scratch = scratchOf(kernel, length);
  const bonus = (query: number, row: number) => formula?.bonus?.(query, row) ?? 0;
  const eligible = (query: number, row: number) => (mask?.(row) ?? true) && !excluded?.(query, row);
  let status = 0;
  if (how === 'listed') {
    const lists = Array.from({ length: queries }, (_, query) => all.filter((row) => eligible(query, row)));
    const offsets = copyIn(memory, Uint32Array, ends(lists));
    const listRows = copyIn(memory, Uint32Array, joined(lists));
    const bonuses = formula?.bonus
      ? copyIn(memory, Float32Array, joined(lists.map((list, query) => list.map((row) => bonus(query, row)))))
      : undefined;
    status = operations.topNListed({
      ...common,
      queries: q,
      listOffsets: offsets,
      listRows,
      listBonuses: bonuses,
      rows,
      scores,
      scratch,
      begin: 0,
      end: queries,
    });
  } else {
    const bits = new Uint32Array(Math.ceil(candidates / 32));
    for (const row of all) if (mask?.(row)) bits[row >>> 5] |= 1 << (row & 31);
    const rowsOf = (wanted: (query: number, row: number) => boolean) =>
      Array.from({ length: queries }, (_, query) => all.filter((row) => wanted(query, row)));
    const lists = excluded ? rowsOf(excluded) : [];
    const kernelMask = mask ? copyIn(memory, Uint32Array, bits) : undefined;
    const offsets = excluded ? copyIn(memory, Uint32Array, ends(lists)) : undefined;
    const listRows = excluded ? copyIn(memory, Uint32Array, joined(lists)) : undefined;
    // Only the beginning of such a list is ascending.
    const raised = (formula?.bonus ? rowsOf((query, row) => bonus(query, row) !== 0) : []).map((list) => [
      ...list.filter((row) => row % 3 === 0),
      ...list.filter((row) => row % 3 !== 0).reverse(),
    ]);
    const bonusOffsets = formula?.bonus ? copyIn(memory, Uint32Array, ends(raised)) : undefined;
    const bonusRows = formula?.bonus ? copyIn(memory, Uint32Array, joined(raised)) : undefined;
    const listBonuses = joined(raised.map((list, query) => list.map((row) => bonus(query, row))));
    const bonuses = formula?.bonus ? copyIn(memory, Float32Array, listBonuses) : undefined;
    const lengthOf = (row: number) => Math.hypot(...c.subarray(row * stride, (row + 1) * stride));
    const lengths = measured ? copyIn(memory, Float32Array, all.map(lengthOf)) : undefined;
    const step = how === 'in one call' ? Math.max(1, queries) : 1;
    for (let from = 0; from < queries; from += step) {
      status |= operations.topN({
        ...common,
        queries: q,
        packed,
        order,
        count: candidates,
        factors,
        mask: kernelMask,
        excludeOffsets: offsets,
        excludeRows: listRows,
        bonusOffsets,
        bonusRows,
        bonuses,
        lengths,
        rows,
        scores,
        scratch,
        begin: from,
        end: Math.min(queries, from + step),
      });
    }
  }
  return { q, c, stride, rows: rows.slice(), scores: scores.slice(), status, eligible, bonus };
}

/** Asks in one call and in other ways, and asserts that all give the same bits. */
export function askEachWay(kernel: OpenKernel, search: Search, name: string, others: readonly How[] = ['listed']) {
  const whole = ask(kernel, search, 'in one call');
  for (const how of others) {
    const { rows, scores, status } = ask(kernel, search, how);
    assert.is(status, whole.status, `${name}: ${how}, ${JSON.stringify(search)}`);
    assert.equal(rows, whole.rows, `${name}: ${how}, ${JSON.stringify(search)}`);
    assert.equal(scores, whole.scores, `${name}: ${how}, ${JSON.stringify(search)}`);
  }
  return whole;
}

/** Joins lists; `flat` takes many times as long. */
function joined(lists: number[][]): Float64Array {
  const all = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

/** The offsets of lists that follow one another. */
function ends(lists: number[][]): number[] {
  const offsets = [0];
  for (const list of lists) offsets.push(offsets[offsets.length - 1] + list.length);
  return offsets;
}

/** Scores in f64 and ranks by a full sort. */
export function check(search: Search, asked: ReturnType<typeof ask>, name: string): void {
  const { queries, candidates, factors, n, formula } = search;
  const { q, c, stride, rows, scores, eligible, bonus } = asked;
  for (let query = 0; query < queries; query++) {
    const exact = Array.from({ length: candidates }, (_, row) => {
      let score = 0;
      for (let k = 0; k < factors; k++) score += q[query * stride + k] * c[row * stride + k];
      if (!formula) return score;
      const { root, prior } = formula;
      return root * Math.sqrt(Math.max(0, score)) + Math.fround(prior(row)) + Math.fround(bonus(query, row));
    });
    const ranked = exact.map((_, row) => row).filter((row) => eligible(query, row));
    ranked.sort((a, b) => exact[b] - exact[a] || a - b);
    const length = Math.min(n, ranked.length);
    const list = rows.subarray(query * n, (query + 1) * n);
    const listScores = scores.subarray(query * n, (query + 1) * n);
    // A square root magnifies the error of a product close to zero.
    const tolerance = formula ? 1e-5 + formula.root * Math.sqrt(1e-6 * factors) * 0.3 : 1e-6 * factors;
    assert.is(new Set(list.subarray(0, length)).size, length, `${name}: query ${query} has a product twice`);
    for (let i = 0; i < n; i++) {
      if (i >= length) {
        assert.is(list[i], noRow, `${name}: query ${query} place ${i} is past the end`);
        assert.is(listScores[i], 0);
        continue;
      }
      assert.ok(eligible(query, list[i]), `${name}: query ${query} got row ${list[i]}, which is filtered`);
      assert.ok(Math.abs(listScores[i] - exact[list[i]]) <= tolerance, `${name}: query ${query} score ${i}`);
      assert.ok(Math.abs(exact[list[i]] - exact[ranked[i]]) <= tolerance, `${name}: query ${query} place ${i}`);
      const inOrder =
        i === 0 || listScores[i - 1] > listScores[i] || (listScores[i - 1] === listScores[i] && list[i - 1] < list[i]);
      assert.ok(inOrder, `${name}: query ${query} is out of order at ${i}`);
    }
  }
}

export function filled(value: (row: number, k: number) => number): NonNullable<Search['values']> {
  return (kernel, rows, factors, stride) => {
    const values = kernel.memory.allocate(Float32Array, rows * stride);
    for (let row = 0; row < rows; row++) for (let k = 0; k < factors; k++) values[row * stride + k] = value(row, k);
    return values;
  };
}

/** Gives the same values each time. */
export function remembered(values: NonNullable<Search['values']>): NonNullable<Search['values']> {
  const made = new Map<number, Float32Array>();
  return (kernel, rows, factors, stride, seed) => {
    if (!made.has(seed)) made.set(seed, values(kernel, rows, factors, stride, seed));
    return made.get(seed)!;
  };
}

/** Values of all magnitudes that floats have, with zeros, copies, and single spikes. */
export function wild(random: () => number): NonNullable<Search['values']> {
  const scales = [1, 1, 1, 1e-3, 1e3, 1e-12, 1e-20, 1e-38, 1e8, 1e14];
  const pick = scales[Math.floor(random() * scales.length)];
  const mixed = random() < 0.3;
  return (kernel, rows, factors, stride) => {
    const values = kernel.memory.allocate(Float32Array, rows * stride);
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
  };
}
