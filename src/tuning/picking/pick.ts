import type { OpenKernel } from '../../kernel/kernel.ts';
import { createScope, type Scope } from '../../kernel/scope.ts';
import { type Blend, defaultBlend, type RankingOptions, rankingSettings } from '../../ranking/weights.ts';
import type { TrainingControl } from '../../training/algorithm.ts';
import { type AlsOptions, type AlsSettings, alsSettings } from '../../training/als-options.ts';
import type { Provenance } from '../../training/fit-on.ts';
import { neighboursBy } from '../../training/neighbours/ease.ts';
import type { HeldOutSample } from '../judging/held-out.ts';
import { trainJudged } from '../judging/judged.ts';
import { learnableOf, learnNew } from './blend.ts';
import type { FactorsToTry } from './factors.ts';
import { type GridOptions, grid, gridAround } from './grid.ts';
import { createGridSearch } from './grid-search.ts';
import type { Searched } from './sampled-factors.ts';
import { type JudgedSample, type PickedWeights, pickWeights } from './weights.ts';

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
 * `unobservedWeight` the best of a grid of eight (six, if products were held out) if they are better than the defaults by more than a standard error of the
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
  { start, factors, recent }: Priors,
): Promise<Picked> {
  const { signal, onChoice } = options;
  const settings = alsSettings(options);
  const { windowDays, easeRegularization } = rankingSettings(options);
  const given = options.blend && { ...defaultBlend, ...options.blend };
  const neighbours = given
    ? undefined
    : await neighboursBy(kernel, sample.heldOut.train, { easeRegularization, signal });

  const plan = planOf(settings, options, sample.kind);
  const total = 1 + plan.others.length + plan.tasteDecays.length + factors.factors.length;
  const onTried = (done: number) => onChoice?.({ done, total });
  onTried(0);
  const search = createGridSearch(kernel, { sample, settings, windowDays, neighbours, signal, onTried });
  const tryBlend = given ?? start;
  const standard = await search.attempt(plan.defaults, tryBlend, { keepIterated: true });
  let best = await search.bestOfGrid(standard, plan.others, tryBlend);
  best = await search.bestTasteDecay(best, plan.tasteDecays, tryBlend);
  const sizing = { judge: best.judgesBy(neighbours)(windowDays), kind: sample.kind, signal };
  const { blend: sizingBlend } =
    factors.factors.length > 0 && !given
      ? await learnNew(sizing, start, learnableOf(sample, start))
      : { blend: tryBlend };
  if (sizingBlend !== tryBlend) best = await search.judgedBy(best, sizingBlend);
  best = await search.bestFactors(best, factors.factors, sizingBlend);

  const choice = {
    heldOut: sample.kind,
    customers: sample.sample.length,
    tried: search.tried(),
    budget: { minutes: factors.budget, estimate: factors.minutesFor(best.options.factors) },
    beatsDefaults: best.options !== standard.options,
  };
  const weights: Partial<PickedWeights> = given ? { blend: given } : await weigh();
  const { learned = false, guards = [], neighbours: near, found, ...ranking } = weights;
  const searched = { sample, sampled: { ...best.sampled, neighbours: near }, ...(found && { found }) };
  for (const scope of [best.scope, kernel]) scope.keep(searched.sampled.queries, searched.sampled.products);
  return {
    searched,
    options: { ...best.options, ...ranking },
    provenance: { choice: { ...choice, learned }, ...(guards.length > 0 && { guards }) },
  };

  async function weigh(): Promise<PickedWeights> {
    const newest = recent && {
      sample: recent,
      ...(await trainJudged(kernel, recent, { ...settings, ...best.options, signal })),
    };
    const samples: [JudgedSample, ...JudgedSample[]] = [
      { sample, judgesBy: best.judgesBy },
      ...(newest ? [newest] : []),
    ];
    return pickWeights(kernel, samples, neighbours, { start, windowDays }, options, signal);
  }
}

/** What is tried, besides the defaults and numbers of factors. */
function planOf(
  { factors, regularization, unobservedWeight, tasteDecay }: AlsSettings,
  options: AlsOptions,
  kind: HeldOutSample['kind'],
) {
  const isOpen = (name: Exclude<keyof GridOptions, 'factors'>) => options[name] === undefined;
  const defaults: GridOptions = { factors, regularization, unobservedWeight, tasteDecay };
  return {
    defaults,
    others: gridAround(defaults, isOpen, kind),
    // If the sequence of orders is not known, the factors do not depend on it.
    tasteDecays: isOpen('tasteDecay') && kind === 'orders' ? grid.tasteDecay : [],
  };
}
