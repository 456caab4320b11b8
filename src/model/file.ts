import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EndcapError } from '../errors.ts';
import { decodeModel, encodeModel } from './format.ts';
import { unreadable } from './layout.ts';
import type { Model } from './model.ts';

/**
 * Writes the model beside `path`, flushes it to the disk and renames it into place, so that `path` holds the old file or
 * the new one, whole. Throws `write_failed`, leaving nothing behind.
 */
export async function saveModel(model: Model, path: string): Promise<{ bytes: number }> {
  const chunks = await encodeModel(model);
  let beside: string | undefined;
  try {
    const target = await targetOf(path);
    beside = `${target}.${randomBytes(6).toString('hex')}.tmp`;
    const file = await open(beside, 'wx');
    let bytes = 0;
    try {
      for (const chunk of chunks) bytes += await writeAll(file, chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, target);
    await syncDirectory(dirname(target));
    return { bytes };
  } catch (cause) {
    if (beside !== undefined) await rm(beside, { force: true }).catch(() => {});
    if (cause instanceof EndcapError) throw cause;
    const why = whyNot(cause, 'its directory does not exist');
    throw new EndcapError('write_failed', `${path} cannot be written: ${why}`, { file: path }, { cause });
  }
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

/** The file that `path` stands for, through symbolic links; only a file may be replaced. */
async function targetOf(path: string): Promise<string> {
  const target = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (target === undefined) return path;
  const found = await stat(target);
  if (found.isFile()) return target;
  const is = found.isDirectory() ? 'a directory' : 'not a file';
  throw new EndcapError('write_failed', `${path} cannot be written: it is ${is}; name a file`, { file: path });
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<number> {
  const most = 2 ** 26;
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(most, bytes.length - at));
    at += bytesWritten;
  }
  return bytes.length;
}

async function readAll(file: FileHandle, into: Uint8Array, at: number, path: string): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, at + done);
    if (bytesRead === 0) throw unreadable(path, 'truncated', `was truncated to ${at + done} bytes while it was read`);
    done += bytesRead;
  }
}

/** Makes the rename itself last; some systems cannot open a directory, and the file is whole without it. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r');
    await directory.sync().finally(() => directory.close());
  } catch {}
}

function whyNot(error: unknown, absent = 'it does not exist'): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: absent,
    ENOTDIR: 'a part of its path is not a directory',
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
  };
  return reasons[code ?? ''] ?? message;
}
