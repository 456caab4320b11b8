import { EndcapError } from '../../../errors.ts';
import { loadModel, saveModel } from '../../../model/file/file.ts';
import type { Gate, Model } from '../../../model/model.ts';
import { withoutCustomers } from '../../../model/without.ts';
import type { ReadOptions } from '../../../orders/options.ts';
import { pathOf } from '../../../orders/sources/inputs.ts';
import { sourceName } from '../../../orders/sources/read.ts';
import type { TrainOptions } from '../../../training/fit-on.ts';
import { keptModels } from '../../models/kept.ts';
import { openStoreToRead, type ReadableStore } from '../../store/reading.ts';
import type { RetrainingProgress } from '../outcome.ts';
import { readOrdersAndPurchases, type ShopOrders } from './orders.ts';
import { refuseOtherOrders } from './source-check.ts';
import { readSteady } from './steady.ts';
import { trainBehindGate } from './train-behind-gate.ts';
import { isUnchanged } from './unchanged.ts';

/** What a run is to do; all of it can be sent to another process. */
export interface CandidateTask {
  /** The file of the model that is served. */
  model: string;
  /** The file to write, beside it. */
  candidate: string;
  orders: readonly string[];
  reading: ReadOptions;
  training: TrainOptions;
  /** The store whose purchases are learned as well: a path, or the address of a Postgres database. */
  store?: string;
}

/** What came of it. Only a `candidate` wrote its file. */
export interface Made {
  kind: 'candidate' | 'refused' | 'unchanged';
  reason: string;
  version?: string;
  gate?: Gate;
  notes: readonly string[];
}

/**
 * Reads orders and purchases, trains on them, compares what comes of it with the model that is served, and writes the
 * candidate.
 *
 * @throws what reading, training, and writing throw.
 */
export async function makeCandidate(task: CandidateTask, tell: (progress: RetrainingProgress) => void): Promise<Made> {
  const { model: path, candidate, training } = task;
  tell({ stage: 'reading' });
  const served = await loadModel(path);
  const store = task.store === undefined ? undefined : await openStoreToRead(task.store);
  try {
    const read = await readTrusted(task, served, store, tell);
    if ('reason' in read) return { kind: 'refused', notes: [], ...read };
    const { dataset, learned } = read;
    const notes = (dataset.notes ?? []).map(({ text }) => text);
    const known = await alreadyKnown(read, served, task);
    if (known !== undefined) return { kind: 'unchanged', reason: known, notes };
    tell({ stage: 'training' });
    const { model, gate } = await trainBehindGate(dataset, served, {
      training,
      hearsOfPurchases: store !== undefined,
      acceptLoss: task.reading.acceptLoss,
      store,
      onProgress: tell,
    });
    if (!model) return { kind: 'refused', reason: gate.reason, gate, notes };
    tell({ stage: 'writing' });
    const { metadata } = model;
    await write({ ...model, metadata: { ...metadata, ...(learned && { learned }) } }, candidate, path, store);
    return { kind: 'candidate', reason: gate.reason, version: metadata.version, gate, notes };
  } finally {
    await store?.close();
  }
}

/** What is wrong with orders, and not with the run. */
const untrusted: readonly string[] = ['orders_unreadable', 'columns_unrecognized', 'no_orders', 'orders_lost'];

/** Reads the orders and the purchases of the store, or says why the orders cannot be trusted. */
async function readTrusted(
  { orders, reading, training }: CandidateTask,
  served: Model,
  store: ReadableStore | undefined,
  tell: (progress: RetrainingProgress) => void,
): Promise<ShopOrders | { reason: string }> {
  const options: ReadOptions = {
    ...reading,
    lines: training.algorithm === 'quantity',
    onProgress: ({ bytes, totalBytes }) =>
      tell({ stage: 'reading', ...(totalBytes > 0 && { done: Math.min(1, bytes / totalBytes) }) }),
  };
  try {
    const read = await readSteady([...orders, ...joined(reading)], () =>
      readOrdersAndPurchases([...orders], options, store),
    );
    if (!reading.acceptLoss) refuseOtherOrders(served, read, sourceName(orders));
    return read;
  } catch (error) {
    if (error instanceof EndcapError && untrusted.includes(error.code)) return { reason: error.message };
    throw error;
  }
}

/** Files that are read beside the orders. */
function joined({ join = [] }: ReadOptions): string[] {
  return join.map((one) => pathOf(typeof one === 'string' || one instanceof URL ? one : one.file));
}

/** Why there is nothing new to learn; undefined if there is. */
async function alreadyKnown(
  read: ShopOrders,
  served: Model,
  { model, training }: CandidateTask,
): Promise<string | undefined> {
  const { fingerprint } = read.dataset;
  const rolledBack = (await keptModels(model)).find((kept) => kept.wasRolledBack && kept.fingerprint === fingerprint);
  if (rolledBack)
    return `the orders are those of model ${rolledBack.version}, which was rolled back; a rollback to that version serves it again`;
  return isUnchanged(served, read, training)
    ? 'nothing is new, the orders are those that it was trained on'
    : undefined;
}

/**
 * Writes the candidate without customers who were erased since the orders were read, also while it was written.
 *
 * @param model the file whose place it is to take, which is what a failure is about.
 */
async function write(candidate: Model, file: string, model: string, store: ReadableStore | undefined): Promise<void> {
  let written: number | undefined;
  for (;;) {
    const erased = new Set((await store?.erasuresAfter(0))?.map(({ hash }) => hash));
    if (erased.size === written) return;
    written = erased.size;
    const isOut = (row: number) => erased.has(store!.hashOf(candidate.customers[row]));
    const left = erased.size > 0 ? withoutCustomers(candidate, isOut) : candidate;
    await saveModel(left, file).catch((error) => {
      if (!(error instanceof EndcapError) || error.code !== 'write_failed') throw error;
      throw new EndcapError('write_failed', error.message.replaceAll(file, model), { ...error.details, file: model });
    });
  }
}
