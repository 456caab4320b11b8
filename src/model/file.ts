import { type FileHandle, open, stat } from 'node:fs/promises';
import { EndcapError } from '../errors.ts';
import { replaceFile, whyNot } from '../files.ts';
import { decodeModel, encodeModel } from './format.ts';
import { unreadable } from './layout.ts';
import type { Model } from './model.ts';

/**
 * Writes the model beside `path`, flushes it to the disk and renames it into place, so that `path` holds the old file or
 * the new one, whole. Throws `write_failed`, leaving nothing behind.
 */
export async function saveModel(model: Model, path: string): Promise<{ bytes: number }> {
  const chunks = await encodeModel(model);
  return replaceFile(path, async (append) => {
    for (const chunk of chunks) await append(chunk);
  });
}

/**
 * Reads a model file of any size. Throws `model_unreadable` with `details.file` and `details.reason`: `missing`,
 * `not_a_file`, `io`, or one of those of `decodeModel`.
 */
export async function loadModel(path: string): Promise<Model> {
  let file: FileHandle | undefined;
  try {
    // A pipe or a device would block or never end, so the path is looked at before it is opened.
    const found = await stat(path);
    if (!found.isFile()) {
      throw unreadable(
        path,
        'not_a_file',
        `is ${found.isDirectory() ? 'a directory' : 'not a file'}: name a model file`,
      );
    }
    file = await open(path, 'r');
    const { size } = await file.stat();
    return await decodeModel({ size, read: (into, at) => readAll(file!, into, at, path) }, path);
  } catch (cause) {
    if (cause instanceof EndcapError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const problem = missing
      ? 'does not exist: train a model first, or name the file it was written to'
      : `cannot be read: ${whyNot(cause)}`;
    throw unreadable(path, missing ? 'missing' : 'io', problem, {}, cause);
  } finally {
    await file?.close();
  }
}

async function readAll(file: FileHandle, into: Uint8Array, at: number, path: string): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, at + done);
    if (bytesRead === 0) throw unreadable(path, 'truncated', `was truncated to ${at + done} bytes while it was read`);
    done += bytesRead;
  }
}
