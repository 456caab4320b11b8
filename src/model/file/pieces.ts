/** A piece of a model file, as threads read it. */
import { createHash } from 'node:crypto';
import { digestBytes, pieceBytes } from './checksum.ts';
import { type Look, lookAt } from './looks.ts';

/** What is to be done with the pieces. */
export interface Pieces {
  /** The file from its first byte to its last. The first part is given, and the others are filled. */
  readonly parts: readonly Uint8Array[];
  readonly looks: readonly Look[];
  /** Those of all pieces, end to end. */
  readonly digests: Uint8Array;
  /** Reads bytes of the file; how many, if it has not all at once, and 0 past its end. */
  read(into: Uint8Array, at: number): number;
  /** Is called after each bit of the work, if others are to go first. */
  readonly rest?: () => void;
}

/**
 * What is read and hashed in less than a tenth of a millisecond. Whoever wants the processor may have to wait until a thread
 * rests or has had its time, which is some milliseconds, whatever its priority.
 */
export const bytesOfBit = 2 ** 16;

/** Puts the bytes of a piece where they belong, and hashes and looks at them while they are in the caches. */
export function readPiece({ parts, looks, digests, read, rest }: Pieces, piece: number): void {
  const begin = piece * pieceBytes;
  const hash = createHash('sha256');
  let start = 0;
  for (const [number, part] of parts.entries()) {
    const bytes = part.subarray(Math.max(0, begin - start), Math.max(0, begin + pieceBytes - start));
    for (let from = 0; from < bytes.length; from += bytesOfBit) {
      const bit = bytes.subarray(from, from + bytesOfBit);
      // The first part is given: its bytes in the file differ where the checksum stands.
      if (number > 0) fill(bit, Math.max(begin, start) + from, read);
      hash.update(bit);
      rest?.();
    }
    const look = bytes.length > 0 && looks.find((each) => each.part === number);
    if (look) {
      lookAt(look, bytes, Math.max(0, begin - start));
      rest?.();
    }
    start += part.length;
  }
  digests.set(hash.digest(), piece * digestBytes);
}

function fill(bytes: Uint8Array, at: number, read: Pieces['read']): void {
  for (let done = 0; done < bytes.length; ) {
    const length = read(bytes.subarray(done), at + done);
    if (length === 0) throw new Error('the file ends too early');
    done += length;
  }
}
