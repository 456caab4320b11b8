import { EndcapError } from '../errors.ts';
import type { ModelMetadata } from '../model/model.ts';

/** What every algorithm takes besides its own options. */
export interface TrainingControl {
  /** Stops the training, which then throws `aborted`. */
  signal?: AbortSignal;
  /** Called after every epoch. */
  onProgress?: (progress: TrainingProgress) => void;
  /** Called while options are picked by trying them, before the training itself. */
  onChoice?: (progress: PickingProgress) => void;
}

export interface PickingProgress {
  /** Models that have been trained so far, of the `total` that options are picked by. */
  done: number;
  total: number;
}

export interface TrainingProgress {
  /** Epochs done. */
  epoch: number;
  epochs: number;
  loss: number;
  elapsedMs: number;
}

/** What an algorithm learned: rows padded to the stride, in kernel memory. */
export interface Trained {
  factors: number;
  customerFactors: Float32Array;
  productFactors: Float32Array;
  /** Loss after each epoch. */
  losses: number[];
  /** Every option of the algorithm with the value that was used. */
  options: Record<string, string | number | boolean>;
  /** See `ModelMetadata.foldIn`. */
  foldIn: ModelMetadata['foldIn'];
  /** See `Signals`. */
  tasteRecency?: Float32Array;
  /** The customers' factors before the final solve, if a caller wants to go on from there. */
  iterated?: Float32Array;
}

/** Throws `diverged` if the loss is not a finite number. */
export function checkFinite(loss: number, epoch: number, advice: string): void {
  if (Number.isFinite(loss)) return;
  throw new EndcapError('diverged', `training diverged in epoch ${epoch}: the loss is not a finite number; ${advice}`, {
    epoch,
    loss: String(loss),
  });
}
