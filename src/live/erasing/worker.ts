/** A thread that takes customers out of a model file: reading, checking and writing it would hold the event loop. */
import { stat } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { EndcapError } from '../../errors.ts';
import { checkReplaceable, replaceFile } from '../../files.ts';
import { loadModel } from '../../model/file/file.ts';
import { encodeModel } from '../../model/file/format.ts';
import { withoutCustomers } from '../../model/without.ts';

const { path, customers } = workerData as { path: string; customers: readonly string[] };

try {
  await rewrite(path, new Set(customers));
  parentPort!.postMessage(undefined);
} catch (error) {
  parentPort!.postMessage(error instanceof EndcapError ? error.message : String((error as Error)?.stack ?? error));
}

async function rewrite(path: string, gone: ReadonlySet<string>): Promise<void> {
  // Where it cannot be written, reading it for nothing would cost as much.
  await checkReplaceable(path);
  const before = await stat(path).catch(() => undefined);
  const model = await loadModel(path);
  const isOut = (row: number) => gone.has(model.customers[row]);
  if (!model.customers.some((_, row) => isOut(row))) return;
  const chunks = await encodeModel(withoutCustomers(model, isOut));
  await replaceFile(
    path,
    async (append) => {
      for (const chunk of chunks) await append(chunk);
      const now = await stat(path).catch(() => undefined);
      if (now?.ino === before?.ino && now?.mtimeMs === before?.mtimeMs && now?.size === before?.size) return;
      // Whoever trained meanwhile must not lose the new model.
      throw new EndcapError('write_failed', `${path} was replaced while customers were taken out of it`, {
        file: path,
      });
    },
    { mode: before!.mode & 0o777 },
  );
}
