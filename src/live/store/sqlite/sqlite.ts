import { existsSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { EndcapError, type ErrorCode } from '../../../errors.ts';
import { removeFile } from '../../../files.ts';
import { type OwnFile, startOwnThread } from '../../../own-files.ts';
import { bounded } from '../group.ts';
import { hashWith } from '../schema.ts';
import type { ShopStore } from '../store.ts';
import { openDriver } from './database.ts';

/** A call of a method of the store, which its thread answers under the same id. */
export interface Call {
  id: number;
  method: Exclude<keyof ShopStore, 'kind' | 'watch' | 'hashOf' | 'discard'>;
  args: unknown[];
}

export interface Answer {
  id: number;
  result?: unknown;
  error?: { code: ErrorCode; message: string; details: Readonly<Record<string, unknown>> };
}

/**
 * Opens a store in a SQLite file, which is made if it does not exist. A thread owns it, since waiting for the disk would hold
 * the event loop. `node:sqlite` is used from Node 22.13 on, the optional package `libsql` otherwise.
 *
 * @throws `store_unreadable` if SQLite is missing, the file is something else or of a later version, a server uses it, or this is
 * no path.
 *
 * @example
 * const store = await openSqliteStore('shop.db');
 * await store.append({ purchases: [{ customer: '10276', order: 'w1', product: 'A1', quantity: 1, time: Date.now() }] });
 */
export async function openSqliteStore(path: string): Promise<ShopStore> {
  checkIsFile(path);
  const lock = lockFor(path);
  const isNew = !existsSync(path);
  /** Removes what opening it made, while it has the lock. */
  const removeMade = async () => {
    const target = targetOf(path);
    const made = isNew ? [target, `${target}-wal`, `${target}-shm`] : [];
    // What cannot be removed stays.
    for (const file of [...made, ...(lock.isNew ? [lock.file] : [])]) await removeFile(file).catch(() => {});
  };
  let worker: Worker;
  try {
    worker = startOwnThread(script, { workerData: { path }, execArgv: ['--no-warnings'] });
  } catch (cause) {
    await removeMade();
    lock.close();
    const { message } = cause as Error;
    throw new EndcapError(
      'store_unreadable',
      `${path} cannot be opened: its thread does not start: ${message}`,
      { store: path },
      { cause },
    );
  }
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  let calls = 0;
  let ended: EndcapError | undefined;

  const endWith = (error: EndcapError) => {
    // After an error the thread exits, too. A lock that is closed twice throws.
    if (ended) return;
    ended = error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
    lock.close();
  };
  const call = (method: Call['method'] | undefined, args: unknown[]): Promise<unknown> => {
    if (ended) return Promise.reject(ended);
    const id = method === undefined ? 0 : ++calls;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      // The process stays while an answer is due, and not for the thread alone.
      worker.ref();
      if (method !== undefined) worker.postMessage({ id, method, args } satisfies Call);
    });
  };
  worker.on('message', ({ id, result, error }: Answer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    if (error) asked?.reject(new EndcapError(error.code, error.message, error.details));
    else asked?.resolve(result);
  });
  worker.on('error', (cause) =>
    endWith(
      new EndcapError('store_failed', `the thread of ${path} ended: ${cause.message}`, { store: path }, { cause }),
    ),
  );
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  worker.on('exit', () => endWith(new EndcapError('store_failed', `the store ${path} is closed`, { store: path })));
  // From here: in Deno, a thread cannot end itself.
  const end = async () => {
    worker.ref();
    void worker.terminate();
    await exited;
  };

  const salt = (await call(undefined, []).catch(async (error) => {
    await removeMade();
    // Its lock is free then, for whoever tries again.
    await end();
    throw error;
  })) as string;

  const forward =
    <Method extends Call['method']>(method: Method) =>
    (...args: Parameters<Required<ShopStore>[Method]>) =>
      call(method, args) as ReturnType<Required<ShopStore>[Method]>;
  return {
    kind: 'sqlite',
    append: bounded(forward('append')),
    purchasesAfter: forward('purchasesAfter'),
    purchasesOf: forward('purchasesOf'),
    putProducts: forward('putProducts'),
    patchProducts: forward('patchProducts'),
    productsAfter: forward('productsAfter'),
    putSettings: forward('putSettings'),
    settings: forward('settings'),
    erase: forward('erase'),
    erasuresAfter: forward('erasuresAfter'),
    hashOf: hashWith(salt),
    compact: forward('compact'),
    recordShown: forward('recordShown'),
    shownTo: forward('shownTo'),
    shownAfter: forward('shownAfter'),
    purchasesOfAll: forward('purchasesOfAll'),
    customersWithPrefix: forward('customersWithPrefix'),
    lastSeq: forward('lastSeq'),
    watch: () => () => {},
    async close() {
      if (ended) return;
      await forward('close')();
      await end();
    },
    async discard() {
      if (ended) return;
      await forward('close')();
      await removeMade();
      await end();
    },
  };
}

const script: OwnFile = [
  'dist/live/store/sqlite/worker.js',
  (_) => new URL('../../../../dist/live/store/sqlite/worker.js', import.meta.url),
];

/**
 * Keeps other servers away from a store. The lock is SQLite's on a file of its own, since other processes may read the store
 * for a backup; the system frees it if the process is killed.
 */
function lockFor(path: string): { file: string; isNew: boolean; close(): void } {
  const file = `${targetOf(path)}-serving`;
  const isNew = !existsSync(file);
  const driver = openDriver(file, path);
  const opened = inodeOf(file);
  try {
    driver.exec('BEGIN IMMEDIATE');
  } catch (cause) {
    driver.close();
    const { message } = cause as Error;
    throw new EndcapError(
      'store_unreadable',
      /locked/.test(message)
        ? `${path} is used by another server; stop that one, or keep the store in Postgres, which several can share`
        : `${path} cannot be used as a store: ${message} (its lock is ${file})`,
      { store: path },
      { cause },
    );
  }
  if (inodeOf(file) === opened) return { file, isNew, close: () => driver.close() };
  // The server before has removed its file since: others would lock another one.
  driver.close();
  return lockFor(path);
}

const inodeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.ino;

/** @throws `store_unreadable` for names by which SQLite means something else than the file of that name. */
function checkIsFile(path: string): void {
  if (path !== '' && path !== ':memory:' && !path.startsWith('file:')) return;
  throw new EndcapError(
    'store_unreadable',
    `'${path}' is not the path of a file: what a shop hears must still be there when it starts again; name a file, such as shop.db, or ` +
      'leave out the store',
    { store: path },
  );
}

/** The file itself, whatever links lead to it, so that two paths of one file have one lock. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
