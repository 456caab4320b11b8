/**
 * The entry point of a thread that takes customers out of a model file, and out of the kept ones beside it: it answers with what
 * went wrong, if anything.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { EndcapError } from '../../errors.ts';
import { keptModels } from '../models/kept.ts';
import { rewriteModelFile } from './rewriting.ts';

const { path, customers } = workerData as { path: string; customers: readonly string[] };

try {
  const gone = new Set(customers);
  await rewriteModelFile(path, gone);
  for (const { file } of await keptModels(path)) await rewriteModelFile(file, gone).catch(unlessRemoved);
  parentPort!.postMessage(undefined);
} catch (error) {
  parentPort!.postMessage(error instanceof EndcapError ? error.message : String((error as Error)?.stack ?? error));
}

/** Older ones are removed when a new model comes. */
function unlessRemoved(error: unknown): void {
  if (!(error instanceof EndcapError) || error.details.reason !== 'missing') throw error;
}
