import type { OpenKernel } from '../kernel/kernel.ts';
import { createScope, type Scope } from '../kernel/scope.ts';
import type { Neighbours, Tried } from '../model/model.ts';
import { type Blend, defaultBlend, type RankingOptions, rankingSettings } from '../ranking/weights.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import { trainAls } from '../training/als.ts';
import { type AlsOptions, alsSettings } from '../training/als-options.ts';
import type { Provenance } from '../training/fit.ts';
import { neighboursOf } from '../training/neighbours.ts';
import { accuracyOf, type CustomerScores, gainOf, scoresOf } from './accuracy.ts';
import { type Learnable, learnBlend } from './blend.ts';
import type { FactorsToTry } from './factors.ts';
import { guardBlend } from './guards.ts';
import type { HeldOutSample } from './held-out.ts';
import { joinJudges } from './joined-judge.ts';
import { createJudge, type Judge } from './judge.ts';
import { sampleFactors } from './sampled-factors.ts';

/** Options that were picked, and how, or why none was. */
export interface Picked {
  readonly options: Partial<GridOptions & { readonly blend: Blend; readonly windowDays: number }>;
  readonly provenance: Pick<Provenance, 'choice' | 'unchosen' | 'guards'>;
}

type GridOptions = Pick<Tried, 'regularization' | 'unobservedWeight'> & {
  readonly factors: number;
  readonly tasteDecay: number;
};

/** The values that are tried, besides the defaults. */
export const grid = { regularization: [2, 8, 24], unobservedWeight: [0.015, 0.2], tasteDecay: [0.5, 0.9] };

/** Models that are trained at most before the number of factors is looked at. */
export const maxTrials = 1 + grid.regularization.length * grid.unobservedWeight.length + grid.tasteDecay.length;

/** What the orders of a shop say, before anything is tried. */
export interface Priors {
  /** The weights to start from. */
  readonly start: Blend;
  readonly factors: FactorsToTry;
  /** The newest weeks, to be predicted from the orders before; absent if orders have no times or span too few weeks. */
  readonly recent?: HeldOutSample;
}

/** Days that the window of trend may have, besides the default. */
const windows = [14, 60, 120];
/** The weights of trend that each window is tried with. */
const windowTrends = [0.1, 0.2, 0.3];

/** Judges a model by the days of the window of trend. */
type JudgeFor = (windowDays: number) => Judge;

/** A model that was trained on the training part, and what it finds of the held-out orders. */
interface GridTrial {
  readonly options: GridOptions;
  readonly value: number;
  readonly scores: CustomerScores;
  readonly judgeFor: JudgeFor;
  /** Holds the model's memory. */
  readonly scope: Scope;
}

/** Whether an option other than the number of factors is left to be picked. */
export function isAnyOpen({
  regularization,
  unobservedWeight,
  tasteDecay,
  blend,
}: AlsOptions & RankingOptions): boolean {
  return [regularization, unobservedWeight, tasteDecay, blend].includes(undefined);
}

/**
 * Picks the options that are left open by what models with them find of held-out orders: of `regularization` and
 * `unobservedWeight` the best of a grid of six if they are better than the defaults by more than a standard error of the
 * difference over the same customers; then, if whole orders were held out, `tasteDecay` by the same rule; then more factors,
 * as long as each number is better than the one before. With the resulting embeddings it learns the blend and, if the newest
 * weeks can be held out, too, the window of trend. Guards then see to it that no simple lists find more.
 */
export async function pickOptions(
  kernel: OpenKernel,
  sample: HeldOutSample,
  options: AlsOptions & RankingOptions & TrainingControl,
  priors: Priors,
): Promise<Picked> {
  const scope = createScope(kernel);
  try {
    return await pickFrom(scope, sample, options, priors);
  } finally {
    scope.end();
  }
}

