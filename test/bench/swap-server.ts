/**
 * The server of the case `swap`, in its own process: `swap-server.ts <model> <threads>`, of which the model is a link. It sends its
 * port to the parent process, and answers each message: `swap` lets it read the model again, any other asks for a report only.
 */
import { openSync, readSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createShop } from '../../dist/live/shop.js';
import { createApp } from '../../dist/server/app.js';
import { serve } from '../../dist/server/serve.js';

/** Since the last report. */
export interface SwapReport {
  /** Milliseconds that the last swap took; 0 without one. */
  swap: number;
  /** The longest turn of the event loop, in milliseconds of the clock, and of the processor if the system says: up to one more. */
  longest: number;
  longestCpu: number;
  /** Bytes that the process has in memory: now, and at most. */
  rss: number;
  peak: number;
}

const [model, threads] = process.argv.slice(2);
const shop = await createShop({ model, threads: Number(threads) });
const { port } = await serve({ app: createApp({ shop }), port: 0 });

/** Milliseconds that the processor has worked for this thread; undefined if the system does not say. */
const threadCpu = createThreadCpu();

/** Reads into memory of its own: buffers by the thousand would have garbage looked for, which is to be measured. */
function createThreadCpu(): () => number | undefined {
  try {
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
    const bytes = Buffer.alloc(100);
    return () => Number.parseInt(bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0)), 10) / 1e6;
  } catch {
    return () => undefined;
  }
}

const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
let longestCpu = 0;
let began = threadCpu();
// By a timer, since a loop that never sleeps would take a processor. What it sees as one turn are all of a millisecond.
setInterval(() => {
  const now = threadCpu();
  if (now === undefined || began === undefined) return;
  longestCpu = Math.max(longestCpu, now - began);
  began = now;
}, 1);
let peak = 0;
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 20);

process.on('message', async (message) => {
  const started = performance.now();
  if (message === 'swap') {
    const { version } = shop.model.metadata;
    await shop.reload();
    // The shop may just have looked at the file by itself.
    if (shop.model.metadata.version === version) throw new Error('the file has the same model');
  }
  const swap = message === 'swap' ? performance.now() - started : 0;
  const rss = process.memoryUsage.rss();
  const report: SwapReport = { swap, longest: loop.max / 1e6, longestCpu, rss, peak: Math.max(peak, rss) };
  process.send?.(report);
  loop.reset();
  longestCpu = 0;
  peak = rss;
});
process.on('disconnect', () => process.exit());
process.send?.({ port });
