import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A thread that does nothing but look how late its turns are: so late come those of any program on this machine. */
export function startIdle() {
  const thread = new Worker(
    `const { parentPort } = require('node:worker_threads');
    const delay = require('node:perf_hooks').monitorEventLoopDelay();
    delay.enable();
    parentPort.once('message', () => parentPort.postMessage(delay.max / 1e6));`,
    { eval: true },
  );
  return {
    async end(): Promise<number> {
      thread.postMessage('end');
      const [longest] = await once(thread, 'message');
      return longest;
    },
  };
}
