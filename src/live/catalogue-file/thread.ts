import type { Worker } from 'node:worker_threads';
import { EndcapError, type ErrorCode, throwIfAborted, whenAborted } from '../../errors.ts';
import { type OwnFile, startOwnThread } from '../../own-files.ts';
import type { CatalogueAccount } from './account.ts';
import type { FileFields } from './records.ts';

export type FileRequest =
  | { kind: 'know'; ids: readonly string[] }
  | { kind: 'read'; file: string; areCleaned: boolean }
  | { kind: 'page' }
  /** The fields of some products of the last page, which had `of` products. */
  | { kind: 'fields'; of: number; wanted: readonly number[] };

export interface FileAnswer {
  account?: CatalogueAccount;
  products?: string[];
  marks?: Float64Array;
  fields?: FileFields[];
  error?: { code: ErrorCode; message: string; details: Record<string, unknown> };
}

/** A product file that a thread has read, a thousand products at a time. */
export interface OpenedFile {
  readonly account: CatalogueAccount;
  /** The next products, and the marks of what is said of them; none at the end. */
  page(): Promise<{ products: readonly string[]; marks: Float64Array }>;
  /** What is said of some products of the last page, by their places in it. */
  fields(wanted: readonly number[]): Promise<readonly FileFields[]>;
  close(): Promise<void>;
}

const script: OwnFile = [
  'dist/live/catalogue-file/worker.js',
  (_) => new URL('../../../dist/live/catalogue-file/worker.js', import.meta.url),
];

/** Ids that are sent at a time: a millisecond of work. */
const idsAtATime = 2000;

/**
 * Reads a product file on a thread of its own, since a large one takes seconds.
 *
 * @param products the ids of the model's products.
 * @param areCleaned whether they were cleaned as those of today's orders are.
 * @param signal ends the thread, also later.
 * @throws `catalogue_unreadable`; `aborted`.
 */
export async function openCatalogueFile(
  file: string,
  products: readonly string[],
  areCleaned: boolean,
  signal: AbortSignal,
): Promise<OpenedFile> {
  const failed = (cause: Error) =>
    new EndcapError(
      'catalogue_unreadable',
      `${file} cannot be read: its thread does not run: ${cause.message}`,
      { file },
      { cause },
    );
  let worker: Worker;
  try {
    worker = startOwnThread(script);
  } catch (error) {
    throw failed(error as Error);
  }
  // Each request has its answer before the next one.
  let take: ((answer: FileAnswer | Error) => void) | undefined;
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    take?.(ended);
  };
  worker.on('message', (answer: FileAnswer) => take?.(answer));
  worker.on('error', end);
  worker.on('exit', () => end(new Error('it ended')));
  const forget = whenAborted(signal, () => void worker.terminate());
  const close = async () => {
    forget();
    await worker.terminate();
  };

  async function ask(request: FileRequest): Promise<FileAnswer> {
    throwIfAborted(signal);
    const answer = await new Promise<FileAnswer | Error>((resolve) => {
      take = resolve;
      if (ended) resolve(ended);
      else worker.postMessage(request);
    });
    throwIfAborted(signal);
    if (answer instanceof Error) throw failed(answer);
    if (answer.error) throw new EndcapError(answer.error.code, answer.error.message, answer.error.details);
    return answer;
  }

  try {
    for (let from = 0; from < products.length; from += idsAtATime)
      await ask({ kind: 'know', ids: products.slice(from, from + idsAtATime) });
    const { account } = await ask({ kind: 'read', file, areCleaned });
    let length = 0;
    return {
      account: account!,
      async page() {
        const { products, marks } = await ask({ kind: 'page' });
        length = products!.length;
        return { products: products!, marks: marks! };
      },
      fields: async (wanted) => (await ask({ kind: 'fields', of: length, wanted })).fields!,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
