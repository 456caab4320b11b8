import { createHasher } from './checksum.ts';
import { checksumLength, type Fail, type ModelBytes, opening, type TensorEntry } from './layout.ts';

/**
 * Fills the parts of a file, which follow each other from its first byte to its last, but for the first, which is given: those
 * that are wanted early first, upon which it calls back. Returns the checksum, or undefined if it cannot be done that way. The
 * parts are in shared memory.
 */
export type ReadAtOnce = (
  parts: readonly Uint8Array[],
  early: ReadonlySet<Uint8Array>,
  onEarly: () => void,
) => Promise<string | undefined>;

type Read = ReadonlyMap<string, Uint8Array>;

/** What is made of some tensors, while the others are read if possible. Its errors count only if the checksum is right. */
export interface Early<Made> {
  readonly names: ReadonlySet<string>;
  make(read: Read): Made;
}

/**
 * Reads the tensors, which follow the header without a gap, and checks the checksum. Each tensor is filled on its own
 * and in order, so the file is read once from its first byte to its last, and no read crosses from one tensor into the
 * next: an empty tensor takes no read at all.
 *
 * @param early what to begin with.
 * @param pieceBytes the longest read. The checksum has pieces of its own.
 * @param readAtOnce a faster way, if there is one. Tensors are in shared memory then.
 */
export async function readTensors<Made>(
  bytes: ModelBytes,
  head: Uint8Array,
  tensors: ReadonlyMap<string, TensorEntry>,
  pieceBytes: number,
  fail: Fail,
  early: Early<Made>,
  readAtOnce?: ReadAtOnce,
): Promise<{ read: Read; made: Made }> {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  const read = new Map<string, Uint8Array>();
  const memoryOf = (length: number) => (readAtOnce ? new SharedArrayBuffer(length) : new ArrayBuffer(length));
  for (const [name, { begin, end }] of inOrder) {
    try {
      read.set(name, new Uint8Array(memoryOf(end - begin)));
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
  const hashed = new Uint8Array(memoryOf(head.length));
  hashed.set(head);
  hashed.fill(0x30, checksumAt, checksumAt + checksumLength);
  const parts = [hashed, ...read.values()];
  let made: { value: Made } | undefined;
  const makeEarly = () => {
    try {
      made = { value: early.make(read) };
    } catch {
      // It is made again below, unless the checksum is wrong.
    }
  };
  const wanted = new Set([...read].flatMap(([name, part]) => (early.names.has(name) ? [part] : [])));
  let checksum = await readAtOnce?.(parts, wanted, makeEarly);
  if (checksum === undefined) {
    made = undefined;
    checksum = await readInPieces(bytes, parts, pieceBytes);
  }
  if (start !== opening + checksum) {
    return fail(
      'checksum',
      'was changed after it was written: its checksum does not match; copy it again, or train again',
    );
  }
  return { read, made: made ? made.value : early.make(read) };
}

async function readInPieces(
  bytes: ModelBytes,
  [given, ...parts]: readonly Uint8Array[],
  pieceBytes: number,
): Promise<string> {
  const hasher = createHasher();
  await hasher.add(given);
  let at = given.length;
  for (const part of parts) {
    for (let done = 0; done < part.length; done += pieceBytes) {
      const piece = part.subarray(done, done + pieceBytes);
      await bytes.read(piece, at);
      await hasher.add(piece);
      at += piece.length;
    }
  }
  return hasher.finish();
}
