import type { Kernel } from '../kernel/kernel.ts';
import type { Elements, ElementsConstructor } from '../kernel/memory.ts';
import { noRow, packedLength, type Scratch, scratchLength, strideOf } from '../kernel/operations.ts';
import type { Filter } from './filters.ts';

/** A list as rows and scores, best first. */
export interface Ranked {
  rows: Uint32Array;
  scores: Float32Array;
}

/** Candidates in kernel memory, in both layouts that scoring takes. */
export interface Candidates {
  readonly count: number;
  readonly factors: number;
  readonly stride: number;
  /** Rows padded to the stride. */
  readonly rows: Float32Array;
  readonly packed: Float32Array;
}

/** Rows of `factors` numbers, padded to the stride in kernel memory. */
export function padIn(kernel: Kernel, values: Float32Array, factors: number): Float32Array {
  const stride = strideOf(factors);
  const rows = values.length / factors;
  const padded = kernel.memory.allocate(Float32Array, rows * stride);
  if (stride === factors) padded.set(values);
  else
    for (let row = 0; row < rows; row++) padded.set(values.subarray(row * factors, (row + 1) * factors), row * stride);
  return padded;
}

export function packCandidates(kernel: Kernel, rows: Float32Array, factors: number): Candidates {
  const stride = strideOf(factors);
  const count = rows.length / stride;
  const packed = kernel.memory.allocate(Float32Array, packedLength(count, factors));
  kernel.operations.pack(rows, count, stride, factors, packed, 0, Math.ceil(count / 16));
  return { count, factors, stride, rows, packed };
}

/**
 * Scores one query at a time on the calling thread. The buffers are kept from call to call; calls are synchronous, so
 * that none can meet another's.
 */
export function createScorer(kernel: Kernel): (query: Float32Array, candidates: Candidates, filter: Filter) => Ranked {
  const { operations, memory } = kernel;
  const buffer = <T extends Elements>(type: ElementsConstructor<T>) => {
    let array = memory.allocate(type, 16);
    return (length: number): T => {
      if (array.length < length) {
        memory.free(array);
        array = memory.allocate(type, 2 * length);
      }
      return array;
    };
  };
  const listed = buffer(Uint32Array);
  const bestRows = buffer(Uint32Array);
  const bestScores = buffer(Float32Array);
  const scratchSpace = buffer(Float32Array);
  const offsets = memory.allocate(Uint32Array, 2);

  return (query, candidates, { n: wanted, allowed, denied }) => {
    const { factors, stride, count } = candidates;
    const n = Math.min(wanted, allowed?.length ?? count);
    if (n === 0) return { rows: new Uint32Array(0), scores: new Float32Array(0) };
    const list = allowed ?? denied;
    const listRows = listed(list.length);
    listRows.set(list);
    offsets[1] = list.length;
    const rows = bestRows(n);
    const scores = bestScores(n);
    if (allowed) {
      const scratch = scratchSpace(scratchLength.topNListed(factors)) as Scratch;
      operations.topNListed(
        query,
        stride,
        candidates.rows,
        stride,
        factors,
        offsets,
        listRows,
        n,
        rows,
        scores,
        scratch,
        0,
        1,
      );
    } else {
      const scratch = scratchSpace(scratchLength.topN(1, factors)) as Scratch;
      operations.topN(
        query,
        stride,
        candidates.packed,
        count,
        factors,
        0,
        offsets,
        listRows,
        n,
        rows,
        scores,
        scratch,
        0,
        1,
      );
    }
    const end = rows.subarray(0, n).indexOf(noRow);
    return { rows: rows.slice(0, end < 0 ? n : end), scores: scores.slice(0, end < 0 ? n : end) };
  };
}
