/** A thread of the pool: takes calls from the shared counter until none are left, then waits for the next job. */
import { parentPort, workerData } from 'node:worker_threads';
import { operationsOf } from '../backends.ts';
import type { WorkerSetup } from '../kernel.ts';
import { crossed } from './crossing.ts';
import { type Job, takeCalls } from './pool.ts';
import { letOthersFirst } from './priority.ts';
import type { Told } from './threads.ts';

const setup = workerData as WorkerSetup;
if (setup.inBackground) letOthersFirst();
const operations = operationsOf(setup);

parentPort?.postMessage('ready' satisfies Told);
parentPort?.on('message', (job: Job) => {
  takeCalls(operations, { ...job, args: job.args.map(crossed) });
  parentPort?.postMessage('done' satisfies Told);
});
