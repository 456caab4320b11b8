import type { Dataset } from '../dataset/dataset.ts';
import { linesOf } from '../dataset/split.ts';
import { baselinesOf } from '../measuring/baselines/baselines.ts';
import { checkKs, type MeasureProgress, mainOf } from '../measuring/measure-options.ts';
import { createMeasurement } from '../measuring/measurement.ts';
import { checkWindows, holdOutWindows, type WindowOptions } from '../measuring/protocols/windows.ts';
import type { Model } from '../model/model.ts';
import { invalidOption, onlyKnown, optionalFunctions, optionalSignal } from '../options.ts';
import { createRecommender } from '../recommending/create.ts';
import { defaultPurchased } from '../recommending/filters.ts';
import type { PickingProgress, TrainingProgress } from '../training/algorithm.ts';
import { checkTrainOptions, type TrainOptions } from '../training/fit-on.ts';
import { train } from '../tuning/train.ts';
import { plural } from '../wording.ts';
import { ablationsOf } from './ablations.ts';
import { accountOf } from './account.ts';
import { conclusionsOf } from './conclusions.ts';
import { createExamples } from './examples.ts';
import { createPartShares } from './part-shares.ts';
import type { Evaluation } from './types.ts';

export interface EvaluateOptions extends WindowOptions {
  /**
   * How to train, and the kernel for training and lists; the defaults of `train`. Its signal stops the evaluation as
   * `signal` does, and its callbacks are called besides `onProgress`.
   */
  training?: TrainOptions;
  /** Lengths of lists to measure, 1 to 10,000; 5, 10, and 20 by default. */
  ks?: readonly number[];
  /** Whether to measure the baselines, too, and the model without single parts, such as neighbours; true by default. */
  baselines?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: EvaluateProgress) => void;
}

export type EvaluateProgress = {
  /** From 1, the oldest. */ window: number /** How many windows there are. */;
  windows: number;
} & (
  | ({ phase: 'choosing' } & PickingProgress)
  | ({ phase: 'training' } & TrainingProgress)
  | ({ phase: 'measuring' } & MeasureProgress)
);

const protocolOptions = ['protocol', 'windows', 'from', 'lastDays', 'test'];
const evaluateOptions = [...protocolOptions, 'training', 'ks', 'baselines', 'signal', 'onProgress'];

const nobodyRebuys =
  'Nobody buys a product twice in this shop, so lists leave out what the customer bought, those of the baselines too.';

/** Checks what can be checked without data. Throws `invalid_options` that names the option. */
export function checkEvaluateOptions(options: EvaluateOptions): void {
  onlyKnown(options, evaluateOptions);
  checkWindows(options);
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
  const { training = {}, protocol, windows, from, lastDays, test, onProgress } = options;
  const signals = [options.signal, training.signal].filter((signal) => signal !== undefined);
  const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined;
  const held = holdOutWindows(dataset, { protocol, windows, from, lastDays, test });
  const last = held.windows.length;
  let window = 1;
  const ks = checkKs(options.ks);
  const parts = createPartShares(mainOf(ks));
  let examples!: ReturnType<typeof createExamples>;
  let hits!: ReturnType<typeof parts.window>;
  const measurement = createMeasurement({
    ks,
    signal,
    onList(customer, rows, question) {
      if (question === 'all') examples.take(customer, rows);
      hits.take(customer, rows, question);
    },
    onProgress: (progress) => onProgress?.({ phase: 'measuring', window, windows: last, ...progress }),
  });
  let notes: string[] = [];
  let report: Evaluation['training'];
  for (; window <= last; window++) {
    const heldOut = held.windows[window - 1];
    examples = createExamples(heldOut);
    hits = parts.window(heldOut);
    const lines = training.algorithm === 'quantity' && { lines: linesOf(heldOut.train) };
    const model = await train(
      { ...heldOut.train, ...lines },
      {
        ...training,
        signal,
        onChoice(progress) {
          training.onChoice?.(progress);
          onProgress?.({ phase: 'choosing', window, windows: last, ...progress });
        },
        onProgress(progress) {
          training.onProgress?.(progress);
          onProgress?.({ phase: 'training', window, windows: last, ...progress });
        },
      },
    );
    const { backend, isa, threads } = training;
    const recommender = createRecommender(model, { backend, isa, threads });
    const removed = ablationsOf(recommender, { backend, isa, threads });
    try {
      const others = options.baselines === false ? { baselines: [], notes: [] } : baselinesOf(heldOut);
      const { ablations } = options.baselines === false ? { ablations: [] } : removed;
      const description = `${model.algorithm}, ${plural(model.factors, 'one factor', '# factors')}`;
      const purchased = defaultPurchased(model);
      // Baselines that know only what the customer bought have nothing to say about anything else.
      const baselines = others.baselines.filter(({ questions }) => purchased === 'allow' || questions === undefined);
      const contestants = [{ name: model.algorithm, description, lists: recommender }, ...baselines, ...ablations];
      await measurement.add(heldOut, contestants, purchased);
      notes = purchased === 'exclude' ? [...others.notes, nobodyRebuys] : others.notes;
      await hits.explain(recommender, signal);
    } finally {
      await recommender.close();
      await removed.close();
    }
    report = trainingReport(model);
  }
  const findings = {
    protocol: held.protocol,
    account: accountOf(held, notes),
    ...measurement.measured(),
    ...(parts.shares().length > 0 && { parts: parts.shares() }),
    training: report,
    examples: examples.taken(),
  };
  return { ...findings, conclusions: conclusionsOf(findings) };
}

function trainingReport({ algorithm, metadata }: Model): Evaluation['training'] {
  const { options, shop, guards, repeatTrees, choice, unchosen, losses, validation, trainingMs, kernel } = metadata;
  return {
    ...{ algorithm, options, losses, trainingMs, kernel },
    ...(shop && { shop }),
    ...(guards && { guards }),
    ...(repeatTrees && { repeatTrees }),
    ...(choice && { choice }),
    ...(unchosen && { unchosen }),
    ...(validation && { validation }),
  };
}
