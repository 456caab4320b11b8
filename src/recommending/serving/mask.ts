import type { Memory } from '../../kernel/memory.ts';
import { noRows } from '../filters.ts';

/**
 * Which rows lists may hold, whoever they are for. It is changed in place: lists that are scored afterwards keep to it, and
 * no request has to make it.
 */
export interface Mask {
  /** One bit per row, 1 if lists may hold it; in kernel memory. */
  readonly bits: Uint32Array;
  /** How many rows no list may hold. */
  hidden(): number;
  has(row: number): boolean;
  set(row: number, isListed: boolean): void;
  /** The rows that lists may hold, ascending, if they are few: scoring them alone is faster then. */
  few?(): Uint32Array | undefined;
}

/** @param unlisted rows that no list may hold, from the start. */
export function createMask(memory: Memory, count: number, unlisted: Uint32Array = noRows): Mask {
  const bits = memory.allocate(Uint32Array, Math.ceil(count / 32)).fill(0xffffffff);
  let hidden = 0;
  const has = (row: number) => ((bits[row >>> 5] >>> (row & 31)) & 1) === 1;
  const set = (row: number, isListed: boolean) => {
    if (has(row) === isListed) return;
    bits[row >>> 5] ^= 1 << (row & 31);
    hidden += isListed ? -1 : 1;
  };
  for (const row of unlisted) set(row, false);
  return { bits, hidden: () => hidden, has, set };
}
