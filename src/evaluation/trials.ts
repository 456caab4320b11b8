import type { Dataset } from '../dataset/dataset.ts';
import { signalsOf } from '../dataset/signals.ts';
import { EndcapError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../kernel/select.ts';
import { type AlsOptions, trainAls } from '../training/als.ts';
import { defaultBlend, type RankingOptions, rankingSettings } from '../training/ranking.ts';
import { learnBlend } from './blend.ts';
import { sampleOf } from './choice.ts';
import { mostIterations, trainUntilBest } from './stopping.ts';
import type { Outcome, Rung, TunedOptions } from './tuned.ts';
import {
  createJudge,
  createValidation,
  gainOf,
  type Judge,
  qualityOf,
  type Scores,
  sampleFactors,
  scoresOf,
  type Validation,
} from './validation.ts';

/** Epochs of the first rung. */
const shortRun = 4;
/** Days that the window of popularity may have; one takes the place of another by more than the noise only. */
const windows = [14, 30, 60, 120, 180];
const mostFinals = 3;

interface Setting {
  given: AlsOptions & RankingOptions;
  defaults: TunedOptions;
  kernel: KernelOptions;
  signal: AbortSignal;
}

/**
 * What is done on each rung of the search for options. A trial that diverges or needs more memory than there is counts as
 * one that finds nothing. Throws `nothing_to_measure` where too few customers bought enough; the trials `aborted`.
 */
export function createTrials(dataset: Dataset, { given, defaults, kernel: kernelOptions, signal }: Setting) {
  const { search, finals } = validationsOf(dataset, defaults.factors);
  const blend = { ...defaultBlend, ...given.blend };
  const { windowDays } = rankingSettings(given);
  const references = finals.map((): Promise<Scores> | undefined => undefined);

  async function short(options: TunedOptions): Promise<Outcome> {
    const trained = { ...options, windowDays, blend };
    const few = { ...trained, iterations: Math.min(shortRun, options.iterations) };
    return judged(search, few, async (judge) => ({ options: trained, value: (await qualityOf(judge, blend)).value }));
  }

  async function long(options: TunedOptions): Promise<Outcome> {
    const { train } = search.heldOut;
    const { decay } = options;
    return withKernel(async (kernel) => {
      const most = { ...options, iterations: given.iterations ?? mostIterations, signal };
      const signals = signalsOf(train, decay, windowDays);
      const { epoch, factors } = await trainUntilBest(kernel, search, signals, most, blend);
      const open = given.windowDays === undefined && train.history?.times !== undefined;
      const judgeOf = (days: number) => createJudge(kernel, search, factors, signalsOf(train, decay, days), decay);
      let days = windowDays;
      let judge = judgeOf(days);
      let scores = await scoresOf(judge, blend);
      for (const other of open ? windows : []) {
        const otherJudge = judgeOf(other);
        const otherScores = await scoresOf(otherJudge, blend);
        const gain = gainOf(otherScores, scores);
        if (gain.mean > gain.error) [days, judge, scores] = [other, otherJudge, otherScores];
      }
      const learned = given.blend ? blend : (await learnBlend(judge, signal)).blend;
      const { value } = await qualityOf(judge, learned);
      return { options: { ...options, iterations: epoch, windowDays: days, blend: learned }, value };
    });
  }

  async function last(options: TunedOptions): Promise<Outcome> {
    const rate = async (judge: Judge) => (await qualityOf(judge, options.blend)).value;
    let value = await judged(search, options, rate);
    let mean = 0;
    let variance = 0;
    for (const [i, validation] of finals.entries()) {
      references[i] ??= judged(validation, defaults, (judge) => scoresOf(judge, defaults.blend));
      const others = await references[i];
      await judged(validation, options, async (judge) => {
        value += await rate(judge);
        const gain = gainOf(await scoresOf(judge, options.blend), others);
        mean += gain.mean / finals.length;
        variance += (gain.error / finals.length) ** 2;
      });
    }
    return { options, value: value / (1 + finals.length), gain: { mean, error: Math.sqrt(variance) } };
  }

  function judged<T>(validation: Validation, options: TunedOptions, tell: (judge: Judge) => Promise<T>): Promise<T> {
    const { train } = validation.heldOut;
    return withKernel(async (kernel) => {
      const trained = await trainAls(kernel, train, { ...options, signal });
      const signals = signalsOf(train, options.decay, options.windowDays);
      return tell(createJudge(kernel, validation, sampleFactors(kernel, validation, trained), signals, options.decay));
    });
  }

  async function withKernel<T>(work: (kernel: Kernel) => Promise<T>): Promise<T> {
    const kernel = openKernel(kernelOptions);
    try {
      return await work(kernel);
    } finally {
      await kernel.close();
    }
  }

  const orNothing = (run: (options: TunedOptions) => Promise<Outcome>) => (options: TunedOptions) =>
    run(options).catch((error: unknown): Outcome => {
      if (error instanceof EndcapError && ['diverged', 'out_of_memory'].includes(error.code))
        return { options, value: 0 };
      throw error;
    });
  return { short: orNothing(short), long: orNothing(long), final: orNothing(last) } satisfies Record<Rung, unknown>;
}

/**
 * What points are chosen on, the last orders, and what the finalists are then compared on: the orders before the last, then
 * those before, up to three times, while enough customers have so many. Where that is not once, one half of the customers,
 * and the other.
 */
function validationsOf(dataset: Dataset, factors: number): { search: Validation; finals: Validation[] } {
  const search = createValidation(sampleOf(dataset), factors);
  if (!search) {
    throw new EndcapError(
      'nothing_to_measure',
      'too few customers bought enough to hold some of it out and see what options find it; train without tuning',
    );
  }
  const finals: Validation[] = [];
  for (let last = search; last.kind === 'orders' && finals.length < mostFinals; ) {
    const before = createValidation(last.heldOut.train, factors);
    if (before?.kind !== 'orders') break;
    finals.push(before);
    last = before;
  }
  if (finals.length > 0) return { search, finals };
  const half = (odd: number) => search.sample.filter((_, i) => i % 2 === odd);
  return { search: { ...search, sample: half(0) }, finals: [{ ...search, sample: half(1) }] };
}
