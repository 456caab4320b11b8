import { createRandom } from '../random.ts';
import { type Trees, treeDepth, treeLeaves } from '../ranking/trees.ts';

/** What trees are fitted to: rows with features and a label. */
export interface TreeRows {
  /** The features, at most 256; each one finite number per row. */
  readonly columns: readonly Float32Array[];
  /** 1 or 0, by row. */
  readonly labels: Uint8Array;
  /** What each row counts; above 0. */
  readonly weights: Float32Array;
  /** The log-odds of each label that the trees start from and correct. */
  readonly logits: Float64Array;
}

export interface TreeOptions {
  /** 100 by default. */
  trees?: number;
  /** Squared leaves are punished by that much, as by rows that say nothing; 10 by default. */
  l2?: number;
  /** How much of its fit each tree keeps; 0.1 by default. */
  shrinkage?: number;
  /** The share of rows that splits are chosen on, drawn for each tree; 0.5 by default. */
  share?: number;
}

/** Ranges that the values of a feature are told apart by, at most. */
const maxBins = 64;
/** Values that their edges are made from. */
const maxSorted = 50_000;

/**
 * Gradient boosting with logistic loss: each tree is a Newton step on what those before it got wrong (Friedman 2001, "Greedy
 * function approximation"; Chen, Guestrin 2016, "XGBoost"). Features are looked at by histograms of 64 bins, and all splits
 * of a level are the same (Kohavi 1994; Prokhorenkova et al. 2018, "CatBoost"), which overfits less and is evaluated without
 * a jump. The same rows give the same trees.
 *
 * @returns trees whose sum is added to `logits`; none if there are no rows.
 */
