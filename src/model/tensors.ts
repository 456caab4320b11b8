/**
 * The table of tensors: what a model file holds, where a model keeps it, and which values it may have. Reading, writing and
 * checking follow from it.
 */
import { maxMagnitude, packedLength, panelWidth } from '../kernel/operations/operations.ts';
import { lineWidth } from '../ranking/corrections.ts';
import { maxCorrection, treeDepth, treeLeaves } from '../ranking/trees.ts';
import type { Model } from './model.ts';
import {
  ascendingRows,
  between,
  type Check,
  featuresOfTrees,
  periodsOfProducts,
  risesTo,
  rowsOf,
  timeOrNone,
  togetherRows,
  within,
} from './values.ts';

/** The arrays of a model. */
export type Numbers = Float32Array | Float64Array | Uint32Array | Uint8Array;

/** The lengths that tensors have in common. */
export interface Sizes {
  customers: number;
  products: number;
  factors: number;
  /** Pairs of a customer and a product. */
  pairs: number;
  /** Pairs of a customer and a product that was returned in full. */
  returnedPairs: number;
  /** Products that no list holds. */
  unlisted: number;
  /** Pairs of products that are bought together. */
  productPairs: number;
  /** Pairs of a product and its neighbour. */
  neighbourPairs: number;
  /** Pairs of a product and a period in which it sold. */
  productPeriods: number;
  /** Trees that correct the scores of products bought before. */
  trees: number;
  /** Levels of a tree, and its leaves: the same in every model. */
  treeDepth: typeof treeDepth;
  treeLeaves: typeof treeLeaves;
  /** Values of the line that trees start from. */
  lineWidth: typeof lineWidth;
}

/** A length along a tensor; `bytes` may be any. */
type Dimension = keyof Sizes | 'customers + 1' | 'products + 1' | 'panels' | 'bytes of a panel' | 'bytes';

interface Tensor {
  /** As in safetensors. Integers are signed there, but never negative. */
  dtype: Dtype;
  shape: readonly Dimension[];
  /** Where a model keeps it, as `field` or `part.field`. Absent if it is made from texts, product info, or factors. */
  at?: string;
  /** Whether it may be absent even though its part is there. */
  optional?: true;
  /** How memory holds it, if not as `arrayTypes` have it. */
  inMemory?: typeof Float32Array;
  /** Whether kernels trust the values, so that they are checked in the very memory that kernels use. */
  trusted?: true;
  /** What is wrong with the values, given that those of the tensors above are right. All values are right if absent. */
  check?: Check;
}

export type Dtype = 'U8' | 'I32' | 'F32' | 'I64' | 'F64';
/** Bytes per number in a file. */
export const widths: Readonly<Record<Dtype, number>> = { U8: 1, I32: 4, F32: 4, I64: 8, F64: 8 };
/** How a model keeps the numbers; offsets in 32 bits. */
export const arrayTypes = { U8: Uint8Array, I32: Uint32Array, F32: Float32Array, I64: Uint32Array, F64: Float64Array };

const magnitude = maxMagnitude.toExponential();
const maxCount = 2 ** 31 - 1;
const factor = within(maxMagnitude, `a number from -${magnitude} to ${magnitude}`);
const count = between(1, maxCount, `a whole number from 1 to ${maxCount}`);
const amount = between(0, Number.MAX_VALUE, 'a number of 0 or more');
/** Sums of decay^(orders ago). */
const recency = between(0, 2 ** 31);
const correction = between(-maxCorrection, maxCorrection);

