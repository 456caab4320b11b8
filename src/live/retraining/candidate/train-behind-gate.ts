import type { Dataset } from '../../../dataset/dataset.ts';
import { linesOf } from '../../../dataset/split.ts';
import type { Gate, Model } from '../../../model/model.ts';
import type { SearchOptions, TrainOptions } from '../../../training/fit-on.ts';
import { hasOptions } from '../../../training/model-options.ts';
import { refit } from '../../../tuning/refit.ts';
import { train } from '../../../tuning/train.ts';
import { version } from '../../../version.ts';
import { endOf } from '../../purchases/customers.ts';
import { damagesOf } from '../gate/damage.ts';
import { type GateOptions, runGate } from '../gate/gate.ts';
import { holdOutNewest } from '../gate/hold-out-newest.ts';
import { gateOf } from '../gate/verdict.ts';

/** How far a training behind a gate is. */
export interface GateProgress {
  /** `training` again after `measuring`, if the candidate passed. */
  readonly stage: 'training' | 'measuring';
  /** The share of this stage that is done, 0 to 1, as far as it is known. */
  readonly done: number;
}

export interface BehindGateOptions {
  /** Options of `train`, those of the kernel among them. Progress and signal are those below. */
  training?: Omit<TrainOptions, 'signal' | 'onProgress' | 'onChoice'>;
  /** As for `runGate`. */
  hearsOfPurchases?: boolean;
  /** As for `runGate`. */
  acceptLoss?: boolean;
  /** As for `runGate`. */
  store?: GateOptions['store'];
  signal?: AbortSignal;
  onProgress?: (progress: GateProgress) => void;
}

/** A model that may be served, and what the gate found, which its metadata has, too; without a model if it was refused. */
export interface TrainedBehindGate {
  readonly model?: Model;
  readonly gate: Gate;
}

/** Of the training of a candidate, what the search takes if there is one. */
const searchShare = 0.8;

/**
 * Trains a model that may take the place of a served one. A candidate is trained without the newest orders, with a search for
 * the options that are not given (if it is to be `fast`, with those of the served model), and has to pass the gate (`runGate`).
 * Then the model itself is trained on all orders with what the candidate found: its options, weights, trees, and factors to go on
 * from. If too little is new to compare, the model is trained on all orders at once, and only refused if it is damaged.
 *
 * @throws what `train` and `runGate` throw.
 *
 * @example
 * const { model, gate } = await trainBehindGate(dataset, served, { signal, onProgress: ({ stage, done }) => console.log(stage, done) });
 * if (model) await saveModel(model, 'model.safetensors');
 * else console.error(gate.reason);
 */
export async function trainBehindGate(
  dataset: Dataset,
  served: Model,
  { training = {}, hearsOfPurchases, acceptLoss, store, signal, onProgress }: BehindGateOptions = {},
): Promise<TrainedBehindGate> {
  const newest = holdOutNewest(dataset, endOf(served));
  const { heldOut, needed } = newest;
  const { backend, isa, threads } = training;
  const kernel = { backend, isa, threads };
  const report = (stage: GateProgress['stage'], done: number) => onProgress?.({ stage, done });
  const candidate = await trainCandidate(heldOut ? withLines(heldOut.train, training) : dataset);
  const gate = await runGate({
    ...{ served, candidate, dataset, newest, hearsOfPurchases, acceptLoss, store, kernel, signal },
    onProgress: (done) => report('measuring', done),
  });
  if (!gate.passed) return { gate };
  if (!heldOut) return { model: withGate(candidate, gate), gate };
  const model = await refit(dataset, candidate, {
    ...kernel,
    signal,
    onProgress: ({ epoch, epochs }) => report('training', epoch / epochs),
  });
  const damages = damagesOf(served, model, acceptLoss);
  if (damages.length > 0) return { gate: gateOf(served, model, { ...gate, needed, damages }) };
  return { model: withGate(model, gate), gate };

  function trainCandidate(orders: Dataset): Promise<Model> {
    let searched = 0;
    if (keepsOptions(served, training))
      return refit(orders, served, {
        ...kernel,
        signal,
        onProgress: ({ epoch, epochs }) => report('training', epoch / epochs),
      });
    return train(orders, {
      ...training,
      signal,
      onChoice({ done, total }) {
        searched = searchShare;
        report('training', (searchShare * done) / total);
      },
      onProgress: ({ epoch, epochs }) => report('training', searched + ((1 - searched) * epoch) / epochs),
    });
  }
}

/** Orders with the lines that the algorithm `quantity` learns from. */
function withLines(orders: Dataset, { algorithm }: Pick<TrainOptions, 'algorithm'>): Dataset {
  return algorithm === 'quantity' ? { ...orders, lines: linesOf(orders) } : orders;
}

function withGate(model: Model, gate: Gate): Model {
  return { ...model, metadata: { ...model.metadata, gate } };
}

/** Whether there is to be no search, and the model has options that a search of this version found. */
function keepsOptions({ metadata }: Model, training: TrainOptions): boolean {
  const { fast, trees = metadata.repeatTrees !== undefined } = training as SearchOptions;
  return (
    fast === true &&
    metadata.choice !== undefined &&
    metadata.endcap === version &&
    trees === (metadata.repeatTrees !== undefined) &&
    hasOptions(metadata, training)
  );
}
