import type { OpenKernel } from '../../kernel/kernel.ts';
import { createScope, type Scope } from '../../kernel/scope.ts';
import { type AlsStart, trainAls } from '../../training/als.ts';
import type { HeldOutSample } from '../judging/held-out.ts';
import type { TunedOptions } from './tuned.ts';

/** Numbers of factors that are kept at a time. */
const most = 2;

/** The factors that trials with so many factors go on from. */
export type StartFor = (factors: number) => Promise<Omit<AlsStart, 'epochs'>>;

/**
 * Trains the defaults on the training part of a sample, once for each number of factors, and keeps what was asked for last.
 * What it allocates stays until the kernel, a scope, ends.
 */
export function createStarts(
  kernel: OpenKernel,
  { heldOut, signals }: HeldOutSample,
  defaults: TunedOptions,
  signal: AbortSignal,
): StartFor {
  /** The one asked for last is last. */
  const kept = new Map<number, { scope: Scope; start: Omit<AlsStart, 'epochs'> }>();
  return async (factors) => {
    const known = kept.get(factors) ?? (await begin(factors));
    kept.delete(factors);
    kept.set(factors, known);
    return known.start;
  };

  async function begin(factors: number) {
    for (const [oldest, { scope }] of [...kept].slice(0, Math.max(0, kept.size + 1 - most))) {
      kept.delete(oldest);
      scope.end();
    }
    const scope = createScope(kernel);
    try {
      const options = { ...defaults, factors, signal };
      const trained = await trainAls(scope, heldOut.train, options, { signals, keepIterated: true });
      const { customerFactors, productFactors, iterated } = trained;
      if (customerFactors !== iterated) scope.memory.free(customerFactors);
      return { scope, start: { customers: iterated!, products: productFactors } };
    } catch (error) {
      scope.end();
      throw error;
    }
  }
}
