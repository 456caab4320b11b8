import { type Memory, signed } from '../../../kernel/memory.ts';
import { recordState } from '../../../kernel/operations/record-layout.ts';
import { newPurchases, purchaseInts, returnNumbers } from './block-lines.ts';

/** The purchases and returns of a block, in memory that the kernel can use; the arrays are replaced as they grow. */
export interface LineMemory {
  readonly purchases: Uint32Array;
  /** The same with signs, and as times. */
  readonly ints: Int32Array;
  readonly times: Float64Array;
  readonly returns: Float64Array;
  /** Begins a block whose purchases go to `result` if they can. */
  begin(result: Int32Array): void;
  /** Makes room for a further purchase, and a further return. */
  makeRoom(): void;
  /** The purchases of the block; the array may be longer. */
  takePurchases(): Int32Array;
  takeReturns(): Float64Array;
}

/** @param state what the kernel knows: `recordState`. */
export function createLineMemory(memory: Memory, state: Uint32Array): LineMemory {
  /** Whether the kernel can use memory of threads; WebAssembly has its own. */
  const isDirect = memory.shares(unsigned(newPurchases()));
  let result = newPurchases();
  let purchases = isDirect ? unsigned(result) : memory.allocate(Uint32Array, purchaseInts);
  let ints: Int32Array;
  let times: Float64Array;
  let returns = memory.allocate(Float64Array, returnNumbers << 6);
  state[recordState.returnRoom] = returns.length / returnNumbers;

  function use(array: Uint32Array): void {
    purchases = array;
    ints = signed(array);
    times = new Float64Array(array.buffer, array.byteOffset, array.length >> 1);
    state[recordState.purchaseRoom] = array.length / purchaseInts;
  }

  /** Replaces the memory by one for `count` purchases. */
  function enlarge(count: number): void {
    const before = purchases;
    if (isDirect) result = newPurchases(count);
    use(isDirect ? unsigned(result) : memory.allocate(Uint32Array, count * purchaseInts));
    purchases.set(before);
    if (!isDirect) memory.free(before);
  }

  return {
    get purchases() {
      return purchases;
    },
    get ints() {
      return ints;
    },
    get times() {
      return times;
    },
    get returns() {
      return returns;
    },
    begin(given) {
      result = given;
      if (isDirect) use(unsigned(given));
      else if (purchases.length < given.length) enlarge(given.length / purchaseInts);
      else use(purchases);
      state[recordState.purchases] = state[recordState.returns] = 0;
    },
    makeRoom() {
      const { purchases: bought, purchaseRoom, returns: returned, returnRoom } = recordState;
      if (state[bought] === state[purchaseRoom]) enlarge(2 * state[bought]);
      if (state[returned] < state[returnRoom]) return;
      const longer = memory.allocate(Float64Array, 2 * returns.length);
      longer.set(returns);
      memory.free(returns);
      returns = longer;
      state[returnRoom] *= 2;
    },
    takePurchases() {
      if (isDirect) return result;
      const count = state[recordState.purchases];
      if (result.length < count * purchaseInts) result = newPurchases(count);
      result.set(ints.subarray(0, count * purchaseInts));
      return result;
    },
    takeReturns: () => returns.slice(0, state[recordState.returns] * returnNumbers),
  };
}

function unsigned({ buffer, byteOffset, length }: Int32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}
