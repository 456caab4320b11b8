import { bytesOf } from '../../bytes.ts';

/** Bytes that are hashed at a time: part of the format of model files. */
export const pieceBytes = 2 ** 20;
export const digestBytes = 32;

/**
 * Hashes any number of bytes. WebCrypto only takes whole buffers, so the hash is the SHA-256 of the SHA-256 digests of
 * consecutive pieces of 1 MiB, in hex.
 *
 * @param ahead pieces that may still be hashed once a piece is added, each on another thread where the host has some.
 */
export function createHasher(ahead = 3): { add(bytes: ArrayBufferView): Promise<void>; finish(): Promise<string> } {
  const piece = new Uint8Array(pieceBytes);
  const digests: Promise<Uint8Array>[] = [];
  let used = 0;

  async function closePiece(): Promise<void> {
    digests.push(sha256(piece.subarray(0, used))); // which begins with a copy
    used = 0;
    await digests[digests.length - 1 - ahead];
  }

  async function add(bytes: ArrayBufferView): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      const part = bytesOf(bytes, at, at + pieceBytes - used);
      piece.set(part, used);
      used += part.length;
      at += part.length;
      if (used === pieceBytes) await closePiece();
    }
  }

  async function finish(): Promise<string> {
    if (used > 0) await closePiece();
    const list = new Uint8Array(digests.length * digestBytes);
    for (const [i, digest] of (await Promise.all(digests)).entries()) list.set(digest, i * digestBytes);
    return checksumOf(list);
  }

  return { add, finish };
}

/** The checksum that follows from the digests of all pieces, end to end. */
export async function checksumOf(digests: Uint8Array<ArrayBuffer>): Promise<string> {
  return Array.from(await sha256(digests), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Why the tensors of a model file, which are little-endian, cannot be read and written as typed arrays; undefined if they
 * can.
 *
 * @param one the bytes of a 16-bit 1 in memory.
 */
export function byteOrderProblem(one = bytesOf(Uint16Array.of(1))): string | undefined {
  return one[0] === 1
    ? undefined
    : 'this computer is big-endian, but model files are little-endian; use another computer';
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
}
