import type { Dataset } from '../dataset/dataset.ts';
import { linesWhere, withHistory } from '../dataset/history.ts';
import { signalsOf } from '../dataset/signals.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../kernel/select.ts';
import type { ModelMetadata, Tried } from '../model/model.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import { type AlsOptions, alsSettings, trainAls } from '../training/als.ts';
import { type Blend, defaultBlend, type RankingOptions, rankingSettings } from '../training/ranking.ts';
import { learnBlend } from './blend.ts';
import {
  createJudge,
  createValidation,
  gainOf,
  type Judge,
  qualityOf,
  type Scores,
  sampleFactors,
  scoresOf,
} from './validation.ts';

/** Options that were chosen, and how, or why none was. */
export interface Chosen {
  readonly options: Partial<Point & { readonly blend: Blend }>;
  readonly found: Pick<ModelMetadata, 'choice' | 'unchosen'>;
}

export type Point = Pick<Tried, 'regularization' | 'unobservedWeight'>;

export const grid = { regularization: [2, 8, 24], unobservedWeight: [0.015, 0.2] };
/** More customers than have so many pairs are not trained on; every n-th is. */
const mostPairs = 2e6;

/**
 * Chooses what was left open, by what it finds of orders that were held out: of regularization and unobservedWeight those
 * of a grid of six that are best, if they are better than the defaults by more than a standard error of the difference over
 * the same customers; with the factors they gave, the blend. Nothing where nothing is open, or too few customers came twice
 * to tell.
 */
export async function choose(
  dataset: Dataset,
  options: AlsOptions & RankingOptions & TrainingControl & KernelOptions,
): Promise<Chosen> {
  const settings = alsSettings(options);
  const points = pointsOf(options, settings);
  if (points.length === 1 && options.blend) return { options: {}, found: { unchosen: 'given' } };
  const validation = createValidation(sampleOf(dataset), settings.factors);
  if (!validation) return { options: {}, found: { unchosen: 'too_few' } };
  const { train } = validation.heldOut;
  const signals = signalsOf(train, settings.decay, rankingSettings(options).windowDays);
  const given = options.blend && { ...defaultBlend, ...options.blend };
  const tried: Tried[] = [];
  let standard: Scores | undefined;
  let best: { value: number; point: Point; judge: Judge; kernel: Kernel } | undefined;
  options.onChoice?.({ done: 0, total: points.length });
  try {
    for (const point of points) {
      const kernel = openKernel(options);
      let worse: Kernel | undefined = kernel;
      try {
        const trained = await trainAls(kernel, train, { ...settings, ...point, signal: options.signal });
        const judge = createJudge(
          kernel,
          validation,
          sampleFactors(kernel, validation, trained),
          signals,
          settings.decay,
        );
        const { value, ...accuracy } = await qualityOf(judge, given ?? defaultBlend);
        tried.push({ ...point, ...accuracy });
        options.onChoice?.({ done: tried.length, total: points.length });
        const scores = await scoresOf(judge, given ?? defaultBlend);
        standard ??= scores;
        const gain = gainOf(scores, standard);
        if (best && !(value > best.value && gain.mean > gain.error)) continue;
        worse = best?.kernel;
        best = { value, point, judge, kernel };
      } finally {
        await worse?.close();
      }
    }
    const { point, judge } = best!;
    const { blend, learned } = given ? { blend: given, learned: false } : await learnBlend(judge, options.signal);
    return {
      options: { ...point, blend },
      found: {
        choice: {
          heldOut: validation.kind,
          customers: validation.sample.length,
          tried,
          beatsDefaults: point !== points[0],
          learned,
        },
      },
    };
  } finally {
    await best?.kernel.close();
  }
}

/** What is given or else the default, then what the grid has beside it for what is open. */
function pointsOf(options: AlsOptions, { regularization, unobservedWeight }: Point): Point[] {
  const values = (name: keyof Point) => (options[name] === undefined ? grid[name] : [options[name]]);
  const others = values('regularization').flatMap((regularization) =>
    values('unobservedWeight').map((unobservedWeight) => ({ regularization, unobservedWeight })),
  );
  const isDefault = (point: Point) =>
    point.regularization === regularization && point.unobservedWeight === unobservedWeight;
  return [{ regularization, unobservedWeight }, ...others.filter((point) => !isDefault(point))];
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
