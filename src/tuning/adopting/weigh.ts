/** The weights of a ranking for factors that another system trained. */
import type { Dataset } from '../../dataset/dataset.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { createScope } from '../../kernel/scope.ts';
import type { Imported } from '../../model/imported.ts';
import type { Guard } from '../../model/model.ts';
import { type Blend, defaultBlendOf, type RankingOptions, rankingSettings } from '../../ranking/weights.ts';
import { neighboursBy } from '../../training/neighbours/ease.ts';
import { inTurns } from '../../turns.ts';
import { outcomeOf } from '../judging/accuracy.ts';
import { type HeldOutSample, holdOutRecent, holdOutSample } from '../judging/held-out.ts';
import { judgesOf } from '../judging/judged.ts';
import { type JudgedSample, pickWeights } from '../picking/weights.ts';
import { minOrdersToPick, ordersIn } from '../small-shops.ts';
import { type Fixed, foldRows } from './fold-rows.ts';

export interface Weighed {
  readonly ranking: Pick<RankingOptions, 'blend' | 'windowDays' | 'easeRegularization'>;
  readonly weights: NonNullable<Imported['weights']>;
  /** Customers whose held-out orders told. */
  readonly measured?: number;
  /** Those that acted. */
  readonly guards: readonly Guard[];
}

/**
 * What taste is multiplied by to begin with: dot products of other systems are on another scale, and the steps in which weights
 * are learned are not made for that.
 */
const scales = [1, 1 / 2, 2, 1 / 4, 4, 1 / 8, 8, 1 / 16, 16];

/**
 * Learns the blend on held-out orders, as training does: customers are folded in by what they bought before. The products'
 * factors stay as they are, and have seen the held-out orders unless they were trained before them, so that what is found is
 * no measure of the model.
 */
export async function weigh(
  kernel: OpenKernel,
  dataset: Dataset,
  fixed: Fixed,
  options: RankingOptions & { readonly fast?: boolean; readonly signal?: AbortSignal },
): Promise<Weighed> {
  const { signal, fast = false } = options;
  const standard = (weights: Weighed['weights']): Weighed => ({
    ranking: options.blend ? {} : { blend: defaultBlendOf(dataset) },
    weights,
    guards: [],
  });
  if (options.blend) return standard('given');
  if (fast) return standard('fast');
  if (ordersIn(dataset) < minOrdersToPick) return standard('too_few');
  const sample = await inTurns(holdOutSample(dataset, fixed.factors), options);
  if (!sample) return standard('too_few');
  const scope = createScope(kernel);
  try {
    const { decay, windowDays, easeRegularization } = rankingSettings(options);
    const judged = async (sample: HeldOutSample): Promise<JudgedSample> => {
      const { heldOut } = sample;
      const rows = Uint32Array.from(sample.sample, (place) => heldOut.customers[place]);
      const queries = await foldRows(scope, fixed, heldOut.train, rows, signal);
      const { factors, products } = fixed;
      return { sample, judgesBy: judgesOf(scope, sample, { factors, queries, products }, decay) };
    };
    const first = await judged(sample);
    const recent = await inTurns(holdOutRecent(dataset, fixed.factors), options);
    const samples: [JudgedSample, ...JudgedSample[]] = [first, ...(recent ? [await judged(recent)] : [])];
    const walk = await neighboursBy(scope, sample.heldOut.train, { easeRegularization, signal });
    const start = await bestScale(first, defaultBlendOf(dataset), windowDays);
    const picked = await pickWeights(scope, samples, walk, { start, windowDays }, options, signal);
    const { blend, learned, guards } = picked;
    return {
      ranking: {
        blend,
        windowDays: picked.windowDays,
        ...(picked.easeRegularization !== undefined && { easeRegularization: picked.easeRegularization }),
      },
      weights: learned || start.taste !== defaultBlendOf(dataset).taste ? 'learned' : 'kept',
      measured: sample.sample.length,
      guards,
    };
  } finally {
    scope.end();
  }
}

/** A blend with the weight of taste that is best; the usual one unless another is better. */
async function bestScale({ judgesBy }: JudgedSample, blend: Blend, windowDays: number): Promise<Blend> {
  const judge = judgesBy(undefined)(windowDays);
  let best = { blend, value: -1 };
  for (const scale of scales) {
    const scaled = { ...blend, neighbours: 0, taste: blend.taste * scale };
    const { value } = await outcomeOf(judge, scaled);
    if (value > best.value) best = { blend: { ...blend, taste: scaled.taste }, value };
  }
  return best.blend;
}