async function pickFrom(
  kernel: OpenKernel,
  sample: HeldOutSample,
  options: AlsOptions & RankingOptions & TrainingControl,
  { start, factors, recent }: Priors,
): Promise<Picked> {
  const { signal, onChoice } = options;
  const settings = alsSettings(options);
  const { regularization, unobservedWeight, tasteDecay } = settings;
  const { windowDays } = rankingSettings(options);
  const defaults: GridOptions = { factors: settings.factors, regularization, unobservedWeight, tasteDecay };
  const isOpen = (name: Exclude<keyof GridOptions, 'factors'>) => options[name] === undefined;
  const given = options.blend && { ...defaultBlend, ...options.blend };
  // If the sequence of orders is not known, the factors do not depend on it.
  const tasteDecays = isOpen('tasteDecay') && sample.kind === 'orders' ? grid.tasteDecay : [];
  const others = gridAround(defaults, isOpen);
  const tried: Tried[] = [];

  async function attempt(gridOptions: GridOptions): Promise<GridTrial> {
    const scope = createScope(kernel);
    const judgeFor = await judgeOf(scope, sample, gridOptions, neighbours);
    const judge = judgeFor(windowDays);
    const { value, ...accuracy } = await accuracyOf(judge, given ?? start);
    const scores = await scoresOf(judge, given ?? start);
    tried.push({ ...gridOptions, ...accuracy });
    report();
    return { options: gridOptions, value, scores, judgeFor, scope };
  }

  const neighboursIn = (each: HeldOutSample) => (given ? undefined : neighboursOf(each.heldOut.train, { signal }));
  const neighbours = await neighboursIn(sample);

  /** Trains on the training part of a sample. */
  async function judgeOf(
    scope: OpenKernel,
    each: HeldOutSample,
    gridOptions: GridOptions,
    neighbours: Neighbours | undefined,
  ): Promise<JudgeFor> {
    const als = { ...settings, ...gridOptions, signal };
    const trained = await trainAls(scope, each.heldOut.train, als, { signals: each.signals });
    const sampled = sampleFactors(scope, each, trained, neighbours);
    scope.memory.free(trained.customerFactors);
    const judges = new Map<number, Judge>();
    return (days) => {
      const judge = judges.get(days) ?? createJudge(scope, each, sampled, { decay: settings.decay, windowDays: days });
      judges.set(days, judge);
      return judge;
    };
  }

  const report = () =>
    onChoice?.({ done: tried.length, total: 1 + others.length + tasteDecays.length + factors.factors.length });
  report();
  const standard = await attempt(defaults);
  let best = standard;

  /** Takes options if they are the best so far, and better than those of before by more than the noise. */
  async function consider(gridOptions: GridOptions, before: CustomerScores): Promise<void> {
    const trial = await attempt(gridOptions);
    const gain = gainOf(trial.scores, before);
    const isBetter = trial.value > best.value && gain.mean > gain.error;
    (isBetter ? best : trial).scope.end();
    if (isBetter) best = trial;
  }

  for (const other of others) await consider(other, standard.scores);
  const picked = best;
  for (const tasteDecay of tasteDecays) await consider({ ...picked.options, tasteDecay }, picked.scores);
  for (const more of factors.factors) {
    const fewer = best;
    await consider({ ...fewer.options, factors: more }, fewer.scores);
    if (best === fewer) break;
  }
  const choice = {
    heldOut: sample.kind,
    customers: sample.sample.length,
    tried,
    budget: { minutes: factors.budget, estimate: factors.minutesFor(best.options.factors) },
    beatsDefaults: best !== standard,
  };
  if (given)
    return { options: { ...best.options, blend: given }, provenance: { choice: { ...choice, learned: false } } };

  const judgeRecent = recent && (await judgeOf(kernel, recent, best.options, await neighboursIn(recent)));
  const judgeFor: JudgeFor = (days) => joinJudges([best.judgeFor(days), ...(judgeRecent ? [judgeRecent(days)] : [])]);
  const days =
    judgeRecent && options.windowDays === undefined ? await pickWindow(judgeRecent, windowDays, start) : windowDays;
  const { blend, learned } = await learnBlend(judgeFor(days), start, learnableOf(sample, start), sample.kind, signal);
  const samples = recent ? [sample, recent] : [sample];
  const movesWindow = options.windowDays === undefined && sample.heldOut.train.history?.times !== undefined;
  const guarded = await guardBlend(judgeFor, samples, { blend, windowDays: days }, movesWindow, signal);
  return {
    options: { ...best.options, windowDays: guarded.windowDays, blend: guarded.blend },
    provenance: {
      choice: { ...choice, learned },
      ...(guarded.guards.length > 0 && { guards: guarded.guards }),
    },
  };
}

/**
 * The weights that held-out orders can tell about. Where nobody buys a product twice, and of held-out products, nothing can
 * be said about what was bought.
 */
export function learnableOf({ questions }: HeldOutSample, start: Blend): Learnable[] {
  return questions.includes('all') && start.habit > 0
    ? ['neighbours', 'trend', 'habit', 'bought', 'repeat']
    : ['neighbours', 'trend'];
}

/**
 * The window whose trend finds most of the new products of the newest weeks: the default, unless another one is better by
 * more than two standard errors, each with the trend that suits it.
 */
async function pickWindow(judgeFor: JudgeFor, windowDays: number, start: Blend): Promise<number> {
  const bestOf = async (days: number): Promise<CustomerScores> => {
    const found: { value: number; scores: CustomerScores }[] = [];
    for (const trend of windowTrends) {
      const blend = { ...start, trend };
      const { value } = await accuracyOf(judgeFor(days), blend, { questions: ['explore'] });
      found.push({ value, scores: await scoresOf(judgeFor(days), blend, { questions: ['explore'] }) });
    }
    return found.reduce((a, b) => (b.value > a.value ? b : a)).scores;
  };
  let picked = { days: windowDays, scores: await bestOf(windowDays) };
  for (const days of windows.filter((each) => each !== windowDays)) {
    const scores = await bestOf(days);
    const gain = gainOf(scores, picked.scores);
    if (gain.mean > 2 * gain.error) picked = { days, scores };
  }
  return picked.days;
}

/** The grid of the regularization and the unobserved weight that are open, without the defaults. */
function gridAround(
  defaults: GridOptions,
  isOpen: (name: 'regularization' | 'unobservedWeight') => boolean,
): GridOptions[] {
  const values = (name: 'regularization' | 'unobservedWeight') => (isOpen(name) ? grid[name] : [defaults[name]]);
  return values('regularization')
    .flatMap((regularization) =>
      values('unobservedWeight').map((unobservedWeight) => ({ ...defaults, regularization, unobservedWeight })),
    )
    .filter(
      ({ regularization, unobservedWeight }) =>
        regularization !== defaults.regularization || unobservedWeight !== defaults.unobservedWeight,
    );
}
