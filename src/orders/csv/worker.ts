/** A thread that cleans blocks of CSV in the order in which they arrive. */
import { parentPort, workerData } from 'node:worker_threads';
import { newPurchases } from './records/block-lines.ts';
import { type CsvPlan, createBlockCleaner } from './records/clean.ts';
import type { BlockJob } from './threads.ts';

const cleaner = createBlockCleaner(workerData as CsvPlan);

parentPort?.on('message', ({ block, dateOrder, memory = newPurchases() }: BlockJob) => {
  parentPort?.postMessage(cleaner.clean(block, false, dateOrder, memory));
});
