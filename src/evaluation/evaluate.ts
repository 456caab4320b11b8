import { type Dataset, type OrderLines, rowsWithPairs } from '../dataset/dataset.ts';
import type { HeldOut } from '../dataset/split.ts';
import { checkKs, type MeasureProgress, measure } from '../measuring/measure.ts';
import { checkProtocol, holdOut, type ProtocolOptions } from '../measuring/protocols.ts';
import { type EvaluationQuestion, questions, targetsOf } from '../measuring/questions.ts';
import { plural } from '../measuring/wording.ts';
import { onlyKnown } from '../options.ts';
import { createRecommender } from '../recommending/recommender.ts';
import type { ChoiceProgress, TrainingProgress } from '../training/algorithm.ts';
import { checkTrainOptions, type TrainOptions } from '../training/fit.ts';
import { train } from '../tuning/train.ts';
import { baselinesOf } from './baselines.ts';
import { conclusionsOf } from './conclusions.ts';
import { createExamples } from './examples.ts';
import type { Evaluation, EvaluationAccount } from './types.ts';

export interface EvaluateOptions extends ProtocolOptions {
  /** How to train, and the kernel for training and lists; the defaults of `train`. */
  training?: TrainOptions;
  /** Lengths of lists, 1 to 10,000; 5, 10 and 20 by default. */
  ks?: readonly number[];
  /** Whether the baselines are measured too; true by default. */
  baselines?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: EvaluateProgress) => void;
}

export type EvaluateProgress =
  | ({ phase: 'choosing' } & ChoiceProgress)
  | ({ phase: 'training' } & TrainingProgress)
  | ({ phase: 'measuring' } & MeasureProgress);

const known = ['training', 'from', 'lastDays', 'test', 'ks', 'baselines', 'signal', 'onProgress'];

/** Checks what can be checked before there are data. Throws `invalid_options` that names the option. */
export function checkEvaluateOptions(options: EvaluateOptions): void {
  onlyKnown(options, known);
  checkProtocol(options);
  checkKs(options.ks);
  checkTrainOptions(options.training ?? {});
}

/**
 * Holds orders out, trains on the rest, and measures how well the model and simple baselines list what was held out. All
 * products are ranked, never a sample of them. By default the last order of each customer with two or more is held out.
 * The baselines are given the same orders as the model; see `baselinesOf`.
 *
 * @throws `invalid_options`, `nothing_to_measure`, and what `train` and `createRecommender` throw.
 */
export async function evaluate(dataset: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
  checkEvaluateOptions(options);
  const { training = {}, signal, onProgress } = options;
  const { heldOut, protocol, unmeasured, notes } = holdOut(dataset, options);
  const learned =
    training.algorithm === 'quantity' ? { ...heldOut.train, lines: linesOf(heldOut.train) } : heldOut.train;
  const model = await train(learned, {
    ...training,
    signal,
    onChoice: (progress) => onProgress?.({ phase: 'choosing', ...progress }),
    onProgress: (progress) => onProgress?.({ phase: 'training', ...progress }),
  });
  const { algorithm, metadata } = model;
  const { backend, isa, threads } = training;
  const recommender = createRecommender(model, { backend, isa, threads });
  try {
    const { baselines, notes: more } =
      options.baselines === false ? { baselines: [], notes: [] } : baselinesOf(heldOut);
    const description = `${algorithm}, ${plural(model.factors, 'one factor', '# factors')}`;
    const examples = createExamples(heldOut);
    const measured = await measure(heldOut, [{ name: algorithm, description, lists: recommender }, ...baselines], {
      ks: options.ks,
      signal,
      onList: examples.take,
      onProgress: (progress) => onProgress?.({ phase: 'measuring', ...progress }),
    });
    const account = accountOf(heldOut);
    const found = {
      protocol,
      account: { ...account, unmeasured, notes: [...notes, ...more, ...accountNotes(account)] },
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
    return { ...found, conclusions: conclusionsOf(found) };
  } finally {
    await recommender.close();
  }
}

function accountOf(heldOut: HeldOut): Omit<EvaluationAccount, 'unmeasured' | 'notes'> {
  const { purchases, byProduct, history } = heldOut.train;
  const customers = rowsWithPairs(purchases.offsets);
  const targets = (question: EvaluationQuestion) => {
    const { customers, products } = targetsOf(heldOut, question);
    return { customers: customers.length, targets: products.length };
  };
  return {
    training: {
      customers,
      products: rowsWithPairs(byProduct.offsets),
      orders: history ? history.starts.length - 1 : customers,
      pairs: purchases.products.length,
    },
    measured: heldOut.customers.length,
    targets: { all: targets('all'), explore: targets('explore'), repeat: targets('repeat') },
    unseenTargets: heldOut.products.filter((row) => byProduct.offsets[row] === byProduct.offsets[row + 1]).length,
  };
}

function accountNotes({ training, targets, unseenTargets }: Omit<EvaluationAccount, 'unmeasured' | 'notes'>): string[] {
  const notes: string[] = [];
  if (training.products === 1) notes.push('There is one product to learn from, so there is nothing to rank.');
  for (const question of questions) {
    if (targets[question].targets > 0) continue;
    notes.push(
      question === 'explore'
        ? 'Nobody then bought a product for the first time, so explore cannot be measured.'
        : 'Nobody then bought a product again, so repeat cannot be measured.',
    );
  }
  if (unseenTargets > 0) {
    notes.push(
      plural(
        unseenTargets,
        'One target is a product that nobody had bought before; a list holds it by chance only.',
        '# targets are products that nobody had bought before; lists hold them by chance only.',
      ),
    );
  }
  return notes;
}

/** Every product of every order as a line of its own. */
function linesOf({ history }: Dataset): OrderLines {
  const { offsets, starts, products, quantities } = history!;
  const customers = new Uint32Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) customers.fill(c, starts[offsets[c]], starts[offsets[c + 1]]);
  return { customers, products, quantities: quantities ?? new Float32Array(products.length).fill(1) };
}
