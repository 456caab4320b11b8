import type { Dataset } from '../dataset/dataset.ts';
import { signalsOf } from '../dataset/signals.ts';
import { EndcapError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../kernel/select.ts';
import { type AlsOptions, trainAls } from '../training/als.ts';
import { type Blend, defaultBlend, type RankingOptions, rankingSettings } from '../training/ranking.ts';
import { learnBlend } from './blend.ts';
import { sampleOf } from './choice.ts';
import { mostIterations, trainUntilBest } from './stopping.ts';
import type { Gain, Outcome, Rung, TunedOptions } from './tuned.ts';
import {
  type Aim,
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
  const { search, final, before } = validationsOf(dataset, defaults.factors, aim);
  const blend = { ...defaultBlend, ...given.blend };
  const { windowDays } = rankingSettings(given);
  const references = new Map<Validation, Promise<Scores>>();

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

  /** With the blend that was learned, or with that of the defaults where this gains more. */
  async function last(options: TunedOptions): Promise<Outcome> {
    const blends = given.blend ? [blend] : [options.blend, defaults.blend];
    const now = await compared(final, options, blends);
    const then = before && (await compared(before, options, blends));
    const outcomes = blends.map((blend, i): Required<Outcome> => {
      const { value, gain } = now[i];
      const ahead = then ? 2 * gain.mean - then[i].gain.mean : gain.mean;
      return { options: { ...options, blend }, value, gain: { ...gain, ahead } };
    });
    return outcomes.reduce((a, b) => (b.gain.ahead > a.gain.ahead ? b : a));
  }

  /** The value of each blend, and how much higher it is than that of the defaults. */
  async function compared(validation: Validation, options: TunedOptions, blends: Blend[]) {
    const known =
      references.get(validation) ?? judged(validation, defaults, (judge) => scoresOf(judge, defaults.blend));
    references.set(validation, known);
    const others = await known;
    return judged(validation, options, async (judge) => {
      const found: { value: number; gain: Omit<Gain, 'ahead'> }[] = [];
      for (const blend of blends) {
        const { value } = await qualityOf(judge, blend);
        found.push({ value, gain: gainOf(await scoresOf(judge, blend), others) });
      }
      return found;
    });
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
 * Points are chosen on the last orders of one half of the customers, and finalists are compared on those of the other half
 * and on the orders before the last, of shops where enough customers have three.
 *
 * These tell in what direction things go. Whoever trains for tomorrow knows an order more of each customer than the
 * search does, and the search one more than what is asked for the orders before. Some options gain much where little is
 * known, and less, then nothing, the more there is: so a gain is carried on in a straight line, last + (last - before).
 */
function validationsOf(
  dataset: Dataset,
  factors: number,
  aim: Aim,
): Record<'search' | 'final', Validation> & { before?: Validation } {
  const last = createValidation(sampleOf(dataset), factors, mostCustomers, aim);
  if (!last) {
    throw new EndcapError(
      'nothing_to_measure',
      'too few customers bought enough to hold some of it out and see what options find it; train without tuning',
    );
  }
  const half = (odd: number) => ({ ...last, sample: last.sample.filter((_, i) => i % 2 === odd) });
  const before = last.kind === 'orders' ? createValidation(last.heldOut.train, factors, mostCustomers, aim) : undefined;
  return { search: half(0), final: half(1), ...(before?.kind === 'orders' && { before }) };
}
