import { type Purchases, quantityOf } from '../dataset/dataset.ts';

/** What determines the weight of a bought pair; see `AlsOptions.confidence`. */
export type Confidence = 'orders' | 'quantity' | 'log-quantity' | 'equal';
export const confidences: readonly Confidence[] = ['orders', 'quantity', 'log-quantity', 'equal'];

/** Recency of an order long ago: the exact solver divides by weights. */
const minRecency = 1e-6;

/** The confidence of a pair, before it is scaled so that the average pair has `alpha`. */
export function rawConfidence(confidence: Confidence, recency: number, quantity: number): number {
  if (confidence === 'orders') return Math.max(recency, minRecency);
  if (confidence === 'quantity') return quantity;
  if (confidence === 'log-quantity') return Math.log1p(quantity);
  return 1;
}

/** A confidence after `tasteDecay` has replaced `decay`. */
export function aged(confidence: number, recency: number, tasteRecency: number): number {
  return confidence * Math.max(tasteRecency / Math.max(recency, minRecency), minRecency);
}

/** Fills in the weight of every pair; returns their sum, and the factor between raw confidences and weights. */
export function fillWeights(
  weights: Float32Array,
  purchases: Purchases,
  recency: Float32Array,
  { confidence, alpha }: { confidence: Confidence; alpha: number },
): { total: number; scale: number } {
  for (let pair = 0; pair < weights.length; pair++)
    weights[pair] = rawConfidence(confidence, recency[pair], quantityOf(purchases, pair));
  const scale = (alpha * weights.length) / sum(weights);
  for (let pair = 0; pair < weights.length; pair++) weights[pair] *= scale;
  return { total: sum(weights), scale };
}

/** Fills in the weights after `tasteDecay` has replaced `decay`. */
export function fillAgedWeights(
  aging: Float32Array,
  weights: Float32Array,
  recency: Float32Array,
  tasteRecency: Float32Array,
): void {
  for (let pair = 0; pair < aging.length; pair++) aging[pair] = aged(weights[pair], recency[pair], tasteRecency[pair]);
}

export function sum(values: Float32Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}
