import type { OpenKernel } from '../kernel/kernel.ts';
import { createScope, type Scope } from '../kernel/scope.ts';
import type { Neighbours, Tried } from '../model/model.ts';
import { type Blend, defaultBlend, type RankingOptions, rankingSettings } from '../ranking/weights.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import type { AlsContext } from '../training/als.ts';
import { type AlsOptions, alsSettings } from '../training/als-options.ts';
import type { Provenance } from '../training/fit.ts';
import { neighboursBy } from '../training/neighbours/ease.ts';
import { isOfNew, type Learnable, learnBlend } from './blend.ts';
import { mayGainByEase, tryEase } from './ease.ts';
import type { FactorsToTry } from './factors.ts';
import { type GridOptions, grid, gridAround, shortEpochs } from './grid.ts';
import { type CustomerScores, gainOf, outcomeOf } from './judging/accuracy.ts';
import { guardBlend, rivalsOf } from './judging/guards.ts';
import type { HeldOutSample } from './judging/held-out.ts';
import { joinJudges } from './judging/joined-judge.ts';
import { type Judged, type JudgeFor, type JudgesBy, trainJudged } from './judging/judged.ts';
import type { Searched } from './sampled-factors.ts';
import { pickWindow } from './window.ts';

/** Options that were picked, and how, or why none was. */
export interface Picked {
  readonly options: Partial<
    GridOptions & { readonly blend: Blend; readonly windowDays: number; readonly easeRegularization: number }
  >;
  readonly provenance: Pick<Provenance, 'choice' | 'unchosen' | 'guards'>;
  /** Absent if nothing was tried. */
  readonly searched?: Searched;
}

/** What the orders of a shop say, before anything is tried. */
export interface Priors {
  /** The weights to start from. */
  readonly start: Blend;
  readonly factors: FactorsToTry;
  /** The newest weeks, to be predicted from the orders before; absent if orders have no times or span too few weeks. */
  readonly recent?: HeldOutSample;
}

