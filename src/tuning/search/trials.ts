import type { Dataset } from '../../dataset/dataset.ts';
import { EndcapError } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { createScope } from '../../kernel/scope.ts';
import type { Neighbours } from '../../model/model.ts';
import type { RankingOptions } from '../../ranking/weights.ts';
import { trainAls } from '../../training/als.ts';
import type { AlsOptions } from '../../training/als-options.ts';
import { neighboursBy } from '../../training/neighbours/ease.ts';
import { learnBlend } from '../blend.ts';
import { accuracyOf, type CustomerScores, gainOf, scoresOf } from '../judging/accuracy.ts';
import { type Aim, type HeldOutSample, holdOutSample } from '../judging/held-out.ts';
import { createJudge, type Judge } from '../judging/judge.ts';
import { learnableOf } from '../pick.ts';
import { sampleFactors } from '../sampled-factors.ts';
import type { Outcome, Rung, TunedOptions } from './tuned.ts';

/** Epochs of short trials. */
const shortEpochs = 4;
/** Days that the window of trend may have; one replaces another only if it is better by two standard errors. */
const windows = [14, 30, 60, 120, 180];
const maxCustomers = 10_000;

interface Search {
  readonly given: AlsOptions & RankingOptions;
  readonly aim: Aim;
  readonly defaults: TunedOptions;
  readonly signal: AbortSignal;
}

/** Tries options on one rung of the search. */
export type RunTrial = (options: TunedOptions) => Promise<Outcome>;

/**
 * What a search does on each rung. A trial that diverges or runs out of memory has an outcome of value 0. Throws
 * `nothing_to_measure` if too few customers bought enough; trials throw `aborted`.
 */
export function createTrials(
  kernel: OpenKernel,
  dataset: Dataset,
  { given, aim, defaults, signal }: Search,
): Record<Rung, RunTrial> {
  const sample = sampleFor(dataset, defaults.factors, aim);
  const { train } = sample.heldOut;
  const { blend, windowDays, easeRegularization } = defaults;
  const names = learnableOf(sample, blend);
  let neighbours: Promise<Neighbours> | undefined;
  let scoresOfDefaults: Promise<CustomerScores> | undefined;

  function runShort(options: TunedOptions): Promise<Outcome> {
    const trial = { ...options, windowDays, blend };
    const shortened = { ...trial, iterations: Math.min(shortEpochs, options.iterations) };
    return judged(shortened, async (judgeFor) => {
      const { value } = await accuracyOf(judgeFor(windowDays), blend);
      return { options: trial, value };
    });
  }

  /** Finds what is not drawn: the window, and the blend, which is that of the defaults if it is better than a learned one. */
  async function runLong(options: TunedOptions): Promise<Outcome> {
    scoresOfDefaults ??= judged(defaults, (judgeFor) => scoresOf(judgeFor(defaults.windowDays), defaults.blend));
    const standard = await scoresOfDefaults;
    return judged(options, async (judgeFor) => {
      const { judge, days } = await pickWindow(judgeFor);
      const learned = given.blend ? [] : [(await learnBlend(judge, blend, names, sample.kind, signal)).blend];
      const outcomes: Outcome[] = [];
      for (const each of given.blend ? [blend] : [...learned, defaults.blend]) {
        const { value } = await accuracyOf(judge, each);
        const scores = await scoresOf(judge, each);
        outcomes.push({
          options: { ...options, windowDays: days, blend: each },
          value,
          gain: gainOf(scores, standard),
          halves: [gainOf(scores, standard, 0), gainOf(scores, standard, 1)],
        });
      }
      return outcomes.reduce((a, b) => (b.value > a.value ? b : a));
    });
  }

  /** The window that `given` or the default has, unless another one is better by more than the noise. */
  async function pickWindow(judgeFor: (days: number) => Judge): Promise<{ judge: Judge; days: number }> {
    let picked = { judge: judgeFor(windowDays), days: windowDays };
    if (given.windowDays !== undefined || train.history?.times === undefined) return picked;
    let scores = await scoresOf(picked.judge, blend);
    for (const days of windows.filter((days) => days !== windowDays)) {
      const judge = judgeFor(days);
      const otherScores = await scoresOf(judge, blend);
      const gain = gainOf(otherScores, scores);
      if (gain.mean > 2 * gain.error) [picked, scores] = [{ judge, days }, otherScores];
    }
    return picked;
  }

  /** Trains on the training part; `measure` gets the judges of the model, by the days of the window. */
  async function judged<T>(
    options: TunedOptions,
    measure: (judgeFor: (days: number) => Judge) => Promise<T>,
  ): Promise<T> {
    const { decay } = options;
    const scope = createScope(kernel);
    try {
      const trained = await trainAls(scope, train, { ...options, signal }, { signals: sample.signals });
      neighbours ??= neighboursBy(kernel, train, { easeRegularization, signal });
      const factors = sampleFactors(scope, sample, trained, await neighbours);
      scope.memory.free(trained.customerFactors);
      return await measure((windowDays) => createJudge(scope, sample, factors, { decay, windowDays }));
    } finally {
      scope.end();
    }
  }

  return { short: orNothing(runShort), long: orNothing(runLong) };
}

function orNothing(run: RunTrial): RunTrial {
  return (options) =>
    run(options).catch((error: unknown): Outcome => {
      if (error instanceof EndcapError && ['diverged', 'out_of_memory'].includes(error.code))
        return { options, value: 0 };
      throw error;
    });
}

/** Throws `nothing_to_measure`. */
function sampleFor(dataset: Dataset, factors: number, aim: Aim): HeldOutSample {
  const sample = holdOutSample(dataset, factors, aim, { maxCustomers });
  if (sample) return sample;
  throw new EndcapError(
    'nothing_to_measure',
    'too few customers bought enough to hold out some of it and measure options by it; train without tuning',
  );
}
