import { bytesOf } from '../bytes.ts';
import type { Dataset } from './dataset.ts';
import { textAtOf } from './texts/packed.ts';

/** The SHA-256, in hex, of the bytes of all parts, end to end. Node hashes them one by one, browsers at once. */
export type Sha256 = (parts: Iterable<Uint8Array>) => Promise<string>;

/** What a fingerprint is made of. */
export type Fingerprinted = Pick<Dataset, 'customers' | 'products' | 'purchases' | 'unlisted' | 'returned' | 'history'>;

/** Bytes in a part, which are hashed in a millisecond or two. */
const partBytes = 1 << 20;
const partIds = 4096;

/**
 * SHA-256 over everything that a model can depend on: ids as JSON, arrays as little-endian bytes. The pairs follow from
 * the history, except for their quantities, which returns reduce, and those that were returned in full. Without a history
 * they stand for themselves.
 */
export function fingerprint(data: Fingerprinted, sha256: Sha256): Promise<string> {
  return sha256(partsOf(data));
}

function* partsOf({ customers, products, purchases, unlisted, returned, history }: Fingerprinted) {
  const encoder = new TextEncoder();
  for (const ids of [customers, products]) {
    const idAt = textAtOf(ids);
    for (let i = 0; i < ids.length; i += partIds) {
      const some = Array.from({ length: Math.min(partIds, ids.length - i) }, (_, at) => idAt(i + at));
      yield encoder.encode(JSON.stringify(some));
    }
    yield encoder.encode(';');
  }
  const arrays = {
    left: purchases.quantities,
    // Without a history, the pairs are all there is.
    ...(history ?? {
      offsets: purchases.offsets,
      products: purchases.products,
      orders: purchases.orders,
      times: purchases.lastPurchase,
    }),
    unlisted,
    returnedOffsets: returned?.offsets,
    returnedProducts: returned?.products,
  };
  for (const [name, array] of Object.entries(arrays)) {
    if (array === undefined) continue;
    yield encoder.encode(`${name};`);
    for (let at = 0; at < array.byteLength; at += partBytes) yield bytesOf(array, at, at + partBytes);
  }
}
