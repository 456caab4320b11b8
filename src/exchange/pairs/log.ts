/** Pairs as they are read, by the numbers of customers and products: 12 to 24 bytes each. */

/** Pairs of a block: blocks spare the copies of growing arrays. */
const blockBits = 18;
const blockLength = 1 << blockBits;
const indexMask = blockLength - 1;

export interface PairLog {
  count: number;
  /** The columns that the table has; the other ones take no memory. */
  has: Has;
  readonly blocks: Block[];
}

interface Block {
  customers?: Uint32Array;
  products?: Uint32Array;
  /** 0 if the pair was returned in full. */
  quantities?: Float32Array;
  orders?: Uint32Array;
  /** Milliseconds since 1970 UTC; NaN if there is none. */
  times?: Float64Array;
}

export type LogColumn = keyof Block;

/** The columns that a table of pairs may lack. */
interface Has {
  readonly orders: boolean;
  readonly times: boolean;
}

export function createPairLog(): PairLog {
  return { count: 0, has: { orders: false, times: false }, blocks: [] };
}

export function addPair(
  log: PairLog,
  customer: number,
  product: number,
  quantity: number,
  orders: number,
  time: number,
): void {
  const pair = log.count++;
  const at = pair & indexMask;
  if (at === 0)
    log.blocks.push({
      customers: new Uint32Array(blockLength),
      products: new Uint32Array(blockLength),
      quantities: new Float32Array(blockLength),
      ...(log.has.orders && { orders: new Uint32Array(blockLength) }),
      ...(log.has.times && { times: new Float64Array(blockLength) }),
    });
  const block = log.blocks[pair >>> blockBits];
  block.customers![at] = customer;
  block.products![at] = product;
  block.quantities![at] = quantity;
  if (block.orders) block.orders[at] = orders;
  if (block.times) block.times[at] = time;
}

/** What a column that is there has for a pair. */
export function valueIn({ blocks }: PairLog, column: LogColumn, pair: number): number {
  return blocks[pair >>> blockBits][column]![pair & indexMask];
}

/** Lets go of a column that is not needed any more. */
export function dropColumn({ blocks }: PairLog, column: LogColumn): void {
  for (const block of blocks) block[column] = undefined;
}
