import { createHasher } from './checksum.ts';
import { checksumLength, type Fail, type ModelBytes, opening, type TensorEntry } from './layout.ts';

/**
 * Reads the tensors, which follow the header without a gap, and checks the checksum. Each tensor is filled on its own
 * and in order, so the file is read once from its first byte to its last, and no read crosses from one tensor into the
 * next: an empty tensor takes no read at all.
 *
 * @param pieceBytes the longest read. The checksum has pieces of its own.
 */
export async function readTensors(
  bytes: ModelBytes,
  head: Uint8Array,
  tensors: ReadonlyMap<string, TensorEntry>,
  pieceBytes: number,
  fail: Fail,
): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  const read = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [name, { begin, end }] of inOrder) {
    try {
      read.set(name, new Uint8Array(end - begin));
    } catch {
      return fail(
        'too_large',
        `does not fit in memory: tensor ${name} takes ${end - begin} bytes; use a computer with more memory`,
        { tensor: name },
      );
    }
  }

  const checksumAt = 8 + opening.length;
  const start = new TextDecoder().decode(head.subarray(8, checksumAt + checksumLength));
  const hasher = createHasher();
  await hasher.add(head.slice().fill(0x30, checksumAt, checksumAt + checksumLength));
  let at = head.length;
  for (const tensor of read.values()) {
    for (let done = 0; done < tensor.length; done += pieceBytes) {
      const piece = tensor.subarray(done, done + pieceBytes);
      await bytes.read(piece, at);
      await hasher.add(piece);
      at += piece.length;
    }
  }
  if (start !== opening + (await hasher.finish())) {
    return fail(
      'checksum',
      'was changed after it was written: its checksum does not match; copy it again, or train again',
    );
  }
  return read;
}