const tensors = {
  customer_factors: {
    dtype: 'F32',
    shape: ['customers', 'factors'],
    at: 'customerFactors',
    trusted: true,
    check: factor,
  },
  product_factors: { dtype: 'F32', shape: ['products', 'factors'], at: 'productFactors', trusted: true, check: factor },
  /** The products of large models once more, as scoring reads them: the rows in the order of panels, and these; see `panels.ts`. */
  product_order: { dtype: 'I32', shape: ['products'], optional: true },
  product_panels: { dtype: 'U8', inMemory: Float32Array, shape: ['panels', 'bytes of a panel'], optional: true },
  customer_ids: { dtype: 'U8', shape: ['bytes'] },
  customer_id_offsets: { dtype: 'I64', shape: ['customers + 1'] },
  product_ids: { dtype: 'U8', shape: ['bytes'] },
  product_id_offsets: { dtype: 'I64', shape: ['products + 1'] },
  product_names: { dtype: 'U8', shape: ['bytes'] },
  product_name_offsets: { dtype: 'I64', shape: ['products + 1'] },
  product_categories: { dtype: 'U8', shape: ['bytes'] },
  product_category_offsets: { dtype: 'I64', shape: ['products + 1'] },
  product_prices: { dtype: 'F64', shape: ['products'] },
  /** Bits for what is known about a product: 1 for its name, 2 for its category, 4 for its price. */
  product_known: { dtype: 'U8', shape: ['products'] },
  purchase_offsets: {
    dtype: 'I64',
    shape: ['customers + 1'],
    at: 'purchases.offsets',
    trusted: true,
    check: risesTo('pairs'),
  },
  purchase_products: {
    dtype: 'I32',
    shape: ['pairs'],
    at: 'purchases.products',
    trusted: true,
    check: rowsOf('purchases', 'customer'),
  },
  purchase_quantities: {
    dtype: 'F32',
    shape: ['pairs'],
    at: 'purchases.quantities',
    optional: true,
    check: between(Number.MIN_VALUE, maxMagnitude, `a number above 0, at most ${magnitude}`),
  },
  purchase_orders: { dtype: 'I32', shape: ['pairs'], at: 'purchases.orders', optional: true, check: count },
  purchase_times: { dtype: 'F64', shape: ['pairs'], at: 'purchases.lastPurchase', optional: true, check: timeOrNone },
  returned_offsets: {
    dtype: 'I64',
    shape: ['customers + 1'],
    at: 'returned.offsets',
    trusted: true,
    check: risesTo('returnedPairs'),
  },
  returned_products: {
    dtype: 'I32',
    shape: ['returnedPairs'],
    at: 'returned.products',
    trusted: true,
    check: rowsOf('returned', 'customer'),
  },
  unlisted_products: {
    dtype: 'I32',
    shape: ['unlisted'],
    at: 'unlisted',
    optional: true,
    trusted: true,
    check: ascendingRows,
  },
  signal_recency: { dtype: 'F32', shape: ['pairs'], at: 'signals.recency', check: recency },
  signal_taste_recency: { dtype: 'F32', shape: ['pairs'], at: 'signals.tasteRecency', optional: true, check: recency },
  signal_last_orders: { dtype: 'U8', shape: ['pairs'], at: 'signals.lastOrders' },
  signal_orders: { dtype: 'I32', shape: ['customers'], at: 'signals.orders', check: between(0, maxCount) },
  signal_popularity: { dtype: 'F32', shape: ['products'], at: 'signals.popularity', check: amount },
  signal_uptake: { dtype: 'F32', shape: ['products'], at: 'signals.uptake', optional: true, check: amount },
  signal_sales: { dtype: 'F32', shape: ['products'], at: 'signals.sales', optional: true, check: amount },
  signal_first_sales: {
    dtype: 'F64',
    shape: ['products'],
    at: 'signals.firstSales',
    optional: true,
    check: timeOrNone,
  },
  /** Logarithms of proportions, which are far smaller. */
  signal_repeat_propensity: {
    dtype: 'F32',
    shape: ['products'],
    at: 'signals.repeatPropensity',
    check: between(-1000, 1000),
  },
  together_offsets: {
    dtype: 'I64',
    shape: ['products + 1'],
    at: 'boughtTogether.offsets',
    check: risesTo('productPairs'),
  },
  together_products: { dtype: 'I32', shape: ['productPairs'], at: 'boughtTogether.products', check: togetherRows },
  together_lifts: {
    dtype: 'F32',
    shape: ['productPairs'],
    at: 'boughtTogether.lifts',
    check: between(Number.MIN_VALUE, Number.MAX_VALUE, 'a number above 0'),
  },
  together_orders: { dtype: 'I32', shape: ['productPairs'], at: 'boughtTogether.orders', check: count },
  neighbour_offsets: {
    dtype: 'I64',
    shape: ['products + 1'],
    at: 'neighbours.offsets',
    trusted: true,
    check: risesTo('neighbourPairs'),
  },
  neighbour_products: {
    dtype: 'I32',
    shape: ['neighbourPairs'],
    at: 'neighbours.products',
    trusted: true,
    check: rowsOf('neighbours', 'product'),
  },
  /** Small enough for their sums, and what these add to scores, to be far below the magnitude that kernels take. */
  neighbour_strengths: {
    dtype: 'F32',
    shape: ['neighbourPairs'],
    at: 'neighbours.strengths',
    trusted: true,
    check: between(-1e9, 1e9),
  },
  sales_offsets: { dtype: 'I64', shape: ['products + 1'], at: 'sales.offsets', check: risesTo('productPeriods') },
  sales_periods: { dtype: 'U8', shape: ['productPeriods'], at: 'sales.periods', check: periodsOfProducts },
  sales_orders: { dtype: 'I32', shape: ['productPeriods'], at: 'sales.orders', check: count },
  tree_features: { dtype: 'U8', shape: ['trees', 'treeDepth'], at: 'repeatTrees.features', check: featuresOfTrees },
  tree_thresholds: {
    dtype: 'F32',
    shape: ['trees', 'treeDepth'],
    at: 'repeatTrees.thresholds',
    check: between(-Infinity, Infinity, 'a number'),
  },
  tree_leaves: { dtype: 'F32', shape: ['trees', 'treeLeaves'], at: 'repeatTrees.leaves', check: correction },
  /** Of values that are at most logarithms or scores. */
  tree_slopes: { dtype: 'F32', shape: ['lineWidth'], at: 'repeatTrees.slopes', check: correction },
  repeat_successors: { dtype: 'U8', shape: ['pairs'], at: 'repeatTrees.successors' },
  repeat_product_intervals: {
    dtype: 'F32',
    shape: ['products'],
    at: 'repeatTrees.productIntervals',
    check: amount,
  },
  repeat_customer_intervals: {
    dtype: 'F32',
    shape: ['customers'],
    at: 'repeatTrees.customerIntervals',
    check: amount,
  },
  repeat_popularity_14: { dtype: 'F32', shape: ['products'], at: 'repeatTrees.popularity14', check: amount },
  repeat_popularity_30: { dtype: 'F32', shape: ['products'], at: 'repeatTrees.popularity30', check: amount },
} as const satisfies Record<string, Tensor>;

