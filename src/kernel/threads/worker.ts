/** A thread of the pool: takes calls from the shared counter until none are left, then waits for the next job. */
import { parentPort, workerData } from 'node:worker_threads';
import { operationsOf } from '../backends.ts';
import { abandon } from '../garbage.ts';
import type { WorkerSetup } from '../kernel.ts';
import { crossed } from './crossing.ts';
import { takeCalls } from './pool.ts';
import { createRests, letOthersFirst } from './priority.ts';
import type { Asked, Told } from './threads.ts';

const setup = workerData as WorkerSetup;
if (setup.inBackground) letOthersFirst();
const operations = operationsOf(setup);
const rest = setup.inBackground ? createRests() : undefined;

/** It is never to pause. */
function restAfterCall(): false {
  rest?.();
  return false;
}

/** The largest buffer of the last job: once it is collected, so are those of jobs before it. */
let last: ArrayBufferLike | undefined;

parentPort?.postMessage('ready' satisfies Told);
parentPort?.on('message', (job: Asked) => {
  if (job === 'forget') {
    forget();
    return;
  }
  const args = job.args.map(crossed);
  takeCalls(operations, { ...job, args }, restAfterCall);
  last = largestOf(args);
  parentPort?.postMessage('done' satisfies Told);
});

function largestOf(args: readonly unknown[]): ArrayBufferLike | undefined {
  let largest: ArrayBufferLike | undefined;
  for (const arg of args)
    if (ArrayBuffer.isView(arg) && arg.buffer.byteLength > (largest?.byteLength ?? 0)) largest = arg.buffer;
  return largest;
}

/** Has the garbage of an idle thread collected, which is what it was given: its engine has no other reason to look. */
function forget(): void {
  const witness = last;
  last = undefined;
  if (witness) void abandon({ size: () => witness.byteLength, witness: () => witness });
}
