import { beforeNode22, bytesOf } from '../../bytes.ts';
import { EndcapError, throwIfAborted } from '../../errors.ts';
import { abandon } from '../../kernel/garbage.ts';
import { createRests, inTurns, type Pace } from '../../turns.ts';
import type { Numbers } from '../tensors.ts';
import { createHasher, pieceBytes as hashedBytes } from './checksum.ts';
import { checksumLength, type Fail, type ModelBytes, opening, type TensorEntry } from './layout.ts';
import type { Look } from './looks.ts';
import { arrayTypeOf } from './packing.ts';

/**
 * Fills the parts of a file, which follow each other from its first byte to its last, but for the first, which is given: those
 * that are wanted early first, upon which it calls back. Looks at what is to be looked at. Returns the checksum, or undefined if it
 * cannot be done that way. The parts are in shared memory. Ends as soon as it can once the signal fires, whatever it returns then.
 */
export type ReadAtOnce = (
  parts: readonly Numbers[],
  early: ReadonlySet<Numbers>,
  onEarly: () => void,
  looks: readonly Look[],
  pace: Pace,
) => Promise<string | undefined>;

type Read = ReadonlyMap<string, Numbers>;

/** What is made of some tensors, while the others are read if possible. Its errors count only if the checksum is right. */
export interface Early<Made> {
  readonly names: ReadonlySet<string>;
  make(read: Read): Generator<undefined, Made>;
  /** Whether what is made needs the bytes of these tensors. */
  readonly isKept?: boolean;
}

/** How a file is read. None of it changes the result. */
export interface ReadingOptions extends Pace {
  /** The longest read, in bytes. The checksum has pieces of its own. */
  readonly pieceBytes: number;
  /** A faster way, if there is one. Tensors are in shared memory then. */
  readonly readAtOnce?: ReadAtOnce;
  /** Memory for a tensor, as `arrayTypeOf` has it, which is shared if there is a faster way to read; by default, buffers of their own. */
  readonly roomFor?: (name: string, tensor: TensorEntry) => Numbers;
}

/**
 * Reads the tensors, which follow the header without a gap, and checks the checksum. Each tensor is filled on its own
 * and in order, so the file is read once from its first byte to its last, and no read crosses from one tensor into the
 * next: an empty tensor takes no read at all.
 *
 * @param early what to begin with.
 * @param looks by the names of tensors: what the faster way, if there is one, looks at. `isLooked` says whether it has.
 * @throws `aborted`
 */
export async function readTensors<Made>(
  bytes: ModelBytes,
  head: Uint8Array,
  tensors: ReadonlyMap<string, TensorEntry>,
  fail: Fail,
  early: Early<Made>,
  looks: ReadonlyMap<string, Omit<Look, 'part'>>,
  options: ReadingOptions,
): Promise<{ read: Read; made: Made; isLooked: boolean }> {
  const { readAtOnce, signal, inBackground } = options;
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  const read = new Map<string, Numbers>();
  const bufferOf = (length: number) => (readAtOnce ? new SharedArrayBuffer(length) : new ArrayBuffer(length));
  const ownRoom = (name: string, { begin, end }: TensorEntry) => {
    const type = arrayTypeOf(name);
    return new type(bufferOf(end - begin), 0, (end - begin) / type.BYTES_PER_ELEMENT);
  };
  const { roomFor = ownRoom } = options;
  for (const [name, tensor] of inOrder) {
    try {
      read.set(name, roomFor(name, tensor));
    } catch (cause) {
      if (cause instanceof EndcapError) throw cause;
      const size = tensor.end - tensor.begin;
      const isLong = size / arrayTypeOf(name).BYTES_PER_ELEMENT > 2 ** 32;
      const advice = isLong ? `${beforeNode22}, or a computer with more memory` : 'use a computer with more memory';
      return fail('too_large', `does not fit in memory: tensor ${name} takes ${size} bytes; ${advice}`, {
        tensor: name,
      });
    }
  }

  const checksumAt = 8 + opening.length;
  const start = new TextDecoder().decode(head.subarray(8, checksumAt + checksumLength));
  const hashed = new Uint8Array(bufferOf(head.length));
  hashed.set(head);
  hashed.fill(0x30, checksumAt, checksumAt + checksumLength);
  const parts = [hashed, ...read.values()];
  const wanted = new Set([...read].flatMap(([name, part]) => (early.names.has(name) ? [part] : [])));
  const numbered = Array.from(looks, ([name, look]) => ({ ...look, part: parts.indexOf(read.get(name)!) }));
  const making = createMaking(() => early.make(read), { signal, inBackground });
  try {
    let checksum = await readAtOnce?.(parts, wanted, making.begin, numbered, { signal, inBackground });
    throwIfAborted(signal);
    const isLooked = checksum !== undefined;
    if (checksum === undefined) {
      await making.stop();
      checksum = await readInPieces(bytes, parts, options);
    }
    if (start !== opening + checksum) {
      return fail(
        'checksum',
        'was changed after it was written: its checksum does not match; copy it again, or train again',
      );
    }
    const made = await making.result();
    // What was only for the texts is garbage from here on, in shared memory.
    const [text] = wanted;
    if (readAtOnce && text && !early.isKept) void abandon({ size: () => bytes.size, witness: () => text.buffer });
    return { read, made, isLooked };
  } finally {
    await making.stop();
  }
}

/** Makes something in turns of the event loop, while something else is waited for or, at the latest, when it is asked for. */
function createMaking<Made>(make: () => Generator<undefined, Made>, { signal, inBackground }: Pace) {
  let stopping = new AbortController();
  let made: Promise<Made> | undefined;
  const begin = () => {
    const either = signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal;
    made ??= inTurns(make(), { signal: either, inBackground });
    // Whoever asks for the result is told.
    made.catch(() => {});
  };
  return {
    begin,
    result(): Promise<Made> {
      begin();
      return made!;
    },
    /** Resolves once nothing is being made any more. It is then made anew for whoever asks. */
    async stop(): Promise<void> {
      stopping.abort();
      await made?.catch(() => {});
      stopping = new AbortController();
      made = undefined;
    },
  };
}

async function readInPieces(
  bytes: ModelBytes,
  [given, ...parts]: readonly Numbers[],
  { pieceBytes, signal, inBackground }: ReadingOptions,
): Promise<string> {
  // In the background, one piece at a time is read, and then hashed: others have a core meanwhile, and both for most of the time.
  const hasher = createHasher(inBackground ? 0 : undefined);
  const longest = inBackground ? Math.min(pieceBytes, hashedBytes) : pieceBytes;
  await hasher.add(given);
  let at = given.byteLength;
  const rest = createRests();
  for (const part of parts) {
    for (let done = 0; done < part.byteLength; done += longest) {
      throwIfAborted(signal);
      const piece = bytesOf(part, done, done + longest);
      await bytes.read(piece, at);
      await hasher.add(piece);
      at += piece.length;
      if (inBackground) await rest();
    }
  }
  return hasher.finish();
}