export function fitTrees({ columns, labels, weights, logits: given }: TreeRows, options: TreeOptions = {}): Trees {
  const { trees = 100, l2 = 10, shrinkage = 0.1, share = 0.5 } = options;
  const rows = labels.length;
  const width = columns.length;
  const edges = columns.map(edgesOf);
  const bins = binned(columns, edges);
  const random = createRandom(1);
  const logits = given.slice();
  const gradients = new Float64Array(rows);
  const hessians = new Float64Array(rows);
  const nodes = new Uint8Array(rows);
  const drawn = new Uint32Array(rows);
  const made = rows === 0 ? 0 : trees;
  const features = new Uint8Array(made * treeDepth);
  const thresholds = new Float32Array(made * treeDepth);
  const leaves = new Float32Array(made * treeLeaves);
  /** Of each node, each feature and each bin: the sums of gradients and of hessians. */
  const size = width * maxBins * 2;
  let sums = new Float64Array((treeLeaves / 2) * size);
  let sumsOfChildren = new Float64Array(sums.length);

  for (let tree = 0; tree < made; tree++) {
    let count = 0;
    for (let row = 0; row < rows; row++) {
      const p = 1 / (1 + Math.exp(-logits[row]));
      gradients[row] = weights[row] * (labels[row] - p);
      hessians[row] = weights[row] * p * (1 - p);
      nodes[row] = 0;
      if (random.uniform() < share) drawn[count++] = row;
    }
    const isSummed = new Uint8Array(treeLeaves);
    isSummed[0] = 1;
    sum(sums, count, 1, isSummed);
    for (let level = 0; level < treeDepth; level++) {
      const { feature, bin } = bestSplit(sums, 2 ** level);
      const at = tree * treeDepth + level;
      features[at] = feature;
      // No row is above infinity.
      thresholds[at] = edges[feature][bin] ?? Infinity;
      const counts = divide(feature, bin, count);
      if (level === treeDepth - 1) break;
      // Of two children, the one with fewer rows is summed. The other has the rest of its parent.
      for (let node = 0; node < 2 ** level; node++) {
        isSummed[2 * node] = Number(counts[2 * node] <= counts[2 * node + 1]);
        isSummed[2 * node + 1] = 1 - isSummed[2 * node];
      }
      sum(sumsOfChildren, count, 2 ** (level + 1), isSummed);
      for (let node = 0; node < 2 ** level; node++) {
        const [own, other] = isSummed[2 * node] ? [2 * node, 2 * node + 1] : [2 * node + 1, 2 * node];
        for (let k = 0; k < size; k++)
          sumsOfChildren[other * size + k] = sums[node * size + k] - sumsOfChildren[own * size + k];
      }
      [sums, sumsOfChildren] = [sumsOfChildren, sums];
    }
    fillLeaves(tree);
  }
  return { features, thresholds, leaves };

  /** Sums up the drawn rows of those nodes that `isSummed` says. */
  function sum(into: Float64Array, count: number, nodeCount: number, isSummed: Uint8Array): void {
    into.fill(0, 0, nodeCount * size);
    for (let i = 0; i < count; i++) {
      const row = drawn[i];
      const node = nodes[row];
      if (isSummed[node] === 0) continue;
      const gradient = gradients[row];
      const hessian = hessians[row];
      const first = row * width;
      for (let feature = 0, base = node * size; feature < width; feature++, base += maxBins * 2) {
        const at = base + 2 * bins[first + feature];
        into[at] += gradient;
        into[at + 1] += hessian;
      }
    }
  }

  /** The split of all nodes that lowers the loss most; ties to the first feature and bin. Bin -1 if nothing can be split. */
  function bestSplit(sums: Float64Array, nodeCount: number): { feature: number; bin: number } {
    const best = { feature: 0, bin: -1 };
    let bestGain = -Infinity;
    const gains = new Float64Array(maxBins);
    for (let feature = 0; feature < width; feature++) {
      const splits = edges[feature].length;
      gains.fill(0);
      for (let node = 0; node < nodeCount; node++) {
        const base = node * size + feature * maxBins * 2;
        let gradient = 0;
        let hessian = 0;
        for (let bin = 0; bin <= splits; bin++) {
          gradient += sums[base + 2 * bin];
          hessian += sums[base + 2 * bin + 1];
        }
        for (let bin = 0, left = 0, weight = 0; bin < splits; bin++) {
          left += sums[base + 2 * bin];
          weight += sums[base + 2 * bin + 1];
          const right = gradient - left;
          gains[bin] += left ** 2 / (weight + l2) + right ** 2 / (Math.max(0, hessian - weight) + l2);
        }
      }
      for (let bin = 0; bin < splits; bin++) {
        if (gains[bin] <= bestGain) continue;
        bestGain = gains[bin];
        best.feature = feature;
        best.bin = bin;
      }
    }
    return best;
  }

  /** Moves all rows to the children of their nodes; returns how many drawn ones each child has. */
  function divide(feature: number, bin: number, count: number): Uint32Array {
    const counts = new Uint32Array(treeLeaves);
    const last = bin < 0 ? maxBins : bin;
    for (let row = 0; row < rows; row++) nodes[row] = 2 * nodes[row] + Number(bins[row * width + feature] > last);
    for (let i = 0; i < count; i++) counts[nodes[drawn[i]]]++;
    return counts;
  }

  /** By all rows, drawn or not: they are unbiased, and there are more. */
  function fillLeaves(tree: number): void {
    const own = leaves.subarray(tree * treeLeaves, (tree + 1) * treeLeaves);
    const gradient = new Float64Array(treeLeaves);
    const hessian = new Float64Array(treeLeaves);
    for (let row = 0; row < rows; row++) {
      gradient[nodes[row]] += gradients[row];
      hessian[nodes[row]] += hessians[row];
    }
    for (let leaf = 0; leaf < treeLeaves; leaf++) own[leaf] = (shrinkage * gradient[leaf]) / (hessian[leaf] + l2);
    for (let row = 0; row < rows; row++) logits[row] += own[nodes[row]];
  }
}

/** Ascending thresholds between the values of a feature: between all if there are few, else at quantiles. */
function edgesOf(column: Float32Array): Float32Array {
  const step = Math.ceil(column.length / maxSorted);
  const sorted = Float32Array.from(
    { length: Math.floor(column.length / step) || 0 },
    (_, i) => column[i * step],
  ).sort();
  const distinct = new Set(sorted);
  if (distinct.size <= maxBins) return Float32Array.from(distinct).subarray(0, Math.max(0, distinct.size - 1));
  const edges = new Set<number>();
  for (let bin = 1; bin < maxBins; bin++) {
    const edge = sorted[Math.floor((bin * sorted.length) / maxBins)];
    if (edge < sorted[sorted.length - 1]) edges.add(edge);
  }
  return Float32Array.from(edges);
}

/** rows x columns: how many edges are below each value. */
function binned(columns: readonly Float32Array[], edges: readonly Float32Array[]): Uint8Array {
  const width = columns.length;
  const bins = new Uint8Array((columns[0]?.length ?? 0) * width);
  columns.forEach((column, feature) => {
    const own = edges[feature];
    for (let row = 0; row < column.length; row++) {
      let [from, to] = [0, own.length];
      while (from < to) {
        const middle = (from + to) >>> 1;
        if (column[row] > own[middle]) from = middle + 1;
        else to = middle;
      }
      bins[row * width + feature] = from;
    }
  });
  return bins;
}
