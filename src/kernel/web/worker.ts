/** A Web Worker of a kernel: takes calls from the shared counter until none are left, then waits for the next job. */
import type { RawOperations } from '../operations/arguments.ts';
import { type Job, takeCalls } from '../pool.ts';
import { wasmOperations } from '../wasm.ts';
import type { WebAnswer, WebSetup } from './threads.ts';

const host = globalThis as unknown as {
  onmessage(event: { data: WebSetup | Job }): void;
  postMessage(answer: WebAnswer): void;
};
let operations: RawOperations | undefined;

host.onmessage = ({ data }) => {
  if ('module' in data) {
    operations = wasmOperations(data.module, data.memory);
    host.postMessage('ready');
  } else {
    takeCalls(operations!, data);
    host.postMessage('done');
  }
};
