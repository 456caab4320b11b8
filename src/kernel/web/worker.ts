/** A Web Worker of a kernel: takes calls from the shared counter until none are left, then waits for the next job. */
import type { RawOperations } from '../operations/arguments.ts';
import { type Job, takeCalls } from '../threads/pool.ts';
import { type Exports, operationsIn } from '../wasm.ts';
import { webAssembly } from '../webassembly.ts';
import type { WebAnswer, WebSetup } from './threads.ts';

const host = globalThis as unknown as {
  onmessage(event: { data: WebSetup | Job }): void;
  postMessage(answer: WebAnswer): void;
};
let operations: RawOperations | undefined;

host.onmessage = ({ data }) => {
  if ('module' in data) {
    const { module, memory } = data;
    operations = operationsIn(module, new webAssembly.Instance(module, { env: { memory } }).exports as Exports);
    host.postMessage('ready');
  } else {
    takeCalls(operations!, data);
    host.postMessage('done');
  }
};
