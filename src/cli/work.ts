/** What several commands do: reading and training with their progress, and ending early on a signal. */
import { resolve } from 'node:path';
import type { Dataset } from '../dataset/dataset.ts';
import { readOrders } from '../dataset/read.ts';
import { EndcapError } from '../errors.ts';
import type { Attempt } from '../kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../kernel/open.ts';
import { orderNotes } from '../measuring/protocols.ts';
import type { Model } from '../model/model.ts';
import { describeAccount } from '../orders/account.ts';
import type { OrderSource, ReadOptions } from '../orders/options.ts';
import type { PickingProgress, TrainingProgress } from '../training/algorithm.ts';
import { checkTrainOptions, type TrainOptions } from '../training/fit.ts';
import { train } from '../tuning/train.ts';
import { count, decimal, duration, note, progress } from './terminal.ts';

/** How this program was called, so that hints can be pasted: in a clone it is no command of the shell. */
export const endcap = ['exec', 'start'].includes(process.env.npm_command ?? '') ? 'npx endcap' : 'endcap';
export const endcapStart = process.env.npm_lifecycle_event === 'start' ? 'npm start --' : `${endcap} start`;

export interface KernelReport {
  backend: string;
  isa: string;
  threads: number;
  failed: readonly Attempt[];
}

/** Which kernel these options give, found by opening it; says so where a better one is there but does not load. */
export async function chosenKernel(options: KernelOptions): Promise<KernelReport> {
  const { backend, isa, threads, failed, close } = openKernel(options);
  await close();
  // Which kind of wasm a host has is no news; that there is a binary and it does not load is.
  const lost = failed.find(({ what }) => backend === 'wasm' && what.startsWith('native'));
  if (lost) note(`notice: wasm runs, for ${lost.what} does not load: ${lost.reason.split('\n', 1)[0]}`);
  return { backend, isa, threads, failed };
}

export function kernelName({ backend, isa, threads }: Omit<KernelReport, 'failed'>): string {
  return `${backend} ${isa}, ${count(threads, 'thread')}`;
}

export function contents({
  customers,
  products,
  purchases,
}: Pick<Model, 'customers' | 'products' | 'purchases'>): string {
  const pairs = count(purchases.products.length, 'pair');
  return `${count(customers.length, 'customer')}, ${count(products.length, 'product')}, ${pairs}`;
}

export interface Training {
  model: Model;
  /** How orders were told apart, where it is not by ids and times. */
  notes: string[];
  readMs: number;
  trainMs: number;
}

/** Reads orders, telling how far it is and where every row went. */
export async function readWithProgress(source: OrderSource, reading: ReadOptions): Promise<Dataset> {
  const started = performance.now();
  const bar = progress('Reading');
  const dataset = await readOrders(source, {
    ...reading,
    onProgress: ({ bytes, totalBytes, rows }) => {
      if (totalBytes > 0) bar.at(bytes / totalBytes, count(rows, 'row'));
    },
  });
  bar.end();
  note(...describeAccount(dataset.account), `${contents(dataset)}, in ${duration(performance.now() - started)}`);
  return dataset;
}

/** Tells how far the choice of options and training are. */
export function trainingProgress() {
  const choosing = progress('Choosing options');
  const bar = progress('Training');
  bar.at(0, 'epoch 1');
  return {
    choosing({ done, total }: PickingProgress): void {
      choosing.at(done / total, `${done} of ${total} tried`);
    },
    at({ epoch, epochs, loss, elapsedMs }: TrainingProgress): void {
      const left = duration((elapsedMs / epoch) * (epochs - epoch));
      bar.at(epoch / epochs, `epoch ${epoch} of ${epochs}, loss ${decimal(loss)}, ${left} left`, epochs <= 20);
    },
    end: bar.end,
  };
}

/** Reads orders and trains on them. */
export async function trainOnOrders(
  source: OrderSource,
  reading: ReadOptions,
  training: TrainOptions,
  signal: AbortSignal,
): Promise<Training> {
  checkTrainOptions(training);
  const started = performance.now();
  const dataset = await readWithProgress(source, { ...reading, lines: training.algorithm === 'quantity', signal });
  const readMs = performance.now() - started;
  const bar = trainingProgress();
  const model = await train(dataset, { ...training, signal, onChoice: bar.choosing, onProgress: bar.at });
  bar.end();
  return { model, notes: orderNotes(dataset), readMs, trainMs: performance.now() - started - readMs };
}

/** Throws where a result would overwrite what it is made from. */
export function keepApart(from: string, to: string | undefined, flag = '-o'): void {
  if (to === undefined || resolve(from) !== resolve(to)) return;
  throw new EndcapError('invalid_options', `${flag} ${to} is the file to read; name another one to write`, {
    file: to,
  });
}

/** Says which product ids of filters and baskets stand for nothing. */
export function noteUnknown({ products }: Model, ...lists: (readonly string[] | undefined)[]): void {
  const unknown = lists.flatMap((list) => list?.filter((id) => !products.includes(id)) ?? []);
  if (unknown.length > 0) note(`notice: the model knows no product ${unknown.join(', ')}`);
}

/** The customer with the longest history: a good first one to ask for. */
export function busiestCustomer({ customers, purchases: { offsets } }: Model): string {
  let busiest = 0;
  for (let c = 1; c < customers.length; c++) {
    if (offsets[c + 1] - offsets[c] > offsets[busiest + 1] - offsets[busiest]) busiest = c;
  }
  return customers[busiest];
}

/** Runs work that the first SIGINT, SIGTERM or SIGHUP aborts and the second one ends at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(exitCodes[signal as keyof typeof exitCodes]);
    controller.abort(signal);
  };
  for (const signal of Object.keys(exitCodes)) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of Object.keys(exitCodes)) process.off(signal, stop);
  }
}

/** As shells count them: 128 and the signal's number. */
export const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
