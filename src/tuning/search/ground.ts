import type { Dataset } from '../../dataset/dataset.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { createScope } from '../../kernel/scope.ts';
import type { AlsStart } from '../../training/als.ts';
import { accuracyOf, type CustomerScores, scoresOf } from '../judging/accuracy.ts';
import type { Weighed } from '../judging/guards.ts';
import type { Aim } from '../judging/held-out.ts';
import type { SampledFactors } from '../picking/sampled-factors.ts';
import { learnTreesFor } from '../trees/repeat-trees.ts';
import type { Found } from './comparison.ts';
import { createModels, type Models, type WholeModel } from './models.ts';
import type { SearchSamples } from './samples.ts';
import type { TunedOptions } from './tuned.ts';

/** What options find, window and blend included. */
interface Measured extends Found {
  readonly value: number;
  /** What models without the newest weeks find on the main sample alone. */
  readonly first: CustomerScores;
  /** What trees add for each customer; empty if they are not kept. */
  readonly trees: ReadonlyMap<number, number>;
}

/** Orders that options are compared by. */
export interface Ground {
  readonly models: Models;
  foundBy(model: WholeModel, weighed: Weighed): Promise<Found>;
  treesOf(options: TunedOptions, sampled: SampledFactors): Promise<ReadonlyMap<number, number>>;
  measure(options: TunedOptions, start?: AlsStart): Promise<Measured>;
  /** What the defaults find, measured once. */
  standard(start?: AlsStart): Promise<Measured>;
}

interface Setting {
  readonly defaults: TunedOptions;
  readonly aim: Aim;
  readonly easeRegularization: number | undefined;
  readonly signal: AbortSignal;
}

/** @param dataset of which the samples hold out a part. */
export function createGround(
  kernel: OpenKernel,
  dataset: Dataset,
  samples: SearchSamples,
  { defaults, aim, easeRegularization, signal }: Setting,
): Ground {
  const { main, newest } = samples;
  const models = createModels(kernel, samples, easeRegularization, signal);
  let standard: Promise<Measured> | undefined;

  const ground: Ground = {
    models,
    async foundBy({ judgeFor, newestFor }, { blend, windowDays }) {
      const scores = await scoresOf(judgeFor(windowDays), blend);
      return { scores, ...(newest && newestFor && { newest: await scoresOf(newestFor(windowDays), blend) }) };
    },
    async treesOf(options, sampled) {
      if (!main.questions.includes('all')) return new Map();
      const searched = aim.lastDays === undefined ? { sample: main, sampled } : undefined;
      const learned = await learnTreesFor(kernel, dataset, { ...options, signal }, searched);
      return learned?.trees ? learned.gains : new Map();
    },
    async measure(options, start) {
      const { windowDays, blend } = options;
      const scope = createScope(kernel);
      try {
        const model = await models.train(scope, options, start);
        const first = await scoresOf(model.judgeFor(windowDays), blend);
        const whole = await models.complete(scope, options, model);
        const found = await ground.foundBy(whole, options);
        const { value } = await accuracyOf(whole.judgeFor(windowDays), blend);
        return { ...found, value, first, trees: await ground.treesOf(options, model.sampled) };
      } finally {
        scope.end();
      }
    },
    standard(start) {
      standard ??= ground.measure(defaults, start);
      return standard;
    },
  };
  return ground;
}
