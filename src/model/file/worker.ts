/** A thread that reads a model file: takes pieces until none is left. In the background, it rests half of the time. */
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { crossed } from '../../kernel/threads/crossing.ts';
import { createRests, letOthersFirst } from '../../kernel/threads/priority.ts';
import { readPiece } from './pieces.ts';
import type { SharedReading } from './threads.ts';

const { fd, digests, order, early, looks, next, inBackground } = workerData as SharedReading;
if (inBackground) letOthersFirst();
const pieces = {
  ...{ digests, looks },
  parts: (workerData as SharedReading).parts.map((part) => crossed<Uint8Array>(part)),
  read: (into: Uint8Array, at: number) => readSync(fd, into, 0, into.length, at),
  rest: inBackground ? createRests() : undefined,
};
let isEarly = true;

for (let taken = take(); taken < order.length; taken = take()) readPiece(pieces, order[taken]);

/** Takes the next piece. Says so once when none of those that are wanted early is left. */
function take(): number {
  const taken = Atomics.add(next, 0, 1);
  if (isEarly && taken >= early) {
    isEarly = false;
    parentPort?.postMessage(undefined);
  }
  return taken;
}
