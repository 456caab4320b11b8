import type { Dataset } from '../../dataset/dataset.ts';
import { EndcapError, throwIfAborted } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../../kernel/open.ts';
import { checkProtocol } from '../../measuring/protocols/protocols.ts';
import { finiteNumber, objectOfOptions, oneOf, onlyKnown, optionalFunctions, optionalSignal } from '../../options.ts';
import { createRandom } from '../../random.ts';
import { type RankingOptions, rankingNames, rankingSettings } from '../../ranking/weights.ts';
import { type AlsOptions, alsSettings } from '../../training/als-options.ts';
import { checkDataset } from '../../training/fit-on.ts';
import { version } from '../../version.ts';
import type { Aim } from '../judging/held-out.ts';
import { freeSearched } from '../picking/sampled-factors.ts';
import { inSequence, settleOptions } from '../settle.ts';
import { createDeadline } from './deadline.ts';
import { firstDraws, nextDraws } from './draws.ts';
import { checkResume } from './resume.ts';
import { createTrials, type RunTrial } from './trials.ts';
import {
  answerOf,
  bestTrials,
  type Rung,
  surestTrial,
  type Trial,
  type Tuned,
  type TunedOptions,
  toConfirm,
} from './tuned.ts';

/** Options of `als` that are given are kept; the others are tuned. `seed` also determines what is tried. */
export interface TuneOptions extends AlsOptions, RankingOptions, KernelOptions, Aim {
  /**
   * How long to search; above 0, at most 100,000; 10 by default. What `train` does by default is always measured, however
   * long it takes.
   */
  minutes?: number;
  /** An earlier search of the same orders, with the same options to keep and the same aim, to continue. */
  resume?: Tuned;
  /** Ends the search early; what it found until then is the answer. */
  signal?: AbortSignal;
  /** Called at the beginning and after every trial. */
  onProgress?: (progress: TuneProgress) => void;
}

export interface TuneProgress {
  /** Of this search, without those that it continues. */
  elapsedMs: number;
  totalMs: number;
  /** The trial that has just ended; absent at the beginning. */
  trial?: Trial;
  /** The answer if the search ended now. */
  tuned: Tuned;
}

/** One of this many trials goes on to the next rung. */
const halving = 3;
const controls = ['purchased', 'lastDays', 'minutes', 'resume', 'signal', 'onProgress', 'backend', 'isa', 'threads'];

/** Checks what can be checked without data. Throws `invalid_options` that names the option. */
export function checkTuneOptions(options: TuneOptions): void {
  objectOfOptions(options);
  onlyKnown(options, [...controls, ...Object.keys(alsSettings(options)), ...rankingNames]);
  rankingSettings(options);
  oneOf('purchased', options.purchased ?? 'allow', ['allow', 'exclude']);
  checkProtocol({ lastDays: options.lastDays });
  finiteNumber('minutes', options.minutes ?? 10, 1e-6, 1e5);
  optionalSignal(options.signal);
  optionalFunctions({ onProgress: options.onProgress });
}

/**
 * Searches for options of `als` on held-out orders by successive halving (Jamieson, Talwalkar 2016, "Non-stochastic best
 * arm identification and hyperparameter optimization"), round after round until the time is up.
 *
 * A round tries nine sets of options: random ones, of which two thirds are near the best so far; the first of all is what
 * `train` would pick. All go on from the factors of the defaults for two epochs. The best three are trained to the end, get a
 * window, a blend, and guards of their own, and are compared with what `train` does by default, customer by customer: by the
 * orders that `train` holds out, the last ones and the newest weeks, and with the trees that it would keep. One that is clearly
 * behind after the training ends there. The trial whose gain less one standard error is highest, of those that find less
 * neither of all nor of new products nor in the newest weeks, is then compared with the defaults once more, on orders that had
 * no part in choosing it: those before (the last ones and the newest weeks of what is left) or, where their sequence is not
 * known, another fifth of the products. It is the answer if it finds more there by more than two standard errors (of products,
 * by a tenth of the metrics, too; see `ofProducts`), and less of nothing. Otherwise it is refused, and the answer is another
 * one that was confirmed, or the defaults; `unchanged` says why.
 *
 * A search that continues an earlier one does not repeat its trials: the same seed gives the same draws.
 *
 * @example
 * const tuned = await tune(dataset, { minutes: 30, purchased: 'exclude' });
 * const model = await train(dataset, tuned.options);
 *
 * @throws `invalid_options`, `no_orders`, `nothing_to_measure`, `kernel_unavailable`; `aborted` if the signal aborts before
 * the defaults are known.
 */