export type TensorName = keyof typeof tensors;
export const names = Object.keys(tensors) as TensorName[];
export const tensorOf: (name: TensorName) => Tensor = (name) => tensors[name];
/** Parts of a model that it may lack. */
export const optionalParts: ReadonlySet<string> = new Set([
  'returned',
  'signals',
  'boughtTogether',
  'neighbours',
  'repeatTrees',
  'sales',
]);

/** The tensors that are arrays of a model, with the part of it that keeps them, which is the model itself if undefined. */
export const placed = names.flatMap((name) => {
  const { at, ...tensor } = tensorOf(name);
  if (at === undefined) return [];
  const dot = at.indexOf('.');
  return [{ ...tensor, name, at, part: dot < 0 ? undefined : at.slice(0, dot), field: at.slice(dot + 1) }];
});

/** The length of each dimension of a tensor; undefined if it may be any. */
export function shapeOf(name: TensorName, sizes: Sizes): (number | undefined)[] {
  return tensorOf(name).shape.map((dimension) => {
    if (dimension === 'bytes') return undefined;
    if (dimension === 'customers + 1') return sizes.customers + 1;
    if (dimension === 'panels') return Math.ceil(sizes.products / panelWidth);
    if (dimension === 'bytes of a panel') return 4 * packedLength(1, sizes.factors);
    return dimension === 'products + 1' ? sizes.products + 1 : sizes[dimension];
  });
}

export function sizesOf(model: Model): Sizes {
  const { customers, products, factors, purchases, returned, unlisted } = model;
  const { boughtTogether, neighbours, repeatTrees, sales } = model;
  return {
    customers: customers.length,
    products: products.length,
    factors,
    pairs: purchases.products.length,
    returnedPairs: returned?.products.length ?? 0,
    unlisted: unlisted?.length ?? 0,
    productPairs: boughtTogether?.products.length ?? 0,
    neighbourPairs: neighbours?.products.length ?? 0,
    productPeriods: sales?.periods.length ?? 0,
    trees: (repeatTrees?.features.length ?? 0) / treeDepth,
    treeDepth,
    treeLeaves,
    lineWidth,
  };
}

/** The array of a model at a place; undefined if the model lacks it. */
export function arrayAt(model: Model, at: string): Numbers | undefined {
  let value: unknown = model;
  for (const field of at.split('.')) value = (value as Record<string, unknown> | undefined)?.[field];
  return value as Numbers | undefined;
}
