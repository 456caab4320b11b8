import type { Dataset } from '../../dataset/dataset.ts';
import { EndcapError } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { createScope } from '../../kernel/scope.ts';
import type { RankingOptions } from '../../ranking/weights.ts';
import type { AlsStart } from '../../training/als.ts';
import { type AlsOptions, alsSettings } from '../../training/als-options.ts';
import { learnableOf, learnBlend } from '../blend.ts';
import { shortEpochs } from '../grid.ts';
import { accuracyOf, type CustomerScores, gainOf, outcomeOf, scoresOf } from '../judging/accuracy.ts';
import { guardBlend, type Rival, rivalsOf, type Weighed } from '../judging/guards.ts';
import type { Aim } from '../judging/held-out.ts';
import type { JudgeFor } from '../judging/judged.ts';
import type { SampledFactors } from '../sampled-factors.ts';
import { learnTreesFor } from '../trees/repeat-trees.ts';
import { pickWindow } from '../window.ts';
import { compare, type Found, withTrees } from './comparison.ts';
import { createModels, type WholeModel } from './models.ts';
import { samplesFor } from './samples.ts';
import { createStarts } from './starts.ts';
import type { Outcome, Rung, TunedOptions } from './tuned.ts';

/** A long trial that finds less than the defaults by more standard errors, with their window and blend, ends there. */
const losing = 2;

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
 * bought before that `train` would keep.
 */
export function createTrials(
  kernel: OpenKernel,
  dataset: Dataset,
  { given, aim, defaults, signal }: Search,
): Record<Rung, RunTrial> {
  const samples = samplesFor(dataset, alsSettings(given).factors, aim);
  const { main, newest, guarded } = samples;
  const { blend, windowDays, easeRegularization, guards = [] } = defaults;
  const startFor = createStarts(kernel, main, defaults, signal);
  const movesWindow = given.windowDays === undefined && dataset.history?.times !== undefined;
  const models = createModels(kernel, samples, easeRegularization, signal);
  let rivals: Promise<Rival[]> | undefined;
  let standard: ReturnType<typeof measureStandard> | undefined;

  async function runShort(options: TunedOptions): Promise<Outcome> {
    const epochs = Math.min(shortEpochs, options.iterations);
    const start = { ...(await startFor(options.factors)), epochs };
    const scope = createScope(kernel);
    try {
      const { judgeFor } = await models.train(scope, options, start);
      const { value } = await accuracyOf(judgeFor(windowDays), blend);
      return { options: { ...options, windowDays, blend }, value };
    } finally {
      scope.end();
    }
  }

  async function runLong(options: TunedOptions): Promise<Outcome> {
    standard ??= measureStandard();
    const { first, trees, ...others } = await standard;
    const scope = createScope(kernel);
    try {
      const model = await models.train(scope, options, await startOfSame(options));
      const { value, scores } = await outcomeOf(model.judgeFor(windowDays), blend);
      const behind = gainOf(scores, first);
      if (behind.mean < -losing * behind.error)
        return { options: { ...options, windowDays, blend }, value, gain: behind };
      const best = await bestBlend(await models.complete(scope, options, model), options);
      const compared = compare(best.found, others);
      const { gain, halves } = compared;
      const outcome = { options: best.options, value: best.value };
      if (![gain, ...halves].some(({ mean, error }) => mean > error)) return { ...outcome, ...compared };
      const own = await treesOf(best.options, model.sampled);
      return { ...outcome, ...compare(withTrees(best.found, own), withTrees(others, trees)) };
    } finally {
      scope.end();
    }
  }

  /** Spares another training of the defaults. */
  async function startOfSame(options: TunedOptions): Promise<AlsStart | undefined> {
    const isSame = JSON.stringify(alsSettings(options)) === JSON.stringify(alsSettings(defaults));
    return isSame ? { ...(await startFor(options.factors)), epochs: 0 } : undefined;
  }

  /** What the defaults find. */
  async function measureStandard(): Promise<Found & { first: CustomerScores; trees: ReadonlyMap<number, number> }> {
    const scope = createScope(kernel);
    try {
      const model = await models.train(scope, defaults, await startOfSame(defaults));
      const first = await scoresOf(model.judgeFor(windowDays), blend);
      const found = await foundBy(await models.complete(scope, defaults, model), { blend, windowDays });
      return { ...found, first, trees: await treesOf(defaults, model.sampled) };
    } finally {
      scope.end();
    }
  }

  async function foundBy({ judgeFor, newestFor }: WholeModel, { blend, windowDays }: Weighed): Promise<Found> {
    const scores = await scoresOf(judgeFor(windowDays), blend);
    return { scores, ...(newest && newestFor && { newest: await scoresOf(newestFor(windowDays), blend) }) };
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
      const found = await foundBy({ judgeFor, newestFor }, weighed);
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

  /** What trees add for each customer, if they are kept. */
  async function treesOf(options: TunedOptions, sampled: SampledFactors): Promise<ReadonlyMap<number, number>> {
    if (!main.questions.includes('all')) return new Map();
    const searched = aim.lastDays === undefined ? { sample: main, sampled } : undefined;
    const learned = await learnTreesFor(kernel, dataset, { ...options, signal }, searched);
    return learned?.trees ? learned.gains : new Map();
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
