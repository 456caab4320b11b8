import type { Dataset } from '../dataset/dataset.ts';
import { linesWhere, withHistory } from '../dataset/history.ts';
import { signalsOf } from '../dataset/signals.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../kernel/select.ts';
import type { Choice, Tried } from '../model/model.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import { type AlsOptions, alsSettings, trainAls } from '../training/als.ts';
import { type Blend, defaultBlend, type RankingOptions, rankingSettings } from '../training/ranking.ts';
import { learnBlend } from './blend.ts';
import { createJudge, createValidation, type Judge, qualityOf, sampleFactors } from './validation.ts';

/** Options that were chosen, and how. */
export interface Chosen {
  readonly options: Point & { readonly blend: Blend };
  readonly choice: Choice;
}

export type Point = Pick<Tried, 'regularization' | 'unobservedWeight'>;

export const grid = { regularization: [2, 8, 24], unobservedWeight: [0.015, 0.2] };
/** More customers than have so many pairs are not trained on; every n-th is. */
const mostPairs = 2e6;

/**
 * Chooses what was left open: regularization and unobservedWeight out of a grid of six, by what they find of orders that
 * were held out, and with the winner's factors the blend. Undefined where too few customers came twice to tell, or where
 * nothing is open.
 */
export async function choose(
  dataset: Dataset,
  options: AlsOptions & RankingOptions & TrainingControl & KernelOptions,
): Promise<Chosen | undefined> {
  const settings = alsSettings(options);
  const points = pointsOf(options);
  if (points.length === 1 && options.blend) return undefined;
  const validation = createValidation(sampleOf(dataset), settings.factors);
  if (!validation) return undefined;
  const { train } = validation.heldOut;
  const signals = signalsOf(train, settings.decay, rankingSettings(options).windowDays);
  const given = options.blend && { ...defaultBlend, ...options.blend };
  const tried: Tried[] = [];
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
        const quality = await qualityOf(judge, given ?? defaultBlend);
        const { value, ...accuracy } = quality;
        tried.push({ ...point, ...accuracy });
        options.onChoice?.({ done: tried.length, total: points.length });
        if (best && value <= best.value) continue;
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
      choice: { heldOut: validation.kind, customers: validation.sample.length, tried, learned },
    };
  } finally {
    await best?.kernel.close();
  }
}

function pointsOf({ regularization, unobservedWeight }: AlsOptions): Point[] {
  const values = (name: keyof Point, given: number | undefined) => (given === undefined ? grid[name] : [given]);
  return values('regularization', regularization).flatMap((regularization) =>
    values('unobservedWeight', unobservedWeight).map((unobservedWeight) => ({ regularization, unobservedWeight })),
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
