import type { OpenKernel } from '../../kernel/kernel.ts';
import type { Neighbours } from '../../model/model.ts';
import { decayOf } from '../../ranking/weights.ts';
import { type AlsContext, type AlsStart, trainAls } from '../../training/als.ts';
import type { AlsOptions } from '../../training/als-options.ts';
import { type SampledFactors, sampleFactors } from '../picking/sampled-factors.ts';
import type { HeldOutSample } from './held-out.ts';
import { createJudge, type Judge } from './judge.ts';

/** Judges a model by the days of the window of trend. */
export type JudgeFor = (windowDays: number) => Judge;
/** Judges a model by the neighbours of products, which its factors do not depend on. */
export type JudgesBy = (neighbours: Neighbours | undefined) => JudgeFor;

/** A model that was trained on the training part of a sample, and what judges it by the held-out orders. */
export interface Judged {
  readonly judgesBy: JudgesBy;
  readonly sampled: SampledFactors;
  /** Where others may go on from, if it was trained for that. */
  readonly factors?: Omit<AlsStart, 'epochs'>;
}

/** Trains on the training part of a sample. What it allocates stays until the kernel, a scope, ends. */
export async function trainJudged(
  kernel: OpenKernel,
  sample: HeldOutSample,
  options: AlsOptions & { readonly signal?: AbortSignal },
  context: Omit<AlsContext, 'signals'> = {},
): Promise<Judged> {
  const trained = await trainAls(kernel, sample.heldOut.train, options, { ...context, signals: sample.signals });
  const sampled = sampleFactors(kernel, sample, trained);
  const { customerFactors, productFactors, iterated } = trained;
  if (customerFactors !== iterated) kernel.memory.free(customerFactors);
  const judgesBy = judgesOf(kernel, sample, sampled, decayOf(options));
  const start = iterated && { customers: iterated, products: productFactors };
  return { judgesBy, sampled, ...(start && { factors: start }) };
}

/** What judges factors of a sample, each window once. */
export function judgesOf(kernel: OpenKernel, sample: HeldOutSample, sampled: SampledFactors, decay: number): JudgesBy {
  return (neighbours) => {
    const factors = neighbours ? { ...sampled, neighbours } : sampled;
    const judges = new Map<number, Judge>();
    return (windowDays) => {
      const judge = judges.get(windowDays) ?? createJudge(kernel, sample, factors, { decay, windowDays });
      judges.set(windowDays, judge);
      return judge;
    };
  };
}
