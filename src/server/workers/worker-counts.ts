/** How many workers there are, in memory that all threads see. */
import type { WorkersStatus } from '../admin/status.ts';

const [workers, serving, replaced] = [0, 1, 2];

export function createCounts(count: number): Int32Array {
  const counts = new Int32Array(new SharedArrayBuffer(12));
  counts[workers] = count;
  return counts;
}

export function countServing(counts: Int32Array, now: number): void {
  Atomics.store(counts, serving, now);
}

export function countReplaced(counts: Int32Array): void {
  Atomics.add(counts, replaced, 1);
}

export function statusOf(counts: Int32Array): WorkersStatus {
  return {
    workers: Atomics.load(counts, workers),
    serving: Atomics.load(counts, serving),
    replaced: Atomics.load(counts, replaced),
  };
}
