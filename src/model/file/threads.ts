/** Reading and hashing a file on several threads: hashing takes longer than reading what the system has in memory. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { checksumOf, digestBytes, pieceBytes } from './checksum.ts';

/** What the threads share. They take pieces of the file from a counter. */
export interface SharedReading {
  readonly fd: number;
  /** The file from its first byte to its last, in shared memory. The first part is given, and the others are filled. */
  readonly parts: readonly Uint8Array[];
  /** Those of all pieces, end to end, in shared memory. */
  readonly digests: Uint8Array;
  /** The number of the next piece, in shared memory. */
  readonly next: Int32Array;
}

const maxThreads = 4;

/**
 * Fills the parts of a file but for the first, and returns the checksum of all. Returns undefined if a thread does not start or
 * fails, for whatever reason: whoever reads the file then meets the reason again, if it is one of the file.
 */
export async function readOnThreads(fd: number, parts: readonly Uint8Array[]): Promise<string | undefined> {
  const pieces = Math.ceil(parts.reduce((sum, { length }) => sum + length, 0) / pieceBytes);
  const digests = new Uint8Array(new SharedArrayBuffer(pieces * digestBytes));
  const next = new Int32Array(new SharedArrayBuffer(4));
  const threads = Math.min(maxThreads, availableParallelism(), pieces);
  const ended = await Promise.all(Array.from({ length: threads }, () => runThread({ fd, parts, digests, next })));
  return ended.every(Boolean) ? checksumOf(digests.slice()) : undefined;
}

/** Resolves once the thread has ended and touches nothing any more: whether it did its part. */
function runThread(reading: SharedReading): Promise<boolean> {
  // The compiled file even if this one runs from its source: a thread has no loader for TypeScript.
  const file = new URL('../../../dist/model/file/worker.js', import.meta.url);
  return new Promise((resolve) => {
    try {
      const worker = new Worker(file, { workerData: reading, execArgv: [] });
      worker.on('error', () => {}).on('exit', (code) => resolve(code === 0));
    } catch {
      resolve(false);
    }
  });
}
