import type { Dataset } from '../dataset/dataset.ts';
import { EndcapError, throwIfAborted } from '../errors.ts';
import type { KernelOptions } from '../kernel/open.ts';
import { checkProtocol } from '../measuring/protocols.ts';
import { finiteNumber, oneOf, onlyKnown } from '../options.ts';
import { createRandom } from '../random.ts';
import { type RankingOptions, rankingNames, rankingSettings } from '../ranking/weights.ts';
import { type AlsOptions, alsSettings } from '../training/als.ts';
import { checkDataset } from '../training/fit.ts';
import { version } from '../version.ts';
import { firstPoints, nextPoints } from './draws.ts';
import type { Aim } from './held-out.ts';
import { choose } from './pick.ts';
import { createTrials } from './trials.ts';
import { answerOf, best, checkResume, type Rung, surest, type Trial, type Tuned, type TunedOptions } from './tuned.ts';

/** Options of `als` that are given are kept as they are; the others are tuned. `seed` also draws what is tried. */
export interface TuneOptions extends AlsOptions, RankingOptions, KernelOptions, Aim {
  /** How long to search; above 0; 10 by default. What `train` does by default is always measured, however long it takes. */
  minutes?: number;
  /** What an earlier search of the same orders, with the same options to keep, found: the search goes on from there. */
  resume?: Tuned;
  /** Ends the search as the end of its time does; what was found until then is the answer. */
  signal?: AbortSignal;
  onProgress?: (progress: TuneProgress) => void;
}

export interface TuneProgress {
  /** Of this search, without those it goes on from. */
  elapsedMs: number;
  totalMs: number;
  /** What was tried last; absent at first. */
  trial?: Trial;
  /** What the answer would be now. */
  tuned: Tuned;
}

/** Of how many one goes on to the next rung. */
const halving = 3;
const controls = ['purchased', 'lastDays', 'minutes', 'resume', 'signal', 'onProgress', 'backend', 'isa', 'threads'];

/** Checks what can be checked before there are data. Throws `invalid_options` that names the option. */
export function checkTuneOptions(options: TuneOptions): void {
  onlyKnown(options, [...controls, ...Object.keys(alsSettings(options)), ...rankingNames]);
  rankingSettings(options);
  oneOf('purchased', options.purchased ?? 'allow', ['allow', 'exclude']);
  checkProtocol({ lastDays: options.lastDays });
  finiteNumber('minutes', options.minutes ?? 10, 1e-6, 1e5);
}

/**
 * Searches for options of `als` on held-out orders: successive halving (Jamieson, Talwalkar 2016), round after round
 * until the time is up. A round takes nine points: the grid of `train` and random ones first, later random ones, two of
 * three around the best so far. All are trained for four epochs; the best three to their end, their window and blend are
 * learned, and they are compared, customer by customer, with what `train` does by default. The answer is the one that is
 * furthest ahead once a standard error is taken off: if what either half of the customers would choose in this way is
 * better than the defaults on the other half, by more than a standard error. Otherwise the defaults are the answer.
 *
 * What an earlier search tried is not tried again: the same seed draws the same points.
 *
 * @throws `invalid_options`, `no_orders`, `nothing_to_measure`, `kernel_unavailable`; `aborted` where the signal came
 * before the defaults were chosen.
 */
export async function tune(dataset: Dataset, options: TuneOptions = {}): Promise<Tuned> {
  checkTuneOptions(options);
  checkDataset(dataset);
  const { purchased, lastDays, minutes = 10, resume, signal, onProgress, backend, isa, threads, ...given } = options;
  const aim: Aim = { purchased, lastDays };
  const kernel = { backend, isa, threads };
  if (resume) checkResume(dataset, given, aim, resume);
  const started = performance.now();
  const defaults = resume?.defaults ?? (await defaultsOf(dataset, given, kernel, signal));
  const timeUp = AbortSignal.timeout(Math.ceil(minutes * 60_000));
  const stop = signal ? AbortSignal.any([timeUp, signal]) : timeUp;
  const run = createTrials(dataset, { given, aim, defaults, kernel, signal: stop });
  const trials = [...(resume?.trials ?? [])];
  const elapsedMs = () => performance.now() - started;
  const tuned = (): Tuned => ({
    ...answerOf(trials, defaults),
    defaults,
    given,
    aim,
    fingerprint: dataset.fingerprint,
    endcap: version,
    elapsedMs: (resume?.elapsedMs ?? 0) + elapsedMs(),
    trials: [...trials],
  });
  const tell = (trial?: Trial) =>
    onProgress?.({ elapsedMs: elapsedMs(), totalMs: minutes * 60_000, ...(trial && { trial }), tuned: tuned() });

  async function once(round: number, rung: Rung, place: number, options: TunedOptions): Promise<Trial> {
    const known = trials.find((trial) => trial.round === round && trial.rung === rung && trial.place === place);
    if (known) return known;
    // Lets signals and timers in.
    await new Promise((resolve) => setTimeout(resolve, 0));
    throwIfAborted(stop);
    const trial = { round, rung, place, ...(await run[rung](options)) };
    trials.push(trial);
    tell(trial);
    return trial;
  }

  async function playRound(round: number): Promise<void> {
    const random = createRandom((alsSettings(given).seed + round * 0x9e3779b1) % 2 ** 53);
    const found = surest(trials.filter((trial) => trial.round < round));
    const points = round === 0 ? firstPoints(random) : nextPoints(random, found?.options ?? defaults);
    const drawn = points.map((point): TunedOptions => ({ ...defaults, ...point, ...given, blend: defaults.blend }));
    const tried: Trial[] = [];
    for (const [place, options] of drawn.entries()) tried.push(await once(round, 'short', place, options));
    for (const [place, { options }] of best(tried, tried.length / halving).entries())
      await once(round, 'long', place, options);
  }

  tell();
  try {
    for (let round = 0; ; round++) await playRound(round);
  } catch (error) {
    if (!stop.aborted || !(error instanceof EndcapError) || error.code !== 'aborted') throw error;
  }
  return tuned();
}

/** What `train` would do, with the same options given. Throws `nothing_to_measure`. */
async function defaultsOf(
  dataset: Dataset,
  given: AlsOptions & RankingOptions,
  kernel: KernelOptions,
  signal: AbortSignal | undefined,
): Promise<TunedOptions> {
  const chosen = await choose(dataset, { ...given, ...kernel, signal });
  const { factors, iterations, regularization, unobservedWeight, frequencyExponent, confidence, decay, tasteDecay } =
    alsSettings(given);
  const { taste, habit, trend, bought, repeat, windowDays } = rankingSettings(given);
  return {
    ...given,
    factors,
    iterations,
    regularization,
    unobservedWeight,
    frequencyExponent,
    confidence,
    decay,
    tasteDecay,
    windowDays,
    blend: { taste, habit, trend, bought, repeat },
    ...chosen.options,
  };
}
