/** Blocks of lists, and the lists in them that are made anew. */
import { noRow } from '../../kernel/operations/operations.ts';
import type { Ranked } from '../scoring/scorer.ts';
import type { RecommendationBlock } from '../types.ts';

/** Lists that are made at a time. */
const together = 64;

/**
 * The same blocks with other lists for some customers.
 *
 * @param isOther whether a customer is one of them, by row.
 * @param listOf the list of one of them; undefined if it is right as it is.
 */
export async function* withOthers(
  blocks: AsyncIterable<RecommendationBlock> | Iterable<RecommendationBlock>,
  isOther: (customer: number) => boolean,
  listOf: (customer: number) => Promise<readonly Ranked[] | undefined>,
): AsyncGenerator<RecommendationBlock> {
  for await (const block of blocks) {
    const { firstCustomer, customers } = block;
    const changed: number[] = [];
    for (let row = firstCustomer; row < firstCustomer + customers; row++) if (isOther(row)) changed.push(row);
    for (let from = 0; from < changed.length; from += together) {
      const some = changed.slice(from, from + together);
      // What they are made of is let go of once this throws, so that none may still be in the making then.
      const lists = await Promise.allSettled(some.map(listOf));
      for (const [i, list] of lists.entries()) {
        if (list.status === 'rejected') throw list.reason;
        if (list.value) write(block, some[i] - firstCustomer, list.value);
      }
    }
    yield block;
  }
}

/** Blocks of `size` customers to put all lists into. */
export function* emptyBlocks(
  n: number,
  size: number,
  { from, to }: { from: number; to: number },
): Generator<RecommendationBlock> {
  for (let first = from; first < to; first += size) {
    const customers = Math.min(size, to - first);
    const [rows, scores] = [new Uint32Array(customers * n), new Float32Array(customers * n)];
    yield { firstCustomer: first, customers, n, rows: rows.fill(noRow), scores };
  }
}

/** Replaces a list of a block. */
export function write({ n, rows, scores }: RecommendationBlock, place: number, list: readonly Ranked[]): void {
  rows.fill(noRow, place * n, (place + 1) * n);
  scores.fill(0, place * n, (place + 1) * n);
  for (const [i, { row, score }] of list.entries()) {
    rows[place * n + i] = row;
    scores[place * n + i] = score;
  }
}
