import type { OpenKernel } from '../kernel/kernel.ts';
import type { SignalSource } from '../ranking/signals.ts';
import type { AlsSettings } from './als-options.ts';
import { fillAgedWeights } from './confidence.ts';

/** The weights of the final solve, and what they are made from. */
export interface Aged {
  readonly weights: Float32Array;
  readonly recency: Float32Array;
}

/** @param goesOn whether the weights of the iterations are needed afterwards; if not, these take their place. */
export function agedWeights(
  { memory }: OpenKernel,
  weights: Float32Array,
  { decay, tasteDecay }: AlsSettings,
  signals: SignalSource,
  goesOn: boolean,
): Aged {
  const recency = signals.recency(tasteDecay);
  const aging = goesOn ? memory.allocate(Float32Array, weights.length) : weights;
  fillAgedWeights(aging, weights, signals.recency(decay), recency);
  return { weights: aging, recency };
}
