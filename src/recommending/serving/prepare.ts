import type { OpenKernel } from '../../kernel/kernel.ts';
import { copyIn } from '../../kernel/memory.ts';
import type { Model } from '../../model/model.ts';
import { createBonus, trendsOf } from '../../ranking/formula.ts';
import { type Copied, copyModel } from '../copy.ts';
import { type Assembled, assemble } from '../recommender.ts';
import { packCandidates, packOnThreads } from '../scoring/candidates.ts';
import { neighbourTerm } from '../scoring/neighbours.ts';
import { afterThisTurn } from '../scoring/turns.ts';
import type { Recommender } from '../types.ts';
import type { ServedShop } from './served.ts';
import type { Snapshot } from './snapshots.ts';

/**
 * Makes a model ready to answer on a kernel, which the recommender closes when it is closed. Everything that takes longer
 * than a request may is done here, once.
 *
 * @throws `model_unreadable` if the model breaks a promise of its type, `out_of_memory` if the kernel has no room.
 */
export function recommendWith(kernel: OpenKernel, given: Model): Recommender {
  return serveWith(kernel, given).recommender;
}

/** `recommendWith` for a running shop. @param live what it knows; nothing if absent. */
export function serveWith(kernel: OpenKernel, given: Model, live?: ServedShop): Assembled {
  const copied = copyModel(kernel, given, false);
  const scored = scoredBy(kernel, copied);
  const candidates = packCandidates(kernel, copied.productFactors, given.factors, scored.formula);
  return assemble(kernel, given, copied, { ...scored, candidates }, live);
}

/** Products of fewer factors are packed before a thread has started. */
const leastForThreads = 2 ** 24;

/**
 * `serveWith` of a model that was just loaded and that nobody else has: what the kernel can use where it is is not
 * copied, and if there are many products, they are packed on the kernel's threads while this one goes on.
 */
export async function serveLoaded(kernel: OpenKernel, model: Model, live?: ServedShop): Promise<Assembled> {
  const copied = copyModel(kernel, model, true);
  const { productFactors } = copied;
  const scored = scoredBy(kernel, copied);
  if (productFactors.length < leastForThreads) {
    const candidates = packCandidates(kernel, productFactors, model.factors, scored.formula);
    return assemble(kernel, model, copied, { ...scored, candidates }, live);
  }
  const { candidates, packing } = packOnThreads(kernel, productFactors, model.factors, scored.formula);
  // The threads get their work in the next turn.
  await Promise.race([packing, new Promise<void>(afterThisTurn)]);
  const assembled = assemble(kernel, model, copied, { ...scored, candidates }, live);
  await packing;
  return assembled;
}

/** What makes scores of dot products: nothing if the model has no ranking. */
function scoredBy(kernel: OpenKernel, { model }: Copied): Omit<Snapshot, 'candidates' | 'categories'> {
  const { signals, neighbours, metadata } = model;
  const { ranking } = metadata;
  if (!signals || !ranking) return {};
  const trends = trendsOf(signals, ranking);
  const formula = {
    root: ranking.taste,
    priors: copyIn(kernel.memory, Float32Array, trends.fresh),
    neighbours: neighbourTerm(kernel, neighbours, ranking.neighbours),
  };
  return { trends, bonusOf: createBonus(signals, ranking, trends), formula };
}
