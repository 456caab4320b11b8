/** What lists are made from, and the part of it that a few customers need. */
import type { Memory } from '../../kernel/memory.ts';
import type { Rows } from '../scoring/batch.ts';
import type { Candidates } from '../scoring/candidates.ts';

export interface Shop {
  /** Rows padded to the candidates' stride, in kernel memory. */
  customerFactors: Float32Array;
  candidates: Candidates;
  /** See `scoreBlocks`; with `known` if lists may have to leave out what was bought. */
  purchases: Rows & { known?: Rows };
  /** One per purchase. */
  bonuses?: Float32Array;
}

/** Some customers of a shop as a shop of their own. */
export function gathered(
  { memory }: { memory: Pick<Memory, 'allocate'> },
  { customerFactors, candidates, purchases, bonuses }: Shop,
  customers: readonly number[],
): Shop {
  const { stride } = candidates;
  const factors = memory.allocate(Float32Array, customers.length * stride);
  for (const [i, customer] of customers.entries())
    factors.set(customerFactors.subarray(customer * stride, (customer + 1) * stride), i * stride);
  const { known } = purchases;
  return {
    customerFactors: factors,
    candidates,
    purchases: { ...rowsOf(purchases, customers), ...(known && { known: rowsOf(known, customers) }) },
    ...(bonuses && { bonuses: joined(purchases.offsets, bonuses, customers) }),
  };
}

/** The rows of some customers, as compressed sparse rows of their own. */
export function rowsOf({ offsets, products }: Rows, customers: readonly number[]): Rows {
  const ends = new Uint32Array(customers.length + 1);
  for (const [i, customer] of customers.entries()) ends[i + 1] = ends[i] + offsets[customer + 1] - offsets[customer];
  return { offsets: ends, products: joined(offsets, products, customers) };
}

/** The values of some customers, one after the other. */
function joined<T extends Uint32Array | Float32Array>(
  offsets: Uint32Array,
  values: T,
  customers: readonly number[],
): T {
  const parts = customers.map((customer) => values.subarray(offsets[customer], offsets[customer + 1]));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (values.constructor as new (length: number) => T)(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
