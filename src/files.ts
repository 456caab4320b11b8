import { fsync, readFileSync } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  link,
  mkdir,
  open,
  readlink,
  realpath,
  rename,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { EndcapError, throwIfAborted } from './errors.ts';
import { removeAbandoned, removeOnExit, temporaryName } from './temporary-files.ts';

/** What is written in one call, and so how soon an abort is noticed. */
const maxPieceBytes = 2 ** 26;

/**
 * Writes a file next to `path`, flushes it to the disk, and renames it, so that `path` always has either the complete old
 * file or the complete new one. Also removes what processes that were killed have left in the folder. If several write to
 * the same path, the last one to finish wins. Returns the size of the new file in bytes. A library that writes files itself
 * fills `temporary`, which is empty so far. `mode` says who may read and write the file: by default whoever may now.
 *
 * @throws whatever `write` throws, `aborted`, and `write_failed` if the system refuses; no partial file is left behind.
 */
export async function replaceFile(
  path: string,
  write: (append: (bytes: Uint8Array) => Promise<void>, temporary: string) => Promise<void>,
  { signal, mode: given }: { signal?: AbortSignal; mode?: number } = {},
): Promise<{ bytes: number }> {
  const refuse = (cause: unknown) => {
    throw refusal(path, cause);
  };
  const target = await targetOf(path).catch(refuse);
  const directory = dirname(target);
  const temporary = join(directory, temporaryName());
  let bytes = 0;
  const done = removeOnExit(temporary);
  try {
    const mode = given ?? (await modeOf(target));
    const file = await open(temporary, 'wx', mode).catch(refuse);
    try {
      // The system leaves out of a mode what this process does not grant.
      if (mode !== undefined) await file.chmod(mode).catch(() => {});
      const { mtimeMs } = await file.stat().catch(refuse);
      await removeAbandoned(directory, mtimeMs);
      await write(async (chunk) => {
        for (let at = 0; at < chunk.length; ) {
          throwIfAborted(signal);
          const piece = Math.min(maxPieceBytes, chunk.length - at);
          const { bytesWritten } = await file.write(chunk, at, piece).catch(refuse);
          at += bytesWritten;
        }
      }, temporary);
      ({ size: bytes } = await file.stat().catch(refuse));
      await flush(file).catch(refuse);
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
    // Network file systems may report a full disk only now.
    await file.close().catch(refuse);
    throwIfAborted(signal);
    await rename(temporary, target).catch(refuse);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  } finally {
    done();
  }
  await flushDirectory(directory);
  return { bytes };
}

/** Who may read and write a file; undefined if there is none. */
async function modeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && found.mode & 0o777;
}

/** Makes an empty file that whoever may not read `path` may not read either. What fails is told by whoever fills it. */
export async function makeAsPrivate(file: string, path: string): Promise<void> {
  const mode = await modeOf(path);
  await open(file, 'wx', mode).then(
    (made) => made.close(),
    () => {},
  );
}

/**
 * For work that fills a file by other means, such as another process: gives it a temporary name beside `path`, and a function
 * that makes the file of that name the one at `path`, in one step. What is left under the temporary name is removed in the end.
 *
 * @throws whatever `work` throws, and `write_failed`.
 */
