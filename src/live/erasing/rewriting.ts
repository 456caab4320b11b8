import { stat } from 'node:fs/promises';
import { EndcapError } from '../../errors.ts';
import { checkReplaceable, replaceFile, withReplacement } from '../../files.ts';
import { loadModel } from '../../model/file/file.ts';
import { encodeModel } from '../../model/file/format.ts';
import { mayQuote, withoutCustomers } from '../../model/without.ts';

/**
 * Writes a model file without some customers, complete or not at all; does nothing if it has none of them, and quotes none. It takes
 * the memory of two models.
 *
 * @param encode the bytes of what is to be written.
 * @throws `write_failed`, also if somebody else replaces the file meanwhile: whoever trained must not lose the new model.
 */
export async function rewriteModelFile(path: string, gone: ReadonlySet<string>, encode = encodeModel): Promise<void> {
  // Where it cannot be written, reading it for nothing would cost as much.
  await checkReplaceable(path);
  const before = await stat(path).catch(() => undefined);
  const model = await loadModel(path);
  const isOut = (row: number) => gone.has(model.customers[row]);
  if (!model.customers.some((_, row) => isOut(row)) && !mayQuote(model.metadata, gone)) return;
  const chunks = await encode(withoutCustomers(model, isOut));
  await withReplacement(path, async (temporary, replace) => {
    const write = async (append: (bytes: Uint8Array) => Promise<void>) => {
      for (const chunk of chunks) await append(chunk);
    };
    await replaceFile(temporary, write, { mode: before!.mode & 0o777 });
    // Only now, since a large file takes its time to reach the disk.
    const now = await stat(path).catch(() => undefined);
    if (now?.ino !== before?.ino || now?.mtimeMs !== before?.mtimeMs || now?.size !== before?.size)
      throw new EndcapError('write_failed', `${path} was replaced while customers were taken out of it`, {
        file: path,
      });
    await replace();
  });
}
