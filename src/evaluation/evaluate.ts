import type { Dataset, OrderLines } from '../dataset/dataset.ts';
import { checkKs, type MeasureProgress, measure } from '../measuring/measure.ts';
import { checkProtocol, holdOut, type ProtocolOptions } from '../measuring/protocols.ts';
import { plural } from '../measuring/wording.ts';
import { invalidOption, onlyKnown, optionalFunctions, optionalSignal } from '../options.ts';
import { createRecommender } from '../recommending/create.ts';
import type { PickingProgress, TrainingProgress } from '../training/algorithm.ts';
import { checkTrainOptions, type TrainOptions } from '../training/fit.ts';
import { train } from '../tuning/train.ts';
import { accountOf } from './account.ts';
import { baselinesOf } from './baselines.ts';
import { conclusionsOf } from './conclusions.ts';
import { createExamples } from './examples.ts';
import type { Evaluation } from './types.ts';

export interface EvaluateOptions extends ProtocolOptions {
  /**
   * How to train, and the kernel for training and lists; the defaults of `train`. Its signal stops the evaluation as
   * `signal` does, and its callbacks are called besides `onProgress`.
   */
  training?: TrainOptions;
  /** Lengths of lists to measure, 1 to 10,000; 5, 10, and 20 by default. */
  ks?: readonly number[];
  /** Whether to measure the baselines, too; true by default. */
  baselines?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: EvaluateProgress) => void;
}

export type EvaluateProgress =
  | ({ phase: 'choosing' } & PickingProgress)
  | ({ phase: 'training' } & TrainingProgress)
  | ({ phase: 'measuring' } & MeasureProgress);

const evaluateOptions = ['training', 'from', 'lastDays', 'test', 'ks', 'baselines', 'signal', 'onProgress'];

/** Checks what can be checked without data. Throws `invalid_options` that names the option. */
export function checkEvaluateOptions(options: EvaluateOptions): void {
  onlyKnown(options, evaluateOptions);
  checkProtocol(options);
  checkKs(options.ks);
  checkTrainOptions(options.training ?? {});
  const { baselines = true, signal, onProgress } = options;
  optionalSignal(signal);
  optionalFunctions({ onProgress });
  if (typeof baselines !== 'boolean') throw invalidOption('baselines', baselines, 'true or false');
}

/**
 * Holds orders out, trains a model on the rest, and measures how well its lists and those of simple baselines predict
 * what was held out. All products compete; nothing is sampled. By default the last order of each customer with two or
 * more is held out. The baselines get the same orders as the model; see `baselinesOf`.
 *
 * @throws `invalid_options`, `nothing_to_measure`, and what `train` and `createRecommender` throw.
 * @example
 * const { results, conclusions } = await evaluate(dataset, { lastDays: 30, training: { factors: 128 }, ks: [10] });
 * console.log(conclusions.join('\n'));
 */
export async function evaluate(dataset: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
  checkEvaluateOptions(options);
  const { training = {}, from, lastDays, test, onProgress } = options;
  const signals = [options.signal, training.signal].filter((signal) => signal !== undefined);
  const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined;
  const part = holdOut(dataset, { from, lastDays, test });
  const { heldOut, protocol } = part;

  const needsLines = training.algorithm === 'quantity';
  const model = await train(needsLines ? { ...heldOut.train, lines: linesOf(heldOut.train) } : heldOut.train, {
    ...training,
    signal,
    onChoice(progress) {
      training.onChoice?.(progress);
      onProgress?.({ phase: 'choosing', ...progress });
    },
    onProgress(progress) {
      training.onProgress?.(progress);
      onProgress?.({ phase: 'training', ...progress });
    },
  });

  const { algorithm, metadata } = model;
  const { backend, isa, threads } = training;
  const recommender = createRecommender(model, { backend, isa, threads });
  try {
    const { baselines, notes } = options.baselines === false ? { baselines: [], notes: [] } : baselinesOf(heldOut);
    const description = `${algorithm}, ${plural(model.factors, 'one factor', '# factors')}`;
    const examples = createExamples(heldOut);
    const measured = await measure(heldOut, [{ name: algorithm, description, lists: recommender }, ...baselines], {
      ks: options.ks,
      signal,
      onList: examples.take,
      onProgress: (progress) => onProgress?.({ phase: 'measuring', ...progress }),
    });
    const findings = {
      protocol,
      account: accountOf(part, notes),
      ...measured,
      training: {
        algorithm,
        options: metadata.options,
        ...(metadata.choice && { choice: metadata.choice }),
        ...(metadata.unchosen && { unchosen: metadata.unchosen }),
        losses: metadata.losses,
        ...(metadata.validation && { validation: metadata.validation }),
        trainingMs: metadata.trainingMs,
        kernel: metadata.kernel,
      },
      examples: examples.taken(),
    };
    return { ...findings, conclusions: conclusionsOf(findings) };
  } finally {
    await recommender.close();
  }
}

/** Every product of every order as a line of its own, for the algorithm that learns from lines. */
function linesOf({ history }: Dataset): OrderLines {
  const { offsets, starts, products, quantities } = history!;
  const customers = new Uint32Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) customers.fill(c, starts[offsets[c]], starts[offsets[c + 1]]);
  return { customers, products, quantities: quantities ?? new Float32Array(products.length).fill(1) };
}
