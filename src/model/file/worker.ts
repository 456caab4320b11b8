/** A thread that reads a model file: takes pieces until none is left, puts their bytes where they belong, and hashes them. */
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { bytesOf } from '../../bytes.ts';
import { crossed } from '../../kernel/threads/crossing.ts';
import { letOthersFirst } from '../../kernel/threads/priority.ts';
import type { Numbers } from '../tensors.ts';
import { digestBytes, pieceBytes } from './checksum.ts';
import { lookAt } from './looks.ts';
import type { SharedReading } from './threads.ts';

const { fd, digests, order, early, looks, next, inBackground } = workerData as SharedReading;
const parts = (workerData as SharedReading).parts.map((part) => crossed<Numbers>(part));
let isEarly = true;
if (inBackground) letOthersFirst();

for (let taken = take(); taken < order.length; taken = take()) {
  const piece = order[taken];
  const begin = piece * pieceBytes;
  const hash = createHash('sha256');
  let start = 0;
  for (const [number, part] of parts.entries()) {
    const bytes = bytesOf(part, Math.max(0, begin - start), Math.max(0, begin + pieceBytes - start));
    // The first part is given: its bytes in the file differ where the checksum stands.
    if (part !== parts[0]) fill(bytes, Math.max(begin, start));
    hash.update(bytes);
    const look = bytes.length > 0 && looks.find(({ part }) => part === number);
    if (look) lookAt(look, bytes, Math.max(0, begin - start));
    start += part.byteLength;
  }
  digests.set(hash.digest(), piece * digestBytes);
}

/** Takes the next piece. Says so once when none of those that are wanted early is left. */
function take(): number {
  const taken = Atomics.add(next, 0, 1);
  if (isEarly && taken >= early) {
    isEarly = false;
    parentPort?.postMessage(undefined);
  }
  return taken;
}

function fill(bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(fd, bytes, done, bytes.length - done, at + done);
    if (read === 0) throw new Error('the file ends too early');
    done += read;
  }
}
