/** A thread that cleans blocks of CSV in the order in which they arrive, after a plan. */
import { parentPort } from 'node:worker_threads';
import { openKernel } from '../../kernel/open.ts';
import { newPurchases } from './records/block-lines.ts';
import { type CsvPlan, createBlockCleaner } from './records/clean.ts';
import type { BlockJob } from './threads.ts';

const kernel = openKernel({ threads: 1 });

parentPort?.once('message', (plan: CsvPlan) => {
  const cleaner = createBlockCleaner(plan, kernel);
  parentPort?.on('message', ({ block, dateOrder, memory = newPurchases() }: BlockJob) => {
    parentPort?.postMessage(cleaner.clean(block, false, dateOrder, memory));
  });
});
