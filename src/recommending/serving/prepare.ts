import type { OpenKernel } from '../../kernel/kernel.ts';
import { copyIn } from '../../kernel/memory.ts';
import type { Panels } from '../../model/file/panels.ts';
import type { Model } from '../../model/model.ts';
import { createBonus, trendsInPieces } from '../../ranking/formula.ts';
import { finish, inTurns, type Pace } from '../../turns.ts';
import { type Copied, copyModel, takeModel } from '../copy.ts';
import { type Assembled, assemble } from '../recommender.ts';
import { orderCandidates, pack, packCandidates, packOnThreads, takePacked } from '../scoring/candidates.ts';
import { neighbourTerm } from '../scoring/neighbours.ts';
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
  const copied = finish(copyModel(kernel, given));
  const scored = finish(scoredBy(kernel, copied));
  const candidates = packCandidates(kernel, copied.productFactors, given.factors, scored.formula);
  return finish(assemble(kernel, given, copied, { ...scored, candidates }, live));
}

/** Products of fewer factors are packed before a thread has started. */
const leastForThreads = 2 ** 24;

/**
 * `serveWith` of a model that was just loaded and that nobody else has: what the kernel can use where it is is not
 * copied, and the event loop is never kept for more than some milliseconds. Many products without panels are packed on the kernel's threads; in the background, on one of its own.
 *
 * @param panels of the file, in memory of this kernel, and from now on its own.
 * @throws also `aborted`, soon after the signal fires.
 */
export function serveLoaded(
  kernel: OpenKernel,
  model: Model,
  live?: ServedShop,
  pace?: Pace,
  panels?: Panels,
): Promise<Assembled> {
  return serveInTurns(kernel, model, takeModel(kernel, model), live, pace, panels);
}

/** `recommendWith` that does not keep the event loop, either. */
export async function recommendInTurns(kernel: OpenKernel, given: Model): Promise<Recommender> {
  return (await serveInTurns(kernel, given, copyModel(kernel, given))).recommender;
}

async function serveInTurns(
  kernel: OpenKernel,
  model: Model,
  copying: Generator<undefined, Copied>,
  live?: ServedShop,
  pace?: Pace,
  panels?: Panels,
): Promise<Assembled> {
  const copied = await inTurns(copying, pace);
  const { productFactors } = copied;
  const scored = await inTurns(scoredBy(kernel, copied), pace);
  const isLarge = kernel.threads > 1 && productFactors.length >= leastForThreads;
  const making = panels
    ? takePacked(panels, productFactors, model.factors, scored.formula)
    : orderCandidates(kernel, productFactors, model.factors, scored.formula);
  const candidates = await inTurns(making, pace);
  const packHere = () => (isLarge ? packOnThreads(kernel, candidates, pace) : inTurns(pack(kernel, candidates), pace));
  const packing = panels ? undefined : packHere();
  const assembling = inTurns(assemble(kernel, model, copied, { ...scored, candidates }, live), pace);
  // Both are over before the caller closes the kernel.
  const [packed, assembled] = await Promise.allSettled([packing, assembling]);
  if (packed.status === 'rejected') throw packed.reason;
  if (assembled.status === 'rejected') throw assembled.reason;
  // Its first list does not wait for them.
  if (isLarge) await kernel.start(pace);
  return assembled.value;
}

/** What makes scores of dot products: nothing if the model has no ranking. */
function* scoredBy(
  kernel: OpenKernel,
  { model }: Copied,
): Generator<undefined, Omit<Snapshot, 'candidates' | 'categories'>> {
  const { signals, neighbours, metadata } = model;
  const { ranking } = metadata;
  if (!signals || !ranking) return {};
  const trends = yield* trendsInPieces(signals, ranking);
  const formula = {
    root: ranking.taste,
    priors: copyIn(kernel.memory, Float32Array, trends.fresh),
    neighbours: neighbourTerm(kernel, neighbours, ranking.neighbours),
  };
  return { trends, bonusOf: createBonus(signals, ranking, trends), formula };
}
