import { type Dataset, orderIsKnown } from '../dataset/dataset.ts';
import { throwIfAborted } from '../errors.ts';
import type { OpenKernel } from '../kernel/kernel.ts';
import type { Unchosen } from '../model/model.ts';
import type { RankingOptions } from '../ranking/weights.ts';
import { defaultBlendOf } from '../ranking/weights.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import { type AlsOptions, alsSettings } from '../training/als-options.ts';
import { budgetOf, type SearchOptions } from '../training/fit-on.ts';
import { inTurns } from '../turns.ts';
import { type HeldOutSample, holdOutRecent, holdOutSample } from './judging/held-out.ts';
import { type FactorsToTry, factorsToTry } from './picking/factors.ts';
import { isAnyOpen, type Picked, pickOptions } from './picking/pick.ts';
import { minOrders, minOrdersToPick, ordersIn, startFor } from './small-shops.ts';

/**
 * The options for orders whose sequence may not be known: then they are not weighted by it, unless a decay is given. Nor are
 * those of pairs without orders, whatever is given: they count.
 */
export function inSequence<Options extends AlsOptions>(dataset: Dataset, options: Options): Options {
  if (!dataset.history) return { ...options, decay: 1, tasteDecay: 1 };
  return orderIsKnown(dataset) ? options : { decay: 1, tasteDecay: 1, ...options };
}

type Options = AlsOptions & RankingOptions & TrainingControl & SearchOptions;

/**
 * Settles the options that are left open: by trying them on held-out orders or, if that is not wanted or there are too few
 * orders for it, by the number of orders alone.
 *
 * @returns the options, and the sample of held-out orders if one was needed and there are enough customers. The caller frees
 *   what the search left behind.
 */
export async function settleOptions(
  kernel: OpenKernel,
  dataset: Dataset,
  options: Options,
): Promise<Picked & { sample?: HeldOutSample }> {
  throwIfAborted(options.signal);
  const settings = alsSettings(options);
  const orders = ordersIn(dataset);
  const { blend: start, windowDays } = startFor(orders, defaultBlendOf(dataset));
  const sized = windowDays !== undefined && options.windowDays === undefined ? { windowDays } : {};
  const factors = factorsToTry(dataset, settings, budgetOf(options), options.factors === undefined);
  const isOpen = isAnyOpen(options) || factors.factors.length > 0;
  const unchosen = isOpen ? reasonNotToPick(dataset, orders, options) : 'given';
  const sample =
    options.earlyStopping || !unchosen ? await inTurns(holdOutSample(dataset, settings.factors), options) : undefined;
  const picked: Picked =
    sample && !unchosen
      ? await pickOptions(
          kernel,
          sample,
          { ...options, ...sized },
          { start, factors, recent: await inTurns(holdOutRecent(dataset, settings.factors), options) },
        )
      : { options: options.blend ? {} : { blend: start }, provenance: { unchosen: unchosen ?? 'too_few' } };
  const provenance = withBeyond(picked, factors);
  return { ...picked, provenance, options: { ...sized, ...picked.options }, ...(sample && { sample }) };
}

/** Notes that more factors were not tried for want of a budget, if the most that it allowed were the best. */
function withBeyond({ options, provenance }: Picked, { factors, beyond }: FactorsToTry): Picked['provenance'] {
  const { choice } = provenance;
  const most = factors[factors.length - 1];
  if (!choice?.budget || beyond === undefined || (most !== undefined && options.factors !== most)) return provenance;
  return { ...provenance, choice: { ...choice, budget: { ...choice.budget, beyond } } };
}

function reasonNotToPick({ history }: Dataset, orders: number, { blend, fast }: Options): Unchosen | undefined {
  if (orders < minOrders && !blend) return 'too_early';
  if (fast) return 'fast';
  if (!history) return 'no_history';
  return orders < minOrdersToPick ? 'too_few' : undefined;
}
