import type { OpenKernel } from '../kernel/kernel.ts';
import { createScope, type Scope } from '../kernel/scope.ts';
import type { Tried } from '../model/model.ts';
import { type Blend, defaultBlend, type RankingOptions, rankingSettings } from '../ranking/weights.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import { trainAls } from '../training/als.ts';
import { type AlsOptions, alsSettings } from '../training/als-options.ts';
import type { Provenance } from '../training/fit.ts';
import { accuracyOf, type CustomerScores, gainOf, scoresOf } from './accuracy.ts';
import { learnBlend } from './blend.ts';
import type { FactorsToTry } from './factors.ts';
import type { HeldOutSample } from './held-out.ts';
import { createJudge, type Judge, sampleFactors } from './judge.ts';

/** Options that were picked, and how, or why none was. */
export interface Picked {
  readonly options: Partial<GridOptions & { readonly blend: Blend; readonly windowDays: number }>;
  readonly provenance: Pick<Provenance, 'choice' | 'unchosen'>;
}

type GridOptions = Pick<Tried, 'regularization' | 'unobservedWeight'> & {
  readonly factors: number;
  readonly tasteDecay: number;
};

/** The values that are tried, besides the defaults. */
export const grid = { regularization: [2, 8, 24], unobservedWeight: [0.015, 0.2], tasteDecay: [0.5, 0.9] };

/** Models that are trained at most before the number of factors is looked at. */
export const maxTrials = 1 + grid.regularization.length * grid.unobservedWeight.length + grid.tasteDecay.length;

/** What the size of a shop says, before anything is tried. */
export interface Priors {
  /** The weights to start from. */
  readonly start: Blend;
  readonly factors: FactorsToTry;
}

/** A model that was trained on the training part, and what it finds of the held-out orders. */
interface GridTrial {
  readonly options: GridOptions;
  readonly value: number;
  readonly scores: CustomerScores;
  readonly judge: Judge;
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
 * as long as each number is better than the one before; and the blend with the resulting embeddings.
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
  { start, factors }: Priors,
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
    const als = { ...settings, ...gridOptions, signal };
    const trained = await trainAls(scope, sample.heldOut.train, als, { signals: sample.signals });
    const factors = sampleFactors(scope, sample, trained);
    scope.memory.free(trained.customerFactors);
    const judge = createJudge(scope, sample, factors, { decay: settings.decay, windowDays });
    const { value, ...accuracy } = await accuracyOf(judge, given ?? start);
    const scores = await scoresOf(judge, given ?? start);
    tried.push({ ...gridOptions, ...accuracy });
    report();
    return { options: gridOptions, value, scores, judge, scope };
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
  const { blend, learned } = given
    ? { blend: given, learned: false }
    : await learnBlend(sample, best.judge, signal, start);
  return {
    options: { ...best.options, blend },
    provenance: {
      choice: {
        heldOut: sample.kind,
        customers: sample.sample.length,
        tried,
        budget: { minutes: factors.budget, estimate: factors.minutesFor(best.options.factors) },
        beatsDefaults: best !== standard,
        learned,
      },
    },
  };
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
