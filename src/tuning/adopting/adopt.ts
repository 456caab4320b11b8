/** A model of factors that another system trained. */
import type { Dataset } from '../../dataset/dataset.ts';
import { EndcapError } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../../kernel/open.ts';
import { maxFactors, strideOf } from '../../kernel/operations/operations.ts';
import { createScope } from '../../kernel/scope.ts';
import { valuesProblem, viewModel } from '../../model/check.ts';
import { type ConventionName, conventions, type Imported } from '../../model/imported.ts';
import type { Model } from '../../model/model.ts';
import { createSignals } from '../../ranking/signals.ts';
import { type RankingOptions, rankingSettings } from '../../ranking/weights.ts';
import { foldInSystemOf } from '../../recommending/fold-in-system.ts';
import { padIn } from '../../recommending/scoring/candidates.ts';
import type { Trained } from '../../training/algorithm.ts';
import { type Confidence, rawConfidence } from '../../training/confidence.ts';
import { modelOf } from '../../training/fit-on.ts';
import { type Fixed, foldRows, gramOf } from './fold-rows.ts';
import { weigh } from './weigh.ts';

/** Factors by row of a dataset, zeros for those who have none. */
export interface ForeignFactors {
  readonly from: Imported['from'];
  readonly factors: number;
  /** customers x factors; those who are folded in are added. */
  readonly customers: Float32Array;
  readonly products: Float32Array;
  /** By row, 1 if there are factors. */
  readonly knownCustomers: Uint8Array;
  readonly knownProducts: Uint8Array;
  readonly convention: ConventionName;
  readonly alpha: number;
  readonly regularization: number;
  /** 1 if absent, or 0 of explicit ratings. */
  readonly unobservedWeight?: number;
  readonly frequencyExponent?: number;
}

export interface AdoptOptions extends RankingOptions, KernelOptions {
  /** What a rating was; by default whatever folding in agrees best with the customers' factors by. */
  readonly confidence?: Confidence;
  /** Whether to take the usual weights of the ranking instead of learning them. */
  readonly fast?: boolean;
  readonly signal?: AbortSignal;
}

/** Customers whose factors are compared with those that folding in gives them. */
const compared = 200;
/** What other systems are given most often comes first. */
const usual: readonly Confidence[] = ['quantity', 'orders', 'equal', 'log-quantity'];
/** No better agreement is looked for, and a smaller one is rounding. */
const agrees = 1e-4;

/**
 * Makes a model, which takes over the factors. Customers of the orders who have no factors are folded in. Without orders, lists go by taste alone.
 *
 * @param hasOrders whether the dataset has more than ids.
 * @throws `not_finite`, `kernel_unavailable`, `out_of_memory`, `aborted`.
 */
export async function adopt(
  dataset: Dataset,
  foreign: ForeignFactors,
  hasOrders: boolean,
  options: AdoptOptions,
): Promise<Model> {
  const { factors } = foreign;
  if (factors > maxFactors)
    throw new EndcapError('table_unreadable', `there are ${factors} factors; at most ${maxFactors} can be used`, {
      factors,
    });
  const kernel = openKernel(options);
  const scope = createScope(kernel);
  try {
    return await adoptOn(scope, dataset, foreign, hasOrders, options);
  } finally {
    scope.end();
    await kernel.close();
  }
}

async function adoptOn(
  kernel: OpenKernel,
  dataset: Dataset,
  foreign: ForeignFactors,
  hasOrders: boolean,
  options: AdoptOptions,
): Promise<Model> {
  const started = performance.now();
  const { factors, from } = foreign;
  const { signal } = options;
  const products = padIn(kernel, foreign.products, factors);
  const { fixed, agreement } = await agreeing(kernel, dataset, foreign, products, options);
  const customerFactors = foreign.customers;
  const { cold, foldedIn } = coldOf(dataset, foreign);
  const folded = await foldRows(kernel, fixed, dataset, foldedIn, signal);
  const stride = strideOf(factors);
  for (const [i, row] of foldedIn.entries())
    customerFactors.set(folded.subarray(i * stride, i * stride + factors), row * factors);
  const signals = createSignals(dataset);
  const weighed = hasOrders ? await weigh(kernel, dataset, fixed, options) : undefined;
  const { decay, together } = options;
  const settings = weighed && rankingSettings({ decay, together, blend: options.blend, ...weighed.ranking });
  // Ratings do not depend on when orders were.
  const countsOrders = fixed.made.options.confidence === 'orders' && settings !== undefined && settings.decay !== 1;
  const learned: Trained = {
    ...fixed.made,
    factors,
    customerFactors,
    productFactors: foreign.products,
    losses: [],
    ...(countsOrders && { tasteRecency: signals.recency(1) }),
  };
  const known = (rows: Uint8Array) => rows.reduce((sum, is) => sum + is, 0);
  const imported: Imported = {
    from,
    customers: known(foreign.knownCustomers),
    products: known(foreign.knownProducts),
    ...(hasOrders && { cold: { ...cold, foldedIn: foldedIn.length } }),
    ...(agreement && { foldIn: agreement }),
    ...(weighed && { weights: weighed.weights }),
    ...(weighed?.measured !== undefined && { measured: weighed.measured }),
  };
  const guards = weighed && weighed.guards.length > 0 ? { guards: weighed.guards } : {};
  const model = await modelOf(
    kernel,
    dataset,
    learned,
    { algorithm: 'als', settings, signals, started, signal },
    { imported, ...guards },
  );
  const view = viewModel(model);
  const problem = typeof view === 'string' ? view : valuesProblem(model, view);
  if (problem !== undefined)
    throw new EndcapError('table_unreadable', `the factors cannot be used: ${problem}`, { problem });
  return model;
}

