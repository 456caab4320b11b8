/** A thread of the pool: takes calls from the shared counter until none are left, then waits for the next job. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { operationsOf } from '../backends.ts';
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

parentPort?.postMessage('ready' satisfies Told);
parentPort?.on('message', (job: Asked) => {
  if (job === 'forget') {
    collect();
    return;
  }
  takeCalls(operations, { ...job, args: job.args.map(crossed) }, restAfterCall);
  parentPort?.postMessage('done' satisfies Told);
});

/** Looks for garbage: that of an idle thread is what it was given, and its engine has no other reason to look. */
function collect(): void {
  let gc: (() => void) | undefined;
  try {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  } catch {
    // An engine without it: another thread is started for the next job.
    process.exit();
  }
  gc();
}
