import type { Chunk } from '../file.ts';
import { structEnd } from './thrift.ts';

/** A page header has some 30 values, with its statistics. */
const maxHeaderValues = 1000;
const usualHeaderBytes = 1 << 12;
/** Of a header that has long texts as statistics. */
const maxHeaderBytes = 1 << 24;

/**
 * The bytes of the page header at an offset.
 *
 * @throws Error if it does not end, or cannot be true.
 */
export function headerAt(chunk: Chunk, offset: number): Uint8Array<ArrayBuffer> {
  const head = (most: number) => {
    const bytes = chunk.read(offset, Math.min(offset + most, chunk.length));
    return bytes.subarray(0, structEnd(bytes, 0, maxHeaderValues));
  };
  try {
    return head(usualHeaderBytes);
  } catch (error) {
    if (offset + usualHeaderBytes >= chunk.length) throw error;
    return head(maxHeaderBytes);
  }
}
