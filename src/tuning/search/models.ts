import type { OpenKernel } from '../../kernel/kernel.ts';
import type { Neighbours } from '../../model/model.ts';
import type { AlsStart } from '../../training/als.ts';
import { neighboursBy } from '../../training/neighbours/ease.ts';
import type { HeldOutSample } from '../judging/held-out.ts';
import { joinJudges } from '../judging/joined-judge.ts';
import type { Judge } from '../judging/judge.ts';
import { type JudgeFor, trainJudged } from '../judging/judged.ts';
import type { SampledFactors } from '../picking/sampled-factors.ts';
import type { SearchSamples } from './samples.ts';
import type { TunedOptions } from './tuned.ts';

/** A model that was trained without what the main sample holds out. */
interface MainModel {
  readonly judgeFor: JudgeFor;
  readonly sampled: SampledFactors;
}

/** The same options on all samples, each with a model of its own. */
export interface WholeModel {
  /** Judges all samples at once. */
  readonly judgeFor: JudgeFor;
  /** Judges what was bought from some time on; absent if no sample holds that out. */
  readonly newestFor?: JudgeFor;
}

/** Trains models for trials. What they allocate stays until their scope ends. */
export interface Models {
  train(scope: OpenKernel, options: TunedOptions, start?: AlsStart): Promise<MainModel>;
  /** Trains on the other samples, too. */
  complete(scope: OpenKernel, options: TunedOptions, main: MainModel): Promise<WholeModel>;
}

export function createModels(
  kernel: OpenKernel,
  { main, newest, isByTime }: SearchSamples,
  easeRegularization: number | undefined,
  signal: AbortSignal,
): Models {
  const neighbours = new Map<HeldOutSample, Promise<Neighbours>>();

  async function trainOn(sample: HeldOutSample, scope: OpenKernel, options: TunedOptions, start?: AlsStart) {
    const { judgesBy, sampled } = await trainJudged(scope, sample, { ...options, signal }, { start });
    const found = neighbours.get(sample) ?? neighboursBy(kernel, sample.heldOut.train, { easeRegularization, signal });
    neighbours.set(sample, found);
    return { judgeFor: judgesBy(await found), sampled: { ...sampled, neighbours: await found } };
  }

  return {
    train: (scope, options, start) => trainOn(main, scope, options, start),
    async complete(scope, options, { judgeFor }) {
      if (!newest) return { judgeFor, ...(isByTime && { newestFor: judgeFor }) };
      const { judgeFor: newestFor } = await trainOn(newest, scope, options);
      const joined = new Map<number, Judge>();
      return {
        newestFor,
        judgeFor(days) {
          const judge = joined.get(days) ?? joinJudges([judgeFor(days), newestFor(days)]);
          joined.set(days, judge);
          return judge;
        },
      };
    },
  };
}
