/** Reading and hashing a file on several threads: hashing takes longer than reading what the system has in memory. */
import { availableParallelism } from 'node:os';
import { whenAborted } from '../../errors.ts';
import { crossing } from '../../kernel/threads/crossing.ts';
import { type OwnFile, startOwnThread } from '../../own-files.ts';
import type { Pace } from '../../turns.ts';
import type { Numbers } from '../tensors.ts';
import { checksumOf, digestBytes, pieceBytes } from './checksum.ts';
import { type Look, lookAcross } from './looks.ts';

/** What the threads share. They take pieces of the file from a counter. */
export interface SharedReading extends Pick<Pace, 'inBackground'> {
  readonly fd: number;
  /** The file from its first byte to its last, in shared memory. The first part is given, and the others are filled. */
  readonly parts: readonly Numbers[];
  /** Those of all pieces, end to end, in shared memory. */
  readonly digests: Uint8Array;
  /** The pieces in the order in which they are taken, in shared memory; `early` of them are wanted early. */
  readonly order: Uint32Array;
  readonly early: number;
  /** What is looked at where it is read. */
  readonly looks: readonly Look[];
  /** The place of the next piece in the order, in shared memory. */
  readonly next: Int32Array;
}

const script: OwnFile = [
  'dist/model/file/worker.js',
  (_) => new URL('../../../dist/model/file/worker.js', import.meta.url),
];

const maxThreads = 4;
/** So much is hashed while another thread would start. The caller has work of its own meanwhile. */
const bytesOfThread = 2 ** 27;

/**
 * Fills the parts of a file but for the first, those that are wanted early first, and returns the checksum of all. Returns
 * undefined if a thread does not start or fails, for whatever reason: whoever reads the file then meets the reason again, if it
 * is one of the file. Once the signal fires, it ends when each thread is done with a piece, and returns anything. In the
 * background, there is one thread.
 */
export async function readOnThreads(
  fd: number,
  parts: readonly Numbers[],
  wanted: ReadonlySet<Numbers>,
  onEarly: () => void,
  looks: readonly Look[] = [],
  { signal, inBackground }: Pace = {},
  threads = inBackground ? 1 : threadsFor(parts),
): Promise<string | undefined> {
  const { order, early } = orderOf(parts, wanted);
  const digests = new Uint8Array(new SharedArrayBuffer(order.length * digestBytes));
  const next = new Int32Array(new SharedArrayBuffer(4));
  let busy = threads;
  const onMessage = () => {
    busy--;
    if (busy === 0) onEarly();
  };
  const reading: SharedReading = { fd, parts, digests, order, early, looks, next, inBackground };
  // They find nothing more to take, and end.
  const forget = whenAborted(signal, () => Atomics.store(next, 0, order.length));
  const ended = await Promise.all(Array.from({ length: threads }, () => runThread(reading, onMessage)));
  forget();
  if (!ended.every(Boolean)) return undefined;
  for (const look of looks) {
    const begin = sizeOf(parts.slice(0, look.part));
    lookAcross(look, parts[look.part], begin, pieceBytes);
  }
  return checksumOf(digests.slice());
}

function threadsFor(parts: readonly Numbers[]): number {
  return Math.min(maxThreads, availableParallelism(), Math.ceil(sizeOf(parts) / bytesOfThread));
}

function sizeOf(parts: readonly Numbers[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** All pieces, first those that hold something of the wanted parts, and how many these are. */
function orderOf(parts: readonly Numbers[], wanted: ReadonlySet<Numbers>) {
  const first = new Set<number>();
  let end = 0;
  for (const part of parts) {
    const start = end;
    end += part.byteLength;
    if (wanted.has(part))
      for (let piece = Math.floor(start / pieceBytes); piece * pieceBytes < end; piece++) first.add(piece);
  }
  const pieces = Math.ceil(end / pieceBytes);
  const order = new Uint32Array(new SharedArrayBuffer(4 * pieces));
  const all = new Set([...first].filter((piece) => piece < pieces));
  const early = all.size;
  for (let piece = 0; piece < pieces; piece++) all.add(piece);
  order.set([...all]);
  return { order, early };
}

/** Resolves once the thread has ended and touches nothing any more: whether it did its part. */
function runThread(reading: SharedReading, onMessage: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      startOwnThread(script, { workerData: { ...reading, parts: reading.parts.map(crossing) } })
        .on('message', onMessage)
        .on('error', () => {})
        .on('exit', (code) => resolve(code === 0));
    } catch {
      resolve(false);
    }
  });
}
