import type { Dataset } from '../../dataset/dataset.ts';
import { EndcapError } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { createScope } from '../../kernel/scope.ts';
import { reboughtOf } from '../../ranking/repeat.ts';
import type { RankingOptions } from '../../ranking/weights.ts';
import type { AlsStart } from '../../training/als.ts';
import { type AlsOptions, alsSettings } from '../../training/als-options.ts';
import { accuracyOf, gainOf, outcomeOf } from '../judging/accuracy.ts';
import { guardBlend, type Rival, rivalsOf, type Weighed } from '../judging/guards.ts';
import type { Aim } from '../judging/held-out.ts';
import type { JudgeFor } from '../judging/judged.ts';
import { learnableOf, learnBlend, ofProducts } from '../picking/blend.ts';
import { shortEpochs } from '../picking/grid.ts';
import { pickWindow } from '../picking/window.ts';
import { compare, type Found, withTrees } from './comparison.ts';
import { createGround } from './ground.ts';
import type { WholeModel } from './models.ts';
import { type SearchSamples, samplesFor, samplesToConfirm } from './samples.ts';
import { createStarts } from './starts.ts';
import type { Outcome, Rung, TunedOptions } from './tuned.ts';

/** A long trial that finds less than the defaults by more standard errors, with their window and blend, ends there. */
const losing = 2;
/** Standard errors that options must find more than the defaults by, on orders that did not choose them. */
const sure = 2;

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
 *
 * Short trials go on from factors of the defaults. Long ones are judged as `train` judges: by all samples at once, with
 * guards. Those that seem better than the defaults are then compared with them once more, each with the trees for products
 * bought before that `train` would keep. Confirmations compare in the same way, but on other orders, of which nothing is
 * learned.
 */
export function createTrials(
  kernel: OpenKernel,
  dataset: Dataset,
  { given, aim, defaults, signal }: Search,
): Record<Rung, RunTrial> {
  const { factors } = alsSettings(given);
  // Where nobody buys twice, lists of all products are lists of new ones.
  const asked: Aim = reboughtOf(dataset) === 0 ? { ...aim, purchased: 'exclude' } : aim;
  const samples = samplesFor(dataset, factors, asked);
  const toConfirm = samplesToConfirm(dataset, factors, asked, samples);
  const { main, guarded } = samples;
  const { blend, windowDays, easeRegularization, guards = [] } = defaults;
  const startFor = createStarts(kernel, main, defaults, signal);
  const movesWindow = given.windowDays === undefined && dataset.history?.times !== undefined;
  const groundOf = (of: Dataset, samples: SearchSamples) =>
    createGround(kernel, of, samples, { defaults, aim, easeRegularization, signal });
  const choosing = groundOf(dataset, samples);
  const confirming = groundOf(toConfirm.dataset, toConfirm);
  let rivals: Promise<Rival[]> | undefined;

  async function runShort(options: TunedOptions): Promise<Outcome> {
    const epochs = Math.min(shortEpochs, options.iterations);
    const start = { ...(await startFor(options.factors)), epochs };
    const scope = createScope(kernel);
    try {
      const { judgeFor } = await choosing.models.train(scope, options, start);
      const { value } = await accuracyOf(judgeFor(windowDays), blend);
      return { options: { ...options, windowDays, blend }, value };
    } finally {
      scope.end();
    }
  }

  async function runLong(options: TunedOptions): Promise<Outcome> {
    const { first, trees, ...others } = await choosing.standard(await startOfSame(defaults));
    const scope = createScope(kernel);
    try {
      const model = await choosing.models.train(scope, options, await startOfSame(options));
      const { value, scores } = await outcomeOf(model.judgeFor(windowDays), blend);
      const behind = gainOf(scores, first);
      if (behind.mean < -losing * behind.error)
        return { options: { ...options, windowDays, blend }, value, gain: behind };
      const best = await bestBlend(await choosing.models.complete(scope, options, model), options);
      const compared = compare(best.found, others);
      const outcome = { options: best.options, value: best.value };
      if (!(compared.gain.mean > compared.gain.error)) return { ...outcome, ...compared };
      const own = await choosing.treesOf(best.options, model.sampled);
      return { ...outcome, ...compare(withTrees(best.found, own), withTrees(others, trees)) };
    } finally {
      scope.end();
    }
  }

  async function runConfirm(options: TunedOptions): Promise<Outcome> {
    const standard = await confirming.standard();
    const found = await confirming.measure(options);
    const compared = compare(withTrees(found, found.trees), withTrees(standard, standard.trees));
    const enough = sure * compared.gain.error;
    const least = toConfirm.main.kind === 'products' ? Math.max(enough, ofProducts.share * standard.value) : enough;
    return { options, value: found.value, ...compared, least };
  }

  /** Spares another training of the defaults. */
  async function startOfSame(options: TunedOptions): Promise<AlsStart | undefined> {
    const isSame = JSON.stringify(alsSettings(options)) === JSON.stringify(alsSettings(defaults));
    return isSame ? { ...(await startFor(options.factors)), epochs: 0 } : undefined;
  }

  /** Finds what is not drawn: the window, and the blend, which is that of the defaults if a learned one is no better. */
  async function bestBlend({ judgeFor, newestFor }: WholeModel, options: TunedOptions) {
    const days =
      given.windowDays === undefined && newestFor ? await pickWindow(newestFor, windowDays, blend) : windowDays;
    const starts = [blend];
    if (!given.blend) {
      const names = learnableOf(main, blend);
      const lessons = { judge: judgeFor(days), kind: main.kind, newest: newestFor?.(days), signal };
      const learned = await learnBlend(lessons, blend, names);
      if (learned.learned) starts.unshift(learned.blend);
    }
    const outcomes: { options: TunedOptions; found: Found; value: number }[] = [];
    for (const each of starts) {
      const { guards: acted, ...weighed } = await guard(judgeFor, { blend: each, windowDays: days });
      const found = await choosing.foundBy({ judgeFor, newestFor }, weighed);
      const { value } = await accuracyOf(judgeFor(weighed.windowDays), weighed.blend);
      const all = [...guards, ...acted];
      outcomes.push({ options: { ...options, ...weighed, ...(all.length > 0 && { guards: all }) }, found, value });
    }
    return outcomes.reduce((a, b) => (b.value > a.value ? b : a));
  }

  /** Weights that are given stay as they are. */
  async function guard(judgeFor: JudgeFor, weighed: Weighed) {
    if (given.blend) return { ...weighed, guards: [] };
    rivals ??= rivalsOf(guarded, signal);
    return guardBlend(judgeFor, await rivals, weighed, movesWindow, signal);
  }

  return { short: orNothing(runShort), long: orNothing(runLong), confirm: orNothing(runConfirm) };
}

function orNothing(run: RunTrial): RunTrial {
  return (options) =>
    run(options).catch((error: unknown): Outcome => {
      if (error instanceof EndcapError && ['diverged', 'out_of_memory'].includes(error.code))
        return { options, value: 0 };
      throw error;
    });
}