export async function withReplacement<Result>(
  path: string,
  work: (temporary: string, replace: () => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const refuse = (cause: unknown) => {
    throw refusal(path, cause);
  };
  const target = await targetOf(path).catch(refuse);
  const directory = dirname(target);
  const temporary = join(directory, temporaryName());
  const done = removeOnExit(temporary);
  try {
    return await work(temporary, async () => {
      await rename(temporary, target).catch(refuse);
      await flushDirectory(directory);
    });
  } finally {
    await unlink(temporary).catch(() => {});
    done();
  }
}

/**
 * Gives the file at `from` the name `to` as well, in place of a file that has it: by a hard link, or a copy where the file
 * system has none.
 *
 * @throws `write_failed`; `to` is as it was then.
 */
export async function duplicateFile(from: string, to: string): Promise<void> {
  await withReplacement(to, async (temporary, replace) => {
    try {
      await link(from, temporary);
    } catch {
      // What else is wrong, the copy meets as well.
      await copyFile(from, temporary).catch((cause) => {
        throw refusal(to, cause);
      });
      const file = await open(temporary, 'r+');
      await flush(file).finally(() => file.close());
    }
    await replace();
  });
}

/** Removes a file, unless it is gone. @throws `write_failed`. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((cause) => {
    if (cause.code !== 'ENOENT') throw refusal(path, cause);
  });
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
 * Makes a folder, and those above it, unless they exist. Returns a function that removes those it made, unless something is in
 * them: for what fails before it has written anything.
 *
 * @throws `write_failed`.
 */
export async function makeFolder(path: string): Promise<() => Promise<void>> {
  const full = resolve(path);
  let first: string | undefined;
  try {
    first = await mkdir(full, { recursive: true });
  } catch {
    // Of folders above it, Node does not tell the reason.
    await mkdir(full).catch((cause) => {
      const { code } = cause;
      const why = code === 'EEXIST' ? 'it is not a directory' : whyNot(cause, 'a folder above it cannot be made');
      const message = `the folder ${path} cannot be made: ${why}`;
      throw new EndcapError('write_failed', message, { file: path, reason: code }, { cause });
    });
    first = full;
  }
  return async () => {
    for (let made = full; first !== undefined && made.length >= first.length; made = dirname(made))
      await rmdir(made).catch(() => {});
  };
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
  return code === 'ENOENT' ? absent : (reasons[code ?? ''] ?? message);
}

const reasons: Record<string, string> = {
  ENOTDIR: 'part of its path is not a directory',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links lead back to themselves',
  ENAMETOOLONG: 'its name is too long for the file system',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it would be larger than the file system or the limits of this process (ulimit -f) allow',
  EIO: 'the disk reported an error',
  EBUSY: 'it is in use',
  ETXTBSY: 'it is a program that is running',
  EXDEV: 'it is on another file system than its folder',
  EMFILE: 'this process has too many open files',
  ENFILE: 'the system has too many open files',
  ENOMEM: 'the system is out of memory',
  ENODEV: 'its device is gone',
  ENXIO: 'its device is gone',
  ESTALE: 'its network file system has changed; mount it again',
  ETIMEDOUT: 'its network file system does not answer',
  EHOSTDOWN: 'its network file system does not answer',
};

function refusal(path: string, cause: unknown): unknown {
  const { syscall, code } = cause as NodeJS.ErrnoException;
  if (syscall === undefined) return cause;
  const absent =
    syscall === 'rename' ? 'its temporary file was removed while it was written' : 'its directory does not exist';
  const message = `${path} cannot be written: ${whyNot(cause, absent)}`;
  return new EndcapError('write_failed', message, { file: path, reason: code }, { cause });
}

/** The file that `path` refers to, through symbolic links, also if it does not exist yet. Only a file may be replaced. */
async function targetOf(path: string): Promise<string> {
  const refuse = (why: string) => new EndcapError('write_failed', `${path} cannot be written: ${why}`, { file: path });
  const isName =
    typeof path === 'string' && path !== '' && !path.endsWith('/') && !path.endsWith(sep) && !path.includes('\0');
  if (!isName) throw refuse('it is not the name of a file');
  const target = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (target === undefined) {
    const directory = await realpath(dirname(path));
    const link = await readlink(path).catch(() => undefined);
    return link === undefined ? join(directory, basename(path)) : targetOf(resolve(directory, link));
  }
  const found = await stat(target);
  // A rename cannot replace it, which would show only after the work.
  if (found.isFile() && isMounted(target)) throw refuse('it is mounted itself; mount its folder instead');
  if (found.isFile()) return target;
  throw refuse(`it is ${found.isDirectory() ? 'a directory' : 'not a file'}; name a file`);
}

/** Whether a file is mounted, as containers can do. Only Linux can, and lists what is mounted with octal escapes. */
function isMounted(path: string): boolean {
  try {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    const unescaped = (text = '') =>
      text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
    return mounts.some((mount) => unescaped(mount.split(' ')[4]) === path);
  } catch {
    return false;
  }
}

/**
 * Waits until the file is on the disk. Where that cannot be asked for, the file is written nevertheless: some network
 * file systems lack the call, and so does the `FileHandle` of Yarn's Plug'n'Play, which is why the descriptor is used.
 */
async function flush({ fd }: FileHandle): Promise<void> {
  try {
    await promisify(fsync)(fd);
  } catch (error) {
    const { syscall, code } = error as NodeJS.ErrnoException;
    if (syscall !== undefined && !lacking.has(code)) throw error;
  }
}

/** What a system says that lacks a call, or that does not have it for this file. */
const lacking: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

/** Makes the rename itself durable. Some systems cannot open a directory; the file is complete without this. */
async function flushDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r');
    await flush(directory).finally(() => directory.close());
  } catch {}
}
