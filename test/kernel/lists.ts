import * as assert from 'uvu/assert';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { copyIn } from '../../src/kernel/memory.ts';
import { noRow, packedLength, scratchLength } from '../../src/kernel/operations/operations.ts';
import { scratchOf } from './backends.ts';
import { arraysOf, isEligible, type Search } from './search.ts';

type How = 'in one call' | 'one by one' | 'listed';

interface Asked {
  rows: Uint32Array;
  scores: Float32Array;
  /** That of all calls. */
  status: number;
}

/** Asks the kernel for lists, by topN or topNListed, in one call or one query at a time. */
export function ask(kernel: OpenKernel, search: Search, how: How): Asked {
  const { queries, candidates, factors, n, groups, byGroup, formula } = search;
  const { memory, operations } = kernel;
  const arrays = arraysOf(search);
  const { stride } = arrays;
  const floats = (values: Float32Array | undefined) => values && copyIn(memory, Float32Array, values);
  const integers = (values: Uint32Array | undefined) => values && copyIn(memory, Uint32Array, values);
  const own = floats(arrays.queries)!;
  const c = floats(arrays.candidates)!;
  const priors = floats(arrays.priors);
  const [rows, scores] = [memory.allocate(Uint32Array, queries * n), memory.allocate(Float32Array, queries * n)];
  const length =
    how === 'listed'
      ? scratchLength.topNListed(n, groups?.limit ?? 0)
      : scratchLength.topN(queries, factors, n, groups?.limit ?? 0);
  const common = {
    queries: own,
    candidates: c,
    stride,
    priors,
    root: formula?.root ?? 0,
    groups: integers(arrays.groups),
    groupLimit: groups?.limit ?? 0,
    n,
    rows,
    scores,
    scratch: scratchOf(kernel, length),
  };
  let status = 0;
  if (how === 'listed') {
    const { offsets, rows, bonuses } = arrays.listed();
    const lists = { listOffsets: integers(offsets)!, listRows: integers(rows)!, listBonuses: floats(bonuses) };
    status = operations.topNListed({ ...common, ...lists, begin: 0, end: queries });
  } else {
    const order = integers(arrays.order)!;
    const packed = memory.allocate(Float32Array, packedLength(candidates, factors));
    const packing = { candidates: c, order, count: candidates, stride, factors, priors, packed };
    const end = Math.ceil(candidates / 16);
    operations.pack({ ...packing, groups: byGroup ? common.groups : undefined, begin: 0, end });
    const { excluded, raised } = arrays;
    const all = {
      ...{ packed, order, count: candidates, factors },
      mask: integers(arrays.mask),
      excludeOffsets: integers(excluded?.offsets),
      excludeRows: integers(excluded?.rows),
      bonusOffsets: integers(raised?.offsets),
      bonusRows: integers(raised?.rows),
      bonuses: floats(raised?.bonuses),
      lengths: floats(arrays.lengths),
    };
    const step = how === 'in one call' ? Math.max(1, queries) : 1;
    for (let from = 0; from < queries; from += step)
      status |= operations.topN({ ...common, ...all, begin: from, end: Math.min(queries, from + step) });
  }
  return { rows: rows.slice(), scores: scores.slice(), status };
}

/** Asks in one call and in other ways, and asserts that all give the same bits. */
export function askEachWay(kernel: OpenKernel, search: Search, name: string, others: readonly How[] = ['listed']) {
  const whole = ask(kernel, search, 'in one call');
  for (const how of others) {
    const { rows, scores, status } = ask(kernel, search, how);
    const told = `${name}: ${how}, ${JSON.stringify(search)}`;
    assert.is(status, whole.status, told);
    assert.equal(rows, whole.rows, told);
    assert.equal(scores, whole.scores, told);
  }
  return whole;
}

/** Compares with scores in f64, ranked by a full sort. */
export function check(search: Search, { rows, scores }: Asked, name: string): void {
  const { factors, n, formula } = search;
  for (const [query, { exact, ranked }] of arraysOf(search).ranking().entries()) {
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
      const told = `${name}: query ${query}`;
      assert.ok(isEligible(search, query, list[i]), `${told} got row ${list[i]}, which is filtered`);
      assert.ok(Math.abs(listScores[i] - exact[list[i]]) <= tolerance, `${told} score ${i}`);
      assert.ok(Math.abs(exact[list[i]] - exact[ranked[i]]) <= tolerance, `${told} place ${i}`);
      const inOrder =
        i === 0 || listScores[i - 1] > listScores[i] || (listScores[i - 1] === listScores[i] && list[i - 1] < list[i]);
      assert.ok(inOrder, `${told} is out of order at ${i}`);
    }
  }
}
