import { type Memory, sharedBuffer } from '../../kernel/memory.ts';
import { strideOf } from '../../kernel/operations/operations.ts';
import type { TensorName } from '../tensors.ts';
import type { DecodingOptions } from './format.ts';
import { arrayTypeOf } from './packing.ts';

/** What kernels read where a model has it, if the rows of factors need no padding. */
const factors: ReadonlySet<string> = new Set<TensorName>(['customer_factors', 'product_factors']);
const rows: ReadonlySet<string> = new Set<TensorName>([
  'product_order',
  'product_panels',
  'purchase_products',
  'neighbour_products',
  'neighbour_strengths',
]);
const offsets: ReadonlySet<string> = new Set<TensorName>(['purchase_offsets', 'neighbour_offsets']);

/** Puts the arrays that kernels read into their memory, so that nothing has to be copied later, and the others beside it. */
export function roomsIn(
  memory: Memory,
): Required<Pick<DecodingOptions, 'roomFor' | 'roomForOffsets' | 'roomForLengths'>> {
  return {
    roomFor(name, { shape, begin, end }) {
      const isRead = factors.has(name) ? shape[1] === strideOf(shape[1]) : rows.has(name);
      const type = arrayTypeOf(name);
      const length = (end - begin) / type.BYTES_PER_ELEMENT;
      return isRead ? memory.allocate(type, length) : new type(sharedBuffer(end - begin), 0, length);
    },
    roomForOffsets: (name, length) =>
      offsets.has(name) ? memory.allocate(Uint32Array, length) : new Uint32Array(length),
    roomForLengths: (length) => memory.allocate(Float32Array, length),
  };
}
