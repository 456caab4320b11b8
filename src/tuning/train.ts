import type { Dataset } from '../dataset/dataset.ts';
import { openKernel } from '../kernel/open.ts';
import type { MeasuredModel } from '../model/measured.ts';
import type { Model } from '../model/model.ts';
import { windowOf } from '../ranking/window.ts';
import { checkDataset, checkTrainOptions, fit, fitOn, type TrainOptions } from '../training/fit.ts';
import { stopEarly } from './early-stopping.ts';
import { measuredOf } from './judging/measured.ts';
import type { Picked } from './pick.ts';
import { freeSearched, type Searched } from './sampled-factors.ts';
import { inSequence, settleOptions } from './settle.ts';
import { type LearnedTrees, learnTreesFor } from './trees/repeat-trees.ts';

/**
 * Trains a model on a dataset.
 *
 * `algorithm: 'als'` (the default) predicts what a customer wants next; `'quantity'` minimizes the squared error on
 * quantities and needs a dataset that was read with `lines: true`.
 *
 * Of `als`, `train` picks `regularization`, `unobservedWeight`, `tasteDecay`, and `blend` with its `windowDays` by what models
 * with them find of held-out orders, each unless it is given, and `factors` in catalogues of more than 5,000 products, within `budget`;
 * `model.metadata.choice` reports how, `unchosen` why not. With `earlyStopping` it also picks the number of iterations; see
 * `model.metadata.validation`. If it is to be `fast`, if there are fewer than 500 orders, or if too few customers came twice,
 * it takes the defaults and a blend that follows from the number of orders. If orders have neither ids nor times, `decay` and
 * `tasteDecay` are 1 unless they are given.
 *
 * Where customers buy again, it also tries trees that correct the scores of products bought before, unless `trees` is false;
 * `model.metadata.repeatTrees` reports what they gained and whether they are kept.
 *
 * `model.metadata.measured` says what lists find of the held-out orders next to best-sellers and other simple lists.
 *
 * The same data, options and seed give the same model for any number of threads on one backend and instruction set.
 *
 * @example
 * const dataset = await readOrders('orders.csv');
 * const model = await train(dataset, { factors: 64, onProgress: ({ epoch, loss }) => console.log(epoch, loss) });
 * await saveModel(model, 'model.safetensors');
 *
 * @throws `invalid_options`, `no_orders`, `diverged`, `aborted`, `kernel_unavailable`, `out_of_memory`.
 */
export async function train(dataset: Dataset, options: TrainOptions = {}): Promise<Model> {
  checkTrainOptions(options);
  if (options.algorithm === 'quantity') return fit(dataset, options);
  checkDataset(dataset);
  const known = inSequence(dataset, options);
  const kernel = openKernel(options);
  try {
    const { earlyStopping = false } = known;
    const { sample, searched, ...picked } = await settleOptions(kernel, dataset, known);
    const settled = { ...known, ...picked.options };
    const stopped = earlyStopping && sample ? await stopEarly(kernel, sample, settled) : undefined;
    const final = stopped ? { ...settled, iterations: stopped.iterations } : settled;
    // Another number of iterations gives other factors.
    const learned = await learnTreesFor(kernel, dataset, final, stopped ? undefined : searched);
    const measured = stopped ? undefined : measuredIn(dataset, searched, picked.provenance, learned);
    if (searched) freeSearched(kernel, searched);
    const provenance = {
      ...(known.guards && { guards: known.guards }),
      ...picked.provenance,
      ...(measured && { measured }),
      ...(stopped && { validation: stopped.validation }),
      ...(learned && { repeatTrees: learned.tried }),
    };
    return await fitOn(kernel, dataset, final, provenance, learned?.trees);
  } finally {
    await kernel.close();
  }
}

/** What lists find of the orders that the search held out, with the trees if the model has some. */
function measuredIn(
  { history }: Dataset,
  searched: Searched | undefined,
  { choice, guards }: Picked['provenance'],
  learned: LearnedTrees | undefined,
): MeasuredModel | undefined {
  if (!searched?.found || !choice) return undefined;
  const { to } = windowOf(history?.times, 1);
  return measuredOf(searched.sample, searched.found, {
    picked: choice.tried.length > 1 || guards !== undefined,
    ...(Number.isFinite(to) && { until: to }),
    ...(learned?.trees && { trees: learned.onSearched ?? 'unknown' }),
  });
}