/** A model that was trained on the training part, and what it finds of the held-out orders. */
interface GridTrial extends Judged {
  readonly options: GridOptions;
  readonly value: number;
  readonly scores: CustomerScores;
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
 * as long as each number is better than the one before, with the weights that rank new products learned first, since
 * neighbours and more factors find much of the same. With the resulting embeddings it learns the blend and, if the newest
 * weeks can be held out, too, the window of trend. Guards then see to it that no simple lists find more.
 *
 * Trials share what they have in common: those of the grid go on from the factors of the defaults for a few epochs, and only
 * the best of them is trained in full; `tasteDecay` changes no more than the last solve.
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
  kernel: Scope,
  sample: HeldOutSample,
  options: AlsOptions & RankingOptions & TrainingControl,
  { start: startBlend, factors, recent }: Priors,
): Promise<Picked> {
  const { signal, onChoice } = options;
  const settings = alsSettings(options);
  const { regularization, unobservedWeight, tasteDecay } = settings;
  const { windowDays, easeRegularization } = rankingSettings(options);
  const defaults: GridOptions = { factors: settings.factors, regularization, unobservedWeight, tasteDecay };
  const isOpen = (name: Exclude<keyof GridOptions, 'factors'>) => options[name] === undefined;
  const given = options.blend && { ...defaultBlend, ...options.blend };
  const tryBlend = given ?? startBlend;
  // If the sequence of orders is not known, the factors do not depend on it.
  const tasteDecays = isOpen('tasteDecay') && sample.kind === 'orders' ? grid.tasteDecay : [];
  const others = gridAround(defaults, isOpen);
  /** By options, in the order of the first trial. */
  const tried = new Map<string, Tried>();

  async function attempt(gridOptions: GridOptions, context: AlsContext = {}, blend = tryBlend): Promise<GridTrial> {
    const scope = createScope(kernel);
    const { factors, ...judged } = await judgesOf(scope, sample, gridOptions, context);
    const found = await measured(gridOptions, judged.judgesBy, blend);
    return { options: gridOptions, ...found, ...judged, ...(factors && { factors }), scope };
  }

  /** What a trial finds by a blend; notes it. */
  async function measured(gridOptions: GridOptions, judgesBy: JudgesBy, blend: Blend) {
    const { value, scores, ...accuracy } = await outcomeOf(judgesBy(neighbours)(windowDays), blend);
    const key = JSON.stringify(gridOptions);
    const isNew = !tried.has(key);
    tried.set(key, { ...gridOptions, ...accuracy });
    if (isNew) report();
    return { value, scores };
  }

  const neighboursIn = ({ heldOut }: HeldOutSample) =>
    given ? undefined : neighboursBy(kernel, heldOut.train, { easeRegularization, signal });
  const neighbours = await neighboursIn(sample);

  const judgesOf = (scope: OpenKernel, each: HeldOutSample, gridOptions: GridOptions, context?: AlsContext) =>
    trainJudged(scope, each, { ...settings, ...gridOptions, signal }, context);

  const report = () =>
    onChoice?.({ done: tried.size, total: 1 + others.length + tasteDecays.length + factors.factors.length });
  report();
  const standard = await attempt(defaults, { keepIterated: true });
  let best = standard;

  /** Takes a trial if it is the best so far, and better than one before by more than the noise. */
  function consider(trial: GridTrial, before: GridTrial): void {
    const gain = gainOf(trial.scores, before.scores);
    const isBetter = trial.value > best.value && gain.mean > gain.error;
    const loser = isBetter ? best : trial;
    if (loser !== before) loser.scope.end();
    if (isBetter) best = trial;
  }

  /** Frees the trial that others were compared with, unless it is the best. */
  function leave(before: GridTrial): GridTrial {
    if (best !== before) before.scope.end();
    return best;
  }

  let promising: { options: GridOptions; value: number } = standard;
  for (const other of others) {
    const start = { ...standard.factors!, epochs: Math.min(shortEpochs, settings.iterations) };
    const { options, value, scope } = await attempt(other, { start });
    scope.end();
    if (value > promising.value) promising = { options, value };
  }
  if (promising !== standard) consider(await attempt(promising.options, { keepIterated: true }), standard);
  const picked = leave(standard);
  for (const tasteDecay of tasteDecays)
    consider(await attempt({ ...picked.options, tasteDecay }, { start: { ...picked.factors!, epochs: 0 } }), picked);
  leave(picked);
  const newNames = learnableOf(sample, startBlend).filter(isOfNew);
  const { blend: sizingBlend } =
    factors.factors.length > 0 && !given
      ? await learnBlend(best.judgesBy(neighbours)(windowDays), startBlend, newNames, sample.kind, signal)
      : { blend: tryBlend };
  if (sizingBlend !== tryBlend) best = { ...best, ...(await measured(best.options, best.judgesBy, sizingBlend)) };
  for (const more of factors.factors) {
    const fewer = best;
    consider(await attempt({ ...fewer.options, factors: more }, {}, sizingBlend), fewer);
    if (leave(fewer) === fewer) break;
  }
  const choice = {
    heldOut: sample.kind,
    customers: sample.sample.length,
    tried: [...tried.values()],
    budget: { minutes: factors.budget, estimate: factors.minutesFor(best.options.factors) },
    beatsDefaults: best.options !== standard.options,
  };
  const searched = { sample, sampled: best.sampled };
  const keepSearched = () => {
    for (const scope of [best.scope, kernel]) scope.keep(searched.sampled.queries, searched.sampled.products);
  };
  if (given) {
    keepSearched();
    const options = { ...best.options, blend: given };
    return { options, provenance: { choice: { ...choice, learned: false } }, searched };
  }

  const samples: [HeldOutSample, ...HeldOutSample[]] = recent ? [sample, recent] : [sample];
  const judgesBys = [best.judgesBy, ...(recent ? [(await judgesOf(kernel, recent, best.options)).judgesBy] : [])];
  const judgesOfSamples = (of: readonly (Neighbours | undefined)[]) => judgesBys.map((judgesBy, i) => judgesBy(of[i]));
  const judges = judgesOfSamples([neighbours, ...(recent ? [await neighboursIn(recent)] : [])]);
  const days =
    recent && options.windowDays === undefined ? await pickWindow(judges[1], windowDays, startBlend) : windowDays;
  const joined = (some: readonly JudgeFor[]) => joinJudges(some.map((judgeFor) => judgeFor(days)));
  const judge = joined(judges);
  const names = learnableOf(sample, startBlend);
  const walk = { judge, ...(await learnBlend(judge, startBlend, names, sample.kind, signal, judges[1]?.(days))) };
  const ease =
    options.easeRegularization === undefined && mayGainByEase(sample.heldOut.train)
      ? await tryEase(kernel, samples, (of) => joined(judgesOfSamples(of)), startBlend, walk, signal)
      : undefined;
  const { blend, learned } = ease ?? walk;
  const finalJudges = ease ? judgesOfSamples(ease.neighbours) : judges;
  const judgeFor: JudgeFor = (each) => joinJudges(finalJudges.map((judgeFor) => judgeFor(each)));
  const movesWindow = options.windowDays === undefined && sample.heldOut.train.history?.times !== undefined;
  const rivals = await rivalsOf(samples, signal);
  const guarded = await guardBlend(judgeFor, rivals, { blend, windowDays: days }, movesWindow, signal);
  keepSearched();
  return {
    searched,
    options: {
      ...best.options,
      windowDays: guarded.windowDays,
      blend: guarded.blend,
      ...(ease && { easeRegularization: ease.regularization }),
    },
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