/** Customers and products without factors, and those of the customers who can be folded in. */
function coldOf({ purchases }: Dataset, { knownCustomers, knownProducts }: ForeignFactors) {
  const foldedIn: number[] = [];
  let customers = 0;
  for (let row = 0; row < knownCustomers.length; row++) {
    if (knownCustomers[row] === 1) continue;
    customers++;
    const bought = purchases.products.subarray(purchases.offsets[row], purchases.offsets[row + 1]);
    if (bought.some((product) => knownProducts[product] === 1)) foldedIn.push(row);
  }
  const products = knownProducts.reduce((sum, is) => sum + 1 - is, 0);
  return { cold: { customers, products }, foldedIn };
}

/**
 * Whether a purchase would have less weight than a product that was not bought: implicit allows it, but kernels take no
 * negative weights.
 */
export function isTooLight(
  { convention, alpha }: Pick<ForeignFactors, 'convention' | 'alpha'>,
  confidence: Confidence,
): boolean {
  return convention === 'implicit' && alpha * rawConfidence(confidence, 1, 1) < 1;
}

/** The kind of ratings that agrees best with the customers' factors, and how well. */
async function agreeing(
  kernel: OpenKernel,
  dataset: Dataset,
  foreign: ForeignFactors,
  products: Float32Array,
  { confidence, signal }: AdoptOptions,
): Promise<{ fixed: Fixed; agreement?: { customers: number; difference: number } }> {
  const { factors } = foreign;
  const rows = sampleOf(dataset, foreign);
  let gram: Float32Array | undefined;
  let best: { fixed: Fixed; difference: number } | undefined;
  const kinds = confidence ? [confidence] : usual.filter((kind) => !isTooLight(foreign, kind));
  for (const kind of rows.length > 0 ? kinds : kinds.slice(0, 1)) {
    const made = madeBy(foreign, kind);
    const system = foldInSystemOf({ algorithm: 'als', metadata: made, products: dataset.products });
    gram ??= await gramOf(kernel, { factors, products }, system, signal);
    const fixed = { factors, products, made, gram };
    const folded = await foldRows(kernel, fixed, dataset, rows, signal);
    const difference = differenceOf(folded, foreign, rows);
    kernel.memory.free(folded);
    if (best === undefined || difference < best.difference) best = { fixed, difference };
    if (difference < agrees) break;
  }
  const { fixed, difference } = best!;
  return { fixed, ...(rows.length > 0 && { agreement: { customers: rows.length, difference } }) };
}

/** What a model says of how it was trained, for a kind of ratings. */
function madeBy(foreign: ForeignFactors, confidence: Confidence): Fixed['made'] {
  const { factors, convention, alpha, regularization, frequencyExponent } = foreign;
  const isExplicit = convention === 'explicit';
  return {
    options: {
      factors,
      alpha,
      regularization,
      confidence,
      tasteDecay: 1,
      unobservedWeight: foreign.unobservedWeight ?? (isExplicit ? 0 : 1),
      ...(frequencyExponent !== undefined && { frequencyExponent }),
    },
    foldIn: {
      confidenceScale: isExplicit ? 1 : alpha,
      regularizationScale: regularization,
      convention: conventions[convention],
    },
  };
}

/** Customers who have both factors and purchases, evenly spread. */
function sampleOf({ purchases: { offsets } }: Dataset, { knownCustomers }: ForeignFactors): Uint32Array {
  const able: number[] = [];
  for (let row = 0; row < knownCustomers.length; row++)
    if (knownCustomers[row] === 1 && offsets[row + 1] > offsets[row]) able.push(row);
  const size = Math.min(able.length, compared);
  return Uint32Array.from({ length: size }, (_, i) => able[Math.floor((i * able.length) / size)]);
}

/** The median of how far factors are from others, relative to the largest of a row; 0 if there are none. */
function differenceOf(folded: Float32Array, { factors, customers }: ForeignFactors, rows: Uint32Array): number {
  const stride = strideOf(factors);
  const differences = Float64Array.from(rows, (row, i) => {
    let largest = 0;
    let difference = 0;
    for (let k = 0; k < factors; k++) {
      const own = customers[row * factors + k];
      largest = Math.max(largest, Math.abs(own));
      difference = Math.max(difference, Math.abs(own - folded[i * stride + k]));
    }
    return largest === 0 ? difference : difference / largest;
  }).sort();
  return differences.length === 0 ? 0 : differences[differences.length >> 1];
}
