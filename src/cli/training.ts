/** Reading orders and training on them, with their progress on stderr. */
import type { Dataset } from '../dataset/dataset.ts';
import { readOrders } from '../dataset/read.ts';
import type { RetrainingProgress } from '../live/retraining/outcome.ts';
import type { Model } from '../model/model.ts';
import type { Note } from '../orders/look.ts';
import type { OrderSource, ReadOptions } from '../orders/options.ts';
import type { PickingProgress, TrainingProgress } from '../training/algorithm.ts';
import { checkTrainOptions, type TrainOptions } from '../training/fit-on.ts';
import { train } from '../tuning/train.ts';
import { contents } from './terminal/model-words.ts';
import { noteSummary } from './terminal/summary.ts';
import { count, decimal, duration, note, type Progress, progress } from './terminal/terminal.ts';

export interface Training {
  model: Model;
  /** Of the dataset. */
  notes: readonly Note[];
  readMs: number;
  trainMs: number;
}

/**
 * Reads orders, then notes where every record went.
 *
 * @param read what reads them.
 */
export async function readWithProgress(source: OrderSource, reading: ReadOptions, read = readOrders): Promise<Dataset> {
  const started = performance.now();
  const bar = progress('Reading');
  const dataset = await read(source, {
    ...reading,
    // How much a database or a pipe has is not known.
    onProgress: ({ bytes, totalBytes, rows }) =>
      bar.at(totalBytes > 0 ? bytes / totalBytes : undefined, count(rows, 'row')),
  });
  bar.end();
  noteSummary(dataset);
  note(`${contents(dataset)}, in ${duration(performance.now() - started)}`);
  return dataset;
}

/** Progress bars for picking options and for the epochs of training. */
export function trainingProgress() {
  const picking = progress('Picking options');
  const bar = progress('Training');
  bar.at(0, 'epoch 1');
  return {
    picking({ done, total }: PickingProgress): void {
      picking.at(done / total, `${done} of ${total} tried`);
    },
    at({ epoch, epochs, loss, elapsedMs }: TrainingProgress): void {
      const left = duration((elapsedMs / epoch) * (epochs - epoch));
      bar.at(epoch / epochs, `epoch ${epoch} of ${epochs}, loss ${decimal(loss)}, ${left} left`, epochs <= 20);
    },
    end: bar.end,
  };
}

/** A progress bar for each stage of a retraining run. */
export function runProgress() {
  const labels = { reading: 'Reading', training: 'Training', measuring: 'Measuring', writing: 'Writing' };
  const bars = new Map<string, Progress>();
  return {
    at({ stage, done }: RetrainingProgress): void {
      const isNew = !bars.has(stage);
      const bar = bars.get(stage) ?? progress(labels[stage]);
      bars.set(stage, bar);
      bar.at(done ?? 0, '', isNew);
    },
    end(): void {
      for (const bar of bars.values()) bar.end();
    },
  };
}

/**
 * Reads orders and trains a model on them.
 *
 * @param read what reads them.
 */
export async function trainOnOrders(
  source: OrderSource,
  reading: ReadOptions,
  training: TrainOptions,
  signal: AbortSignal,
  read: typeof readOrders = readOrders,
): Promise<Training> {
  checkTrainOptions(training);
  const started = performance.now();
  const lines = training.algorithm === 'quantity';
  const dataset = await readWithProgress(source, { ...reading, lines, signal }, read);
  const readMs = performance.now() - started;
  const bar = trainingProgress();
  const model = await train(dataset, { ...training, signal, onChoice: bar.picking, onProgress: bar.at });
  bar.end();
  return { model, notes: dataset.notes ?? [], readMs, trainMs: performance.now() - started - readMs };
}
