import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EndcapError } from './errors.ts';

/**
 * Writes a file next to `path`, flushes it to the disk, and renames it, so that `path` always has either the complete old
 * file or the complete new one. Returns the size of the new file in bytes.
 *
 * @throws whatever `write` throws, and `write_failed` if the system refuses; no partial file is left behind.
 */
export async function replaceFile(
  path: string,
  write: (append: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<{ bytes: number }> {
  let temporary: string | undefined;
  try {
    const target = await targetOf(path);
    temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
    const file = await open(temporary, 'wx');
    let bytes = 0;
    try {
      await write(async (chunk) => {
        const maxBytes = 2 ** 26;
        for (let at = 0; at < chunk.length; ) {
          const { bytesWritten } = await file.write(chunk, at, Math.min(maxBytes, chunk.length - at));
          at += bytesWritten;
        }
        bytes += chunk.length;
      });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    await syncDirectory(dirname(target));
    return { bytes };
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => {});
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    const why = whyNot(cause, 'its directory does not exist');
    throw new EndcapError('write_failed', `${path} cannot be written: ${why}`, { file: path }, { cause });
  }
}

/**
 * Checks that `replaceFile` can write to `path`, to fail before a long computation instead of after it.
 *
 * @throws `write_failed`.
 */
export async function checkReplaceable(path: string): Promise<void> {
  const stop = new Error('this was only a check');
  await replaceFile(path, () => Promise.reject(stop)).catch((error) => {
    if (error !== stop) throw error;
  });
}

/**
 * The text of a small file.
 *
 * @throws `options_unreadable`.
 */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new EndcapError('options_unreadable', `${path} cannot be read: ${whyNot(cause)}`, { file: path }, { cause });
  }
}

/** The reason why the system refused access to a file, in words. */
export function whyNot(error: unknown, absent = 'it does not exist'): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: absent,
    ENOTDIR: 'part of its path is not a directory',
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
  };
  return reasons[code ?? ''] ?? message;
}

/** The file that `path` refers to, through symbolic links. Only a file may be replaced. */
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

/** Makes the rename itself durable. Some systems cannot open a directory; the file is complete without this. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r');
    await directory.sync().finally(() => directory.close());
  } catch {}
}
