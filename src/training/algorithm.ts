import { EndcapError } from '../errors.ts';

/** What every algorithm takes beside its own options. */
export interface TrainingControl {
  signal?: AbortSignal;
  onProgress?: (progress: TrainingProgress) => void;
  /** Told while options are chosen by trying them, before the training itself. */
  onChoice?: (progress: ChoiceProgress) => void;
}

export interface ChoiceProgress {
  /** Of `total` models that are trained to choose between them. */
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

/** What an algorithm learned, rows padded to the stride, in kernel memory. */
export interface Trained {
  factors: number;
  customerFactors: Float32Array;
  productFactors: Float32Array;
  losses: number[];
  options: Record<string, string | number | boolean>;
  foldIn: Record<string, number>;
  /** See `Signals`. */
  tasteRecency?: Float32Array;
}

/** Stops training that left the finite numbers. */
export function checkFinite(loss: number, epoch: number, advice: string): void {
  if (Number.isFinite(loss)) return;
  throw new EndcapError('diverged', `training diverged in epoch ${epoch}: the loss is no finite number; ${advice}`, {
    epoch,
    loss: String(loss),
  });
}
