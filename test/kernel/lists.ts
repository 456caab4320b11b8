import * as assert from 'uvu/assert';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { copyIn } from '../../src/kernel/memory.ts';
import { noRow, packedLength, scratchLength } from '../../src/kernel/operations/operations.ts';
import { scratchOf } from './backends.ts';
import { arraysOf, isEligible, once, type Search } from './search.ts';

type How = 'in one call' | 'one by one' | 'listed';

interface Asked {
  rows: Uint32Array;
  scores: Float32Array;
  /** That of all calls. */
  status: number;
}

/** Asks the kernel for lists, by topN or topNListed, in one call or one query at a time. */
export function ask(kernel: OpenKernel, search: Search, how: How): Asked {
  const { queries, candidates, factors, n, groups, formula } = search;
  const { memory, operations } = kernel;
  const { common, listed, all } = givenOf(kernel, search);
  const [rows, scores] = [memory.allocate(Uint32Array, queries * n), memory.allocate(Float32Array, queries * n)];
  const length =
    how === 'listed'
      ? scratchLength.topNListed(n, groups?.limit ?? 0)
      : scratchLength.topN(queries, factors, n, groups?.limit ?? 0);
  const asked = {
    ...{ ...common, n, rows, scores, root: formula?.root ?? 0, groupLimit: groups?.limit ?? 0 },
    scratch: scratchOf(kernel, length),
  };
  let status = 0;
  if (how === 'listed') {
    status = operations.topNListed({ ...asked, ...listed(), begin: 0, end: queries });
  } else {
    const searched = { ...asked, ...all(), count: candidates, factors };
    const step = how === 'in one call' ? Math.max(1, queries) : 1;
    for (let from = 0; from < queries; from += step)
      status |= operations.topN({ ...searched, begin: from, end: Math.min(queries, from + step) });
  }
  return { rows: rows.slice(), scores: scores.slice(), status };
}

/** What a kernel has got of the search that it was last asked for: it is asked in several ways. */
let last: { kernel: OpenKernel; search: Search; given: ReturnType<typeof give> } | undefined;

function givenOf(kernel: OpenKernel, search: Search): ReturnType<typeof give> {
  if (last?.kernel !== kernel || last.search !== search) last = { kernel, search, given: give(kernel, search) };
  return last.given;
}

/** Copies the arrays of a search into the memory of a kernel, and packs candidates if they are searched. */
function give({ memory, operations }: OpenKernel, search: Search) {
  const { candidates: count, factors, byGroup } = search;
  const arrays = arraysOf(search);
  const { stride } = arrays;
  const floats = (values: Float32Array | undefined) => values && copyIn(memory, Float32Array, values);
  const integers = (values: Uint32Array | undefined) => values && copyIn(memory, Uint32Array, values);
  const [queries, candidates] = [floats(arrays.queries)!, floats(arrays.candidates)!];
  const [priors, groups] = [floats(arrays.priors), integers(arrays.groups)];
  return {
    common: { queries, candidates, stride, priors, groups },
    listed: once(() => {
      const { offsets, rows, bonuses } = arrays.listed();
      return { listOffsets: integers(offsets)!, listRows: integers(rows)!, listBonuses: floats(bonuses) };
    }),
    all: once(() => {
      const order = integers(arrays.order)!;
      const packed = memory.allocate(Float32Array, packedLength(count, factors));
      const packing = { candidates, order, count, stride, factors, priors, packed };
      operations.pack({ ...packing, groups: byGroup ? groups : undefined, begin: 0, end: Math.ceil(count / 16) });
      const { excluded, raised } = arrays;
      return {
        ...{ packed, order, mask: integers(arrays.mask), lengths: floats(arrays.lengths) },
        excludeOffsets: integers(excluded?.offsets),
        excludeRows: integers(excluded?.rows),
        bonusOffsets: integers(raised?.offsets),
        bonusRows: integers(raised?.rows),
        bonuses: floats(raised?.bonuses),
      };
    }),
  };
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
