import type { Dataset } from '../dataset/dataset.ts';
import { linesWhere, withHistory } from '../dataset/pairs.ts';
import type { OpenKernel } from '../kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../kernel/open.ts';
import type { ModelMetadata, Tried } from '../model/model.ts';
import { signalsOf } from '../ranking/signals.ts';
import { type Blend, defaultBlend, type RankingOptions, rankingSettings } from '../ranking/weights.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import { type AlsOptions, alsSettings, trainAls } from '../training/als.ts';
import { learnBlend } from './blend.ts';
import { createValidation } from './held-out.ts';
import { createJudge, type Judge, sampleFactors } from './judge.ts';
import { gainOf, qualityOf, type Scores, scoresOf } from './quality.ts';

/** Options that were chosen, and how, or why none was. */
export interface Chosen {
  readonly options: Partial<Point & { readonly blend: Blend }>;
  readonly found: Pick<ModelMetadata, 'choice' | 'unchosen'>;
}

export type Point = Pick<Tried, 'regularization' | 'unobservedWeight'> & { readonly tasteDecay: number };

export const grid = { regularization: [2, 8, 24], unobservedWeight: [0.015, 0.2], tasteDecay: [0.5, 0.9] };
/** More customers than have so many pairs are not trained on; every n-th is. */
const mostPairs = 2e6;

/**
 * Chooses what was left open, by what it finds of orders that were held out: of regularization and unobservedWeight those
 * of a grid of six that are best, if they are better than the defaults by more than a standard error of the difference over
 * the same customers; then, where the last orders were held out, tasteDecay by the same rule, and the blend with the
 * factors that these gave. Nothing where nothing is open, or too few customers bought enough to tell.
 */
export async function choose(
  dataset: Dataset,
  options: AlsOptions & RankingOptions & TrainingControl & KernelOptions,
): Promise<Chosen> {
  const settings = alsSettings(options);
  const { regularization, unobservedWeight, tasteDecay } = settings;
  const defaults: Point = { regularization, unobservedWeight, tasteDecay };
  const isOpen = (name: keyof Point) => options[name] === undefined;
  if (options.blend && !isOpen('regularization') && !isOpen('unobservedWeight') && !isOpen('tasteDecay'))
    return { options: {}, found: { unchosen: 'given' } };
  const validation = createValidation(sampleOf(dataset), settings.factors);
  if (!validation) return { options: {}, found: { unchosen: 'too_few' } };
  const { train } = validation.heldOut;
  const signals = signalsOf(train, settings.decay, rankingSettings(options).windowDays);
  const given = options.blend && { ...defaultBlend, ...options.blend };
  // Where nobody knows which order came last, the factors do not depend on it.
  const tasteDecays = isOpen('tasteDecay') && validation.kind === 'orders' ? grid.tasteDecay : [];
  const others = othersOf(defaults, isOpen);
  const tried: Tried[] = [];
  let best: { value: number; point: Point; scores: Scores; judge: Judge; kernel: OpenKernel } | undefined;

  /** Takes a point if it is the best so far, and better than what was there before by more than the noise. */
  async function attempt(point: Point, before: Scores | undefined): Promise<void> {
    const kernel = openKernel(options);
    let worse: OpenKernel | undefined = kernel;
    try {
      const trained = await trainAls(kernel, train, { ...settings, ...point, signal: options.signal });
      const judge = createJudge(
        kernel,
        validation!,
        sampleFactors(kernel, validation!, trained),
        signals,
        settings.decay,
      );
      const { value, ...accuracy } = await qualityOf(judge, given ?? defaultBlend);
      tried.push({ ...point, ...accuracy });
      const scores = await scoresOf(judge, given ?? defaultBlend);
      const gain = before && gainOf(scores, before);
      if (best && gain && !(value > best.value && gain.mean > gain.error)) return;
      worse = best?.kernel;
      best = { value, point, scores, judge, kernel };
    } finally {
      await worse?.close();
    }
  }

  const total = 1 + others.length + tasteDecays.length;
  const tell = () => options.onChoice?.({ done: tried.length, total });
  tell();
  try {
    await attempt(defaults, undefined);
    tell();
    const standard = best!.scores;
    for (const point of others) {
      await attempt(point, standard);
      tell();
    }
    const found = best!;
    for (const tasteDecay of tasteDecays) {
      await attempt({ ...found.point, tasteDecay }, found.scores);
      tell();
    }
    const { point, judge } = best!;
    const { blend, learned } = given
      ? { blend: given, learned: false }
      : await learnBlend(validation, judge, options.signal);
    return {
      options: { ...point, blend },
      found: {
        choice: {
          heldOut: validation.kind,
          customers: validation.sample.length,
          tried,
          beatsDefaults: point !== defaults,
          learned,
        },
      },
    };
  } finally {
    await best?.kernel.close();
  }
}

/** What the grid has beside the defaults for the regularization and the unobserved weight that are open. */
function othersOf(defaults: Point, isOpen: (name: keyof Point) => boolean): Point[] {
  const values = (name: 'regularization' | 'unobservedWeight') => (isOpen(name) ? grid[name] : [defaults[name]]);
  return values('regularization')
    .flatMap((regularization) =>
      values('unobservedWeight').map((unobservedWeight) => ({ ...defaults, regularization, unobservedWeight })),
    )
    .filter(
      (point) =>
        point.regularization !== defaults.regularization || point.unobservedWeight !== defaults.unobservedWeight,
    );
}

/** All customers, or every n-th of a large shop. */
export function sampleOf(dataset: Dataset): Dataset {
  const step = Math.ceil(dataset.purchases.products.length / mostPairs);
  if (step === 1 || !dataset.history) return dataset;
  return withHistory(
    dataset,
    linesWhere(dataset.history, (_line, _order, customer) => customer % step === 0),
  );
}
