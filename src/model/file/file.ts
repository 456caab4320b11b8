import { type FileHandle, open, stat } from 'node:fs/promises';
import { kindOf } from '../../dataset/arrays.ts';
import { EndcapError } from '../../errors.ts';
import { replaceFile, whyNot } from '../../files.ts';
import type { Memory } from '../../kernel/memory.ts';
import { onlyKnown, optionalSignal } from '../../options.ts';
import type { Pace } from '../../turns.ts';
import type { Model, ModelMetadata } from '../model.ts';
import { decodeChecksum, decodeInPieces, decodeMetadata, encodeModel, longestRead } from './format.ts';
import { roomsIn } from './kernel-room.ts';
import { type ModelBytes, unreadable } from './layout.ts';
import type { ReadAtOnce } from './reading.ts';
import { readOnThreads } from './threads.ts';

/**
 * Saves a model to a file, and returns the size of the file in bytes. The file is written next to `path`, flushed to the
 * disk, and renamed, so that `path` always has either the complete old file or the complete new one.
 *
 * @throws `write_failed` or, if the signal fires, `aborted`, leaving the old file as it was and nothing beside it;
 * `invalid_options` if the path is not text, or for an option.
 * @example
 * const model = await train(await readOrders('orders.csv'));
 * await saveModel(model, 'shop.safetensors');
 */
export async function saveModel(
  model: Model,
  path: string,
  options: { signal?: AbortSignal } = {},
): Promise<{ bytes: number }> {
  onlyKnown(options, ['signal']);
  optionalSignal(options.signal);
  if (typeof path !== 'string' || path.includes('\0'))
    throw new EndcapError(
      'invalid_options',
      `path: ${typeof path === 'string' ? JSON.stringify(path) : kindOf(path)} cannot be used; expected the path of a file`,
      { option: 'path' },
    );
  const chunks = await encodeModel(model);
  return replaceFile(
    path,
    async (append) => {
      for (const chunk of chunks) await append(chunk);
    },
    { signal: options.signal },
  );
}

/** Smaller files are read before a thread has started. */
const leastForThreads = 2 ** 25;

/**
 * Loads a model from a file of any size, without keeping others waiting: threads read a large file, and this one works on it
 * for some milliseconds at a time. The arrays of a large model are in shared memory.
 *
 * @throws `model_unreadable`, with the path in `details.file` and the cause in `details.reason`: `missing`, `not_a_file`,
 *   `io`, or one of those of `decodeModel`.
 * @example
 * const recommender = createRecommender(await loadModel('shop.safetensors'));
 */
export function loadModel(path: string): Promise<Model> {
  return loadWith(path);
}

/** How a model is loaded; only the signal changes what it says. */
export interface LoadingOptions extends Pace {
  /** From so many bytes on, it is read on threads. */
  leastForThreads?: number;
  /** Where the arrays are put that a kernel uses as they are. */
  memory?: Memory;
  /** Whether texts stay bytes; see `texts.ts`. */
  keepsBytes?: boolean;
}

/** `loadModel` in another way. @throws also `aborted`, and `out_of_memory` if the memory has no room. */
export function loadWith(path: string, options: LoadingOptions = {}): Promise<Model> {
  const { memory, signal, inBackground, keepsBytes } = options;
  return reading(path, (source, { fd }) => {
    const readAtOnce: ReadAtOnce = (...parts) => readOnThreads(fd, ...parts);
    return decodeInPieces(source, path, {
      pieceBytes: longestRead,
      ...(source.size >= (options.leastForThreads ?? leastForThreads) && { readAtOnce }),
      ...(memory && roomsIn(memory)),
      signal,
      inBackground,
      keepsBytes,
    });
  });
}

/**
 * The metadata of a model, from the beginning of its file alone: whether the rest is whole is not looked at.
 *
 * @throws what `loadModel` throws of the header.
 */
export function loadMetadata(path: string): Promise<ModelMetadata> {
  return reading(path, (source) => decodeMetadata(source, path));
}

/**
 * The checksum of a model file, from its beginning alone: it tells files apart, also of models of one version, as before and after
 * a customer was erased.
 *
 * @throws what `loadModel` throws of the header.
 */
export function loadChecksum(path: string): Promise<string> {
  return reading(path, (source) => decodeChecksum(source, path));
}

/** Opens a model file for as long as it is read. */
async function reading<T>(path: string, read: (source: ModelBytes, file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    // Opening a pipe would block, and a device may never end.
    const found = await stat(path);
    if (!found.isFile()) {
      throw unreadable(
        path,
        'not_a_file',
        `is ${found.isDirectory() ? 'a directory' : 'not a file'}; expected a model file`,
      );
    }
    file = await open(path, 'r');
    const { size } = await file.stat();
    return await read({ size, read: (into, at) => readAll(file!, into, at, path) }, file);
  } catch (cause) {
    if (cause instanceof EndcapError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw unreadable(path, 'missing', 'does not exist; check the path, or train a model first', {}, cause);
    throw unreadable(path, 'io', `cannot be read: ${whyNot(cause)}`, {}, cause);
  } finally {
    await file?.close();
  }
}

async function readAll(file: FileHandle, into: Uint8Array, at: number, path: string): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, at + done).catch((cause) => {
      throw unreadable(path, 'io', `cannot be read: ${whyNot(cause)}`, {}, cause);
    });
    if (bytesRead === 0)
      throw unreadable(path, 'truncated', `was truncated to ${at + done} bytes while it was being read; try again`);
    done += bytesRead;
  }
}
