const pieceBytes = 2 ** 20;

/**
 * Hashes any number of bytes. WebCrypto takes a whole buffer only, so this is SHA-256 over the SHA-256 digests of the
 * consecutive pieces of 1 MiB, in hex.
 */
export function createHasher(): { add(bytes: Uint8Array): Promise<void>; finish(): Promise<string> } {
  const piece = new Uint8Array(pieceBytes);
  const digests: Uint8Array[] = [];
  let used = 0;

  async function closePiece(): Promise<void> {
    digests.push(await sha256(piece.subarray(0, used)));
    used = 0;
  }

  async function add(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + pieceBytes - used);
      piece.set(part, used);
      used += part.length;
      at += part.length;
      if (used === pieceBytes) await closePiece();
    }
  }

  async function finish(): Promise<string> {
    if (used > 0) await closePiece();
    const list = new Uint8Array(digests.length * 32);
    for (const [i, digest] of digests.entries()) list.set(digest, i * 32);
    return Array.from(await sha256(list), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  return { add, finish };
}

/** The memory of a typed array. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
}
