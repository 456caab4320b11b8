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
  readonly customers: Uint32Array;
  readonly products: Uint32Array;
  /** 0 if the pair was returned in full. */
  readonly quantities: Float32Array;
  readonly orders?: Uint32Array;
  /** Milliseconds since 1970 UTC; NaN if there is none. */
  readonly times?: Float64Array;
}

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
  block.customers[at] = customer;
  block.products[at] = product;
  block.quantities[at] = quantity;
  if (block.orders) block.orders[at] = orders;
  if (block.times) block.times[at] = time;
}

export const customerOf = ({ blocks }: PairLog, pair: number) => blocks[pair >>> blockBits].customers[pair & indexMask];
export const productOf = ({ blocks }: PairLog, pair: number) => blocks[pair >>> blockBits].products[pair & indexMask];
export const quantityIn = ({ blocks }: PairLog, pair: number) =>
  blocks[pair >>> blockBits].quantities[pair & indexMask];
export const ordersIn = ({ blocks }: PairLog, pair: number) =>
  blocks[pair >>> blockBits].orders?.[pair & indexMask] ?? 1;
export const timeIn = ({ blocks }: PairLog, pair: number) =>
  blocks[pair >>> blockBits].times?.[pair & indexMask] ?? Number.NaN;
