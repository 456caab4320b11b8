/** A thread of the pool: makes itself a kernel, then takes calls from the shared counter until none is left. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerSetup } from './kernel.ts';
import { loadAddon } from './native.ts';
import { type Job, takeCalls } from './pool.ts';
import { wasmOperations } from './wasm.ts';

const setup = workerData as WorkerSetup;
const operations =
  setup.backend === 'native' ? loadAddon(setup.path).operations[setup.isa] : wasmOperations(setup.module, setup.memory);

parentPort?.on('message', (job: Job) => {
  takeCalls(operations, job);
  parentPort?.postMessage(undefined);
});