export async function tune(dataset: Dataset, options: TuneOptions = {}): Promise<Tuned> {
  checkTuneOptions(options);
  checkDataset(dataset);
  const { purchased, lastDays, minutes = 10, resume, signal, onProgress, backend, isa, threads, ...given } = options;
  const aim: Aim = { purchased, lastDays };
  if (resume) checkResume(dataset, given, aim, resume);
  const started = performance.now();
  const kernel = openKernel({ backend, isa, threads });
  try {
    const kept = inSequence(dataset, given);
    const defaults = resume?.defaults ?? (await defaultsOf(kernel, dataset, kept, signal));
    const totalMs = minutes * 60_000;
    const trials = [...(resume?.trials ?? [])];
    const report = (trial?: Trial) =>
      onProgress?.({ elapsedMs: performance.now() - started, totalMs, ...(trial && { trial }), tuned: answer() });
    const answer = (): Tuned => ({
      ...answerOf(trials, defaults),
      defaults,
      given,
      aim,
      fingerprint: dataset.fingerprint,
      endcap: version,
      elapsedMs: (resume?.elapsedMs ?? 0) + performance.now() - started,
      trials: [...trials],
    });
    const deadline = createDeadline(totalMs);
    try {
      const stop = signal ? AbortSignal.any([deadline.signal, signal]) : deadline.signal;
      const run = createTrials(kernel, dataset, { given: kept, aim, defaults, signal: stop });
      report();
      await search({ run, trials, defaults, kept, stop, report });
    } finally {
      deadline.cancel();
    }
    return answer();
  } finally {
    await kernel.close();
  }
}

interface Search {
  readonly run: Record<Rung, RunTrial>;
  /** Grows by each trial. */
  readonly trials: Trial[];
  readonly defaults: TunedOptions;
  /** Options that no trial changes. */
  readonly kept: AlsOptions & RankingOptions;
  readonly stop: AbortSignal;
  readonly report: (trial: Trial) => void;
}

/** Plays rounds until the signal stops it. */
async function search({ run, trials, defaults, kept, stop, report }: Search): Promise<void> {
  async function once(round: number, rung: Rung, place: number, options: TunedOptions): Promise<Trial> {
    const known = trials.find((trial) => trial.round === round && trial.rung === rung && trial.place === place);
    if (known) return known;
    // Lets signals and timers in.
    await new Promise((resolve) => setTimeout(resolve, 0));
    throwIfAborted(stop);
    const trial = { round, rung, place, ...(await run[rung](options)) };
    trials.push(trial);
    report(trial);
    return trial;
  }

  async function playRound(round: number): Promise<void> {
    const random = createRandom((alsSettings(kept).seed + round * 0x9e3779b1) % 2 ** 53);
    const surest = surestTrial(trials.filter((trial) => trial.round < round));
    const draws = round === 0 ? firstDraws(random, defaults) : nextDraws(random, surest?.options ?? defaults);
    const drawn = draws.map((draw): TunedOptions => ({ ...defaults, ...draw, ...kept, blend: defaults.blend }));
    const short: Trial[] = [];
    for (const [place, options] of drawn.entries()) short.push(await once(round, 'short', place, options));
    const best = bestTrials(short, short.length / halving);
    // The defaults may have better weights for what is aimed at.
    if (round === 0 && !best.includes(short[0])) best[best.length - 1] = short[0];
    for (const [place, { options }] of best.entries()) {
      const trial = await once(round, 'long', place, options);
      // An earlier search may have known more since.
      const next = toConfirm(trials.slice(0, trials.indexOf(trial) + 1));
      if (next) await once(next.round, 'confirm', next.place, next.options);
    }
  }

  try {
    for (let round = 0; ; round++) await playRound(round);
  } catch (error) {
    if (!stop.aborted || !(error instanceof EndcapError) || error.code !== 'aborted') throw error;
  }
}

/** What `train` would do if the same options were given. */
async function defaultsOf(
  kernel: OpenKernel,
  dataset: Dataset,
  given: AlsOptions & RankingOptions,
  signal: AbortSignal | undefined,
): Promise<TunedOptions> {
  const { factors, iterations, regularization, unobservedWeight, frequencyExponent, confidence, decay, tasteDecay } =
    alsSettings(given);
  const { taste, habit, trend, bought, repeat, neighbours, windowDays } = rankingSettings(given);
  const { searched, options, provenance } = await settleOptions(kernel, dataset, { ...given, signal });
  if (searched) freeSearched(kernel, searched);
  const { guards } = provenance;
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
    blend: { taste, habit, trend, bought, repeat, neighbours },
    ...options,
    ...(guards && { guards }),
  };
}
