import type { HeldOut } from '../../dataset/split.ts';
import { throwIfAborted } from '../../errors.ts';
import { noRow, type PurchasedFilter } from '../../recommending/types.ts';
import type { Lister } from '../contestants.ts';

/** Writes one customer's list into `list`, which is as long as a list may be, and returns the length of the list. */
export type WriteList = (customer: number, purchased: PurchasedFilter, list: Uint32Array) => number;

const customersInBlock = 512;

/**
 * Lists of the customers with targets, written one at a time; other customers get empty lists. Products that no list holds
 * are left out of what is written.
 *
 * @param prepare called once, when the first list is asked for.
 */
export function createLister(
  { customers: measured, train }: HeldOut,
  prepare: (signal: AbortSignal | undefined) => WriteList | Promise<WriteList>,
): Lister {
  const unlisted = new Set(train.unlisted);
  let prepared: Promise<WriteList> | undefined;
  return {
    async *recommendBlocks({ n, purchased, from, to, signal }) {
      prepared ??= Promise.resolve(prepare(signal));
      const writeList = await prepared;
      let next = measured.findIndex((c) => c >= from);
      if (next < 0) next = measured.length;
      for (let first = from; first < to; first += customersInBlock) {
        const customers = Math.min(customersInBlock, to - first);
        const rows = new Uint32Array(customers * n).fill(noRow);
        const written = new Uint32Array(n + unlisted.size);
        for (; next < measured.length && measured[next] < first + customers; next++) {
          const start = (measured[next] - first) * n;
          const length = writeList(measured[next], purchased, written);
          const listed = written.subarray(0, length).filter((row) => !unlisted.has(row));
          rows.set(listed.subarray(0, n), start);
        }
        // Lets signals and timers in.
        await new Promise((resolve) => setTimeout(resolve, 0));
        throwIfAborted(signal);
        yield { firstCustomer: first, customers, n, rows };
      }
    },
  };
}
