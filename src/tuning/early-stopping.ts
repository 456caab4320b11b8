import type { OpenKernel } from '../kernel/kernel.ts';
import { createScope } from '../kernel/scope.ts';
import { defaultBlend, type RankingOptions, rankingSettings } from '../ranking/weights.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import { trainAls } from '../training/als.ts';
import { type AlsOptions, alsSettings } from '../training/als-options.ts';
import type { Provenance } from '../training/fit-on.ts';
import { neighboursBy } from '../training/neighbours/ease.ts';
import { accuracyOf } from './judging/accuracy.ts';
import type { HeldOutSample } from './judging/held-out.ts';
import { createJudge, listLength } from './judging/judge.ts';
import { sampleFactors } from './picking/sampled-factors.ts';

/** Epochs that may pass without an improvement. */
const patience = 3;
/** Epochs at most, if no number is given. */
const maxIterations = 30;

/** The number of iterations that is best on held-out orders, and the metric after each epoch that was tried. */
export interface StoppedEarly {
  readonly iterations: number;
  readonly validation: NonNullable<Provenance['validation']>;
}

/**
 * Trains on the training part until three epochs have passed without an improvement on the held-out orders, for at most
 * `iterations` epochs, or 30 if no number is given.
 */
export async function stopEarly(
  kernel: OpenKernel,
  sample: HeldOutSample,
  options: AlsOptions & RankingOptions & Pick<TrainingControl, 'signal'>,
): Promise<StoppedEarly> {
  const settings = alsSettings({ ...options, iterations: options.iterations ?? maxIterations });
  const { factors, decay } = settings;
  const { windowDays, easeRegularization } = rankingSettings(options);
  const blend = { ...defaultBlend, ...options.blend };
  const { signal } = options;
  const neighbours =
    blend.neighbours > 0 ? await neighboursBy(kernel, sample.heldOut.train, { easeRegularization, signal }) : undefined;
  const values: number[] = [];
  let best = 0;
  const scope = createScope(kernel);
  try {
    const als = { ...settings, signal };
    await trainAls(scope, sample.heldOut.train, als, {
      signals: sample.signals,
      async watch(epoch, customerFactors, productFactors) {
        const judging = createScope(scope);
        try {
          const sampled = sampleFactors(judging, sample, { factors, customerFactors, productFactors }, neighbours);
          const judge = createJudge(judging, sample, sampled, { decay, windowDays });
          values.push((await accuracyOf(judge, blend)).value);
        } finally {
          judging.end();
        }
        if (epoch === 1 || values[epoch - 1] > values[best]) best = epoch - 1;
        return epoch - 1 - best >= patience ? 'stop' : undefined;
      },
    });
  } finally {
    scope.end();
  }
  const questions = sample.kind === 'orders' ? 'all and new products' : 'new products';
  return { iterations: best + 1, validation: { metric: `recall + NDCG @${listLength}, ${questions}`, values } };
}
