/** The entry point of a thread that takes customers out of a model file: it answers with what went wrong, if anything. */
import { parentPort, workerData } from 'node:worker_threads';
import { EndcapError } from '../../errors.ts';
import { rewriteModelFile } from './rewriting.ts';

const { path, customers } = workerData as { path: string; customers: readonly string[] };

try {
  await rewriteModelFile(path, new Set(customers));
  parentPort!.postMessage(undefined);
} catch (error) {
  parentPort!.postMessage(error instanceof EndcapError ? error.message : String((error as Error)?.stack ?? error));
}
