import type { Dataset } from '../dataset/dataset.ts';
import { EndcapError } from '../errors.ts';
import { type KernelOptions, openKernel } from '../kernel/open.ts';
import { signalsOf } from '../ranking/signals.ts';
import { defaultBlend, type RankingOptions, rankingSettings } from '../ranking/weights.ts';
import { type AlsOptions, trainAls } from '../training/als.ts';
import { learnBlend } from './blend.ts';
import { type Aim, createValidation } from './held-out.ts';
import { createJudge, type Judge, sampleFactors } from './judge.ts';
import { sampleOf } from './pick.ts';
import { gainOf, qualityOf, type Scores, scoresOf } from './quality.ts';
import type { Outcome, Rung, TunedOptions } from './tuned.ts';

/** Epochs of the first rung. */
const shortRun = 4;
/** Days that the window of popularity may have; one takes the place of another by more than two standard errors only. */
const windows = [14, 30, 60, 120, 180];
const mostCustomers = 10_000;

interface Setting {
  given: AlsOptions & RankingOptions;
  aim: Aim;
  defaults: TunedOptions;
  kernel: KernelOptions;
  signal: AbortSignal;
}

/**
 * What is done on each rung of the search for options. A trial that diverges or needs more memory than there is counts as
 * one that finds nothing. Throws `nothing_to_measure` where too few customers bought enough; the trials `aborted`.
 */
export function createTrials(dataset: Dataset, { given, aim, defaults, kernel: kernelOptions, signal }: Setting) {
  const validation = validationOf(dataset, defaults.factors, aim);
  const { train } = validation.heldOut;
  const blend = { ...defaultBlend, ...given.blend };
  const { windowDays } = rankingSettings(given);
  let standard: Promise<Scores> | undefined;

  function short(options: TunedOptions): Promise<Outcome> {
    const trained = { ...options, windowDays, blend };
    const few = { ...trained, iterations: Math.min(shortRun, options.iterations) };
    return judged(few, async (judgeOf) => ({
      options: trained,
      value: (await qualityOf(judgeOf(windowDays), blend)).value,
    }));
  }

  /** Whatever is not drawn is found here: the window, and the blend, which is that of the defaults where this gains more. */
  async function long(options: TunedOptions): Promise<Outcome> {
    standard ??= judged(defaults, (judgeOf) => scoresOf(judgeOf(defaults.windowDays), defaults.blend));
    const others = await standard;
    return judged(options, async (judgeOf) => {
      let days = windowDays;
      let judge = judgeOf(days);
      let scores = await scoresOf(judge, blend);
      const open = given.windowDays === undefined && train.history?.times !== undefined;
      for (const other of open ? windows.filter((days) => days !== windowDays) : []) {
        const otherJudge = judgeOf(other);
        const otherScores = await scoresOf(otherJudge, blend);
        const gain = gainOf(otherScores, scores);
        if (gain.mean > 2 * gain.error) [days, judge, scores] = [other, otherJudge, otherScores];
      }
      const blends = given.blend ? [blend] : [(await learnBlend(validation, judge, signal)).blend, defaults.blend];
      const outcomes: Required<Outcome>[] = [];
      for (const blend of blends) {
        const { value } = await qualityOf(judge, blend);
        const found = await scoresOf(judge, blend);
        outcomes.push({
          options: { ...options, windowDays: days, blend },
          value,
          gain: gainOf(found, others),
          halves: [gainOf(found, others, 0), gainOf(found, others, 1)],
        });
      }
      return outcomes.reduce((a, b) => (b.value > a.value ? b : a));
    });
  }

  /** @param tell gets judges, by the days of the window. */
  async function judged<T>(options: TunedOptions, tell: (judgeOf: (days: number) => Judge) => Promise<T>): Promise<T> {
    const { decay } = options;
    const kernel = openKernel(kernelOptions);
    try {
      const trained = await trainAls(kernel, train, { ...options, signal });
      const factors = sampleFactors(kernel, validation, trained);
      return await tell((days) => createJudge(kernel, validation, factors, signalsOf(train, decay, days), decay));
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
  return { short: orNothing(short), long: orNothing(long) } satisfies Record<Rung, unknown>;
}

/** Throws `nothing_to_measure`. */
function validationOf(dataset: Dataset, factors: number, aim: Aim) {
  const validation = createValidation(sampleOf(dataset), factors, mostCustomers, aim);
  if (validation) return validation;
  throw new EndcapError(
    'nothing_to_measure',
    'too few customers bought enough to hold some of it out and see what options find it; train without tuning',
  );
}
