/** The parts in which several machines share the customers of a batch. */
import { invalidOption } from '../../options.ts';

/**
 * Which part of the customers, from 1, of how many: `'3/64'`. The lists of all parts, one after the other, are those of the whole,
 * however many parts there are: to the bit on one backend and instruction set, and except for near-ties on others.
 */
export type Shard = `${number}/${number}`;

/** More parts than any cluster has, and few enough for exact arithmetic with any number of customers. */
const maxShards = 1e6;

/**
 * The customers of a part, by row: parts are runs of customers in their order, whose lengths differ by one at most, so that all
 * parts one after the other are the whole. A part of more than there are customers may be empty.
 *
 * @throws `invalid_options`.
 */
export function rowsOfShard(shard: Shard, customers: number): { from: number; to: number } {
  const [, part, parts] = (typeof shard === 'string' && /^([1-9]\d{0,6})\/([1-9]\d{0,6})$/.exec(shard)) || [];
  const [of, index] = [Number(parts), Number(part)];
  if (!(index <= of && of <= maxShards))
    throw invalidOption('shard', shard, 'which part, from 1, of how many, up to 1000000, such as 3/64');
  return { from: Math.floor(((index - 1) * customers) / of), to: Math.floor((index * customers) / of) };
}

/** Whether a part is the first, or the whole. */
export function isFirst(shard: Shard | undefined): boolean {
  return shard === undefined || shard.startsWith('1/');
}
