import { createHash } from 'node:crypto';
import type { Dataset } from './dataset.ts';

/**
 * SHA-256 over everything that a model can depend on: ids as JSON, arrays as little-endian bytes. The pairs follow from
 * the history, except for their quantities, which returns reduce, and those that were returned in full.
 */
export function fingerprint({
  customers,
  products,
  purchases,
  unlisted,
  returned,
  history,
}: Pick<Dataset, 'customers' | 'products' | 'purchases' | 'unlisted' | 'returned' | 'history'>): string {
  const hash = createHash('sha256');
  for (const ids of [customers, products]) {
    for (let i = 0; i < ids.length; i += 4096) hash.update(JSON.stringify(ids.slice(i, i + 4096)));
    hash.update(';');
  }
  const arrays = {
    left: purchases.quantities,
    ...history,
    unlisted,
    returnedOffsets: returned?.offsets,
    returnedProducts: returned?.products,
  };
  for (const [name, array] of Object.entries(arrays)) {
    if (array !== undefined) hash.update(`${name};`).update(array);
  }
  return hash.digest('hex');
}
