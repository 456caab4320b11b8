import type { OpenKernel } from '../../kernel/kernel.ts';
import { createScope } from '../../kernel/scope.ts';
import type { Neighbours } from '../../model/model.ts';
import { type RankingOptions, rankingSettings } from '../../ranking/weights.ts';
import { type AlsStart, trainAls } from '../../training/als.ts';
import { type AlsOptions, alsSettings } from '../../training/als-options.ts';
import { neighboursBy } from '../../training/neighbours/ease.ts';
import type { HeldOutSample } from '../judging/held-out.ts';
import { sampleFactors } from '../picking/sampled-factors.ts';
import { type RepeatRows, repeatRowsOf } from './repeat-rows.ts';

/** Epochs of a training that goes on from one with a few orders less. */
const moreEpochs = 3;

/**
 * Trains on each sample, and gathers rows. The last one is first, and each of the others goes on from where the one after it
 * ended: its training part holds the same orders and more. All have the neighbours of the last one.
 */
export async function rowsOfSamples(
  kernel: OpenKernel,
  samples: readonly HeldOutSample[],
  options: AlsOptions & RankingOptions & { signal?: AbortSignal },
): Promise<RepeatRows[]> {
  const parts: RepeatRows[] = [];
  const scope = createScope(kernel);
  try {
    const last = samples.at(-1);
    const neighbours = last && (await neighboursFor(kernel, last, options));
    let start: AlsStart | undefined;
    for (const sample of samples.toReversed()) {
      const context = { signals: sample.signals, start, keepIterated: true };
      const settings = { ...alsSettings(options), signal: options.signal };
      const trained = await trainAls(scope, sample.heldOut.train, settings, context);
      if (start) scope.memory.free(start.customers, start.products);
      const sampled = sampleFactors(scope, sample, trained, neighbours);
      parts.push(await repeatRowsOf(scope, sample, sampled, options));
      const { customerFactors, productFactors, iterated } = trained;
      scope.memory.free(sampled.queries, ...(customerFactors === iterated ? [] : [customerFactors]));
      start = { customers: iterated!, products: productFactors, epochs: moreEpochs };
    }
  } finally {
    scope.end();
  }
  return parts;
}

/** The neighbours of a sample's training part, if the ranking weighs them. */
export async function neighboursFor(
  kernel: OpenKernel,
  { heldOut }: HeldOutSample,
  options: RankingOptions & { signal?: AbortSignal },
): Promise<Neighbours | undefined> {
  const { neighbours, easeRegularization } = rankingSettings(options);
  if (neighbours === 0) return undefined;
  return neighboursBy(kernel, heldOut.train, { easeRegularization, signal: options.signal });
}
