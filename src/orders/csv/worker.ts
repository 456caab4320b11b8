/** A thread that reads the rows of blocks of CSV, in the order in which they are sent. */
import { parentPort, workerData } from 'node:worker_threads';
import { createRowReader, newRecords, type RowPlan } from './rows.ts';
import type { Question } from './threads.ts';

const reader = createRowReader(workerData as RowPlan);

parentPort?.on('message', ({ block, dateOrder, records = newRecords() }: Question) => {
  parentPort?.postMessage(reader.read(block, false, dateOrder, records));
});
