import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { within } from './deadline.ts';

/** A thread that does nothing but look how late its turns are: so late come those of any program on this machine. */
export function startIdle() {
  const thread = new Worker(
    `const { parentPort } = require('node:worker_threads');
    const delay = require('node:perf_hooks').monitorEventLoopDelay();
    delay.enable();
    parentPort.on('message', () => parentPort.postMessage(delay.max / 1e6));`,
    { eval: true },
  );
  return {
    /** The longest turn so far, in ms. */
    async longest(): Promise<number> {
      const answer = once(thread, 'message');
      thread.postMessage('how late?');
      const [longest] = await within(30_000, 'the idle thread answers', answer);
      return longest;
    },
    end: () => thread.terminate(),
  };
}
