import type { Dataset } from '../../dataset/dataset.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import type { Neighbours } from '../../model/model.ts';
import { reboughtOf } from '../../ranking/repeat.ts';
import type { Blend } from '../../ranking/weights.ts';
import { easeNeighboursOf } from '../../training/neighbours/ease.ts';
import { accuracyOf, gainOf, outcomeOf, scoresOf } from '../judging/accuracy.ts';
import type { HeldOutSample } from '../judging/held-out.ts';
import type { Judge } from '../judging/judge.ts';
import { learnableOf, learnBlend } from './blend.ts';

/** Those that are tried: on the dense data that were looked at, lists with 100 to 1000 were about as good. */
const regularizations = [200, 600];
/** The weight that they are compared with, unless one was learned. */
const weight = 2;
/** Inverting the matrix of so many products takes 1.2e11 operations: two seconds of a core. */
const maxProducts = 5000;
/**
 * With fewer pairs for each product, what customers of two products have in common is mostly chance. Where they buy products
 * again, habit says most of it already, so that neighbours gain only in dense catalogues: of so many pairs for each product,
 * or for each place where a pair can be.
 */
const minPairs = 20;
const dense = { pairs: 100, share: 0.02 };

/**
 * The least gain, in standard errors and as a share of the metrics. Of held-out products, whatever else was bought along
 * with them is still in the training part, which flatters neighbours of any kind.
 */
const least = { orders: { errors: 1, share: 0 }, products: { errors: 2, share: 0.03 } };

/** Neighbours by EASE, which replace those of the random walk, and the weights learned with them. */
export interface EaseFound {
  readonly blend: Blend;
  readonly regularization: number;
  /** In the order of the samples. */
  readonly neighbours: readonly Neighbours[];
}

/** Whether a catalogue is small and dense enough for EASE. */
export function mayGainByEase(dataset: Pick<Dataset, 'products' | 'purchases' | 'history'>): boolean {
  const { products, purchases } = dataset;
  const perProduct = purchases.products.length / products.length;
  const customers = purchases.offsets.length - 1;
  const enough = reboughtOf(dataset) === 0 ? minPairs : Math.min(dense.pairs, dense.share * customers);
  return products.length <= maxProducts && perProduct >= enough;
}

/**
 * Tries neighbours by EASE on held-out orders: of two regularizations the better one on the first sample, with weights learned
 * for them. Returns them if lists are better by more than the noise than the best without them; see
 * `least`.
 *
 * @param judgeBy judges the samples that there are neighbours for at once, in their order.
 * @param start the weights to learn from, with none for neighbours.
 * @param without the judge and the weights to beat, near which those with EASE are.
 */
export async function tryEase(
  kernel: OpenKernel,
  samples: readonly HeldOutSample[],
  judgeBy: (neighbours: readonly Neighbours[]) => Judge,
  start: Blend,
  without: { readonly judge: Judge; readonly blend: Blend },
  signal?: AbortSignal,
): Promise<EaseFound | undefined> {
  const [{ kind, heldOut }, ...others] = samples;
  const begin = { ...without.blend, neighbours: without.blend.neighbours || weight };
  let best: { regularization: number; neighbours: Neighbours; value: number } | undefined;
  const found = await easeNeighboursOf(kernel, heldOut.train, { regularizations, signal });
  for (const [i, regularization] of regularizations.entries()) {
    const { value } = await accuracyOf(judgeBy([found[i]]), begin);
    if (!best || value > best.value) best = { regularization, neighbours: found[i], value };
  }
  const { regularization, neighbours: first } = best!;
  const neighbours = [first];
  for (const { heldOut } of others)
    neighbours.push(...(await easeNeighboursOf(kernel, heldOut.train, { regularizations: [regularization], signal })));
  const judge = judgeBy(neighbours);
  const names = learnableOf(samples[0], start);
  const { blend } = await learnBlend({ judge, kind: 'orders', signal }, start, names, begin);
  if (blend.neighbours === 0) return undefined;
  const before = await outcomeOf(without.judge, without.blend);
  const gain = gainOf(await scoresOf(judge, blend), before.scores);
  const { errors, share } = least[kind];
  const isBetter = gain.mean > Math.max(errors * gain.error, share * before.value);
  return isBetter ? { regularization, neighbours, blend } : undefined;
}
