import { createRandom, shuffle } from '../random.ts';
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
  /** 60 by default. */
  trees?: number;
  /** Squared leaves are punished by that much, as by rows that say nothing; 10 by default. */
  l2?: number;
  /** How much of its fit each tree keeps; 0.12 by default. */
  shrinkage?: number;
  /** Rows that splits are chosen on, at most: spread over all, and drawn for each tree; 30,000 by default. */
  maxRows?: number;
  /** Features that splits are chosen among, at most, drawn for each tree; 10 by default. */
  maxFeatures?: number;
}

/** Ranges that the values of a feature are told apart by, at most. */
const maxBins = 64;
/** Values that their edges are made from. */
const maxSorted = 20_000;

/** The rows below a node with a value in the range `bin` or lower go one way, the others the other. */
interface Split {
  readonly feature: number;
  readonly bin: number;
}

/**
 * Gradient boosting with logistic loss: each tree is a Newton step on what those before it got wrong (Friedman 2001, "Greedy
 * function approximation"; Chen, Guestrin 2016, "XGBoost"). Features are looked at by histograms of 64 bins, and all splits
 * of a level are the same (Kohavi 1994; Prokhorenkova et al. 2018, "CatBoost"), which overfits less and is evaluated without
 * a jump. Splits are chosen on some of the rows and among some of the features (Friedman 2002, "Stochastic gradient
 * boosting"), leaves are filled by all rows. The same rows give the same trees.
 *
 * @returns trees whose sum is added to `logits`; none if there are no rows.
 */
export function* fitTrees(
  { columns, labels, weights, logits: given }: TreeRows,
  options: TreeOptions = {},
): Generator<undefined, Trees> {
  const { trees = 60, l2 = 10, shrinkage = 0.12, maxRows = 30_000, maxFeatures = 10 } = options;
  const rows = labels.length;
  const width = columns.length;
  const edges: ReturnType<typeof edgesOf>[] = [];
  for (const column of columns) {
    edges.push(edgesOf(column));
    yield;
  }
  const bins = yield* binned(columns, edges);
  const random = createRandom(1);
  const logits = given.slice();
  const gradients = new Float64Array(rows);
  const hessians = new Float64Array(rows);
  const leafOf = new Uint8Array(rows);
  /** The drawn rows, node by node, and room to sort them. */
  let drawn = new Uint32Array(Math.min(rows, maxRows));
  let sorted = new Uint32Array(drawn.length);
  const made = rows === 0 ? 0 : trees;
  const features = new Uint8Array(made * treeDepth);
  const thresholds = new Float32Array(made * treeDepth);
  const leaves = new Float32Array(made * treeLeaves);
  /** Of each node, each feature and each bin: the sums of gradients and of hessians. */
  const size = width * maxBins * 2;
  let sums = new Float64Array((treeLeaves / 2) * size);
  let sumsOfChildren = new Float64Array(sums.length);

  for (let tree = 0; tree < made; tree++) {
    yield;
    fillGradients();
    drawRows();
    const splits = yield* chooseSplits(drawFeatures());
    yield;
    for (const [level, { feature, bin }] of splits.entries()) {
      features[tree * treeDepth + level] = feature;
      // No row is above infinity.
      thresholds[tree * treeDepth + level] = edges[feature][bin] ?? Infinity;
    }
    fillLeaves(splits, leaves.subarray(tree * treeLeaves, (tree + 1) * treeLeaves));
  }
  return { features, thresholds, leaves };

  function fillGradients(): void {
    for (let row = 0; row < rows; row++) {
      const p = 1 / (1 + Math.exp(-logits[row]));
      gradients[row] = weights[row] * (labels[row] - p);
      hessians[row] = weights[row] * p * (1 - p);
    }
  }

  /** One of as many consecutive rows as there are for each that is drawn. */
  function drawRows(): void {
    const step = rows / drawn.length;
    for (let i = 0; i < drawn.length; i++)
      drawn[i] = step === 1 ? i : Math.min(rows - 1, Math.floor((i + random.uniform()) * step));
  }

  function drawFeatures(): Uint32Array {
    const all = Uint32Array.from({ length: width }, (_, feature) => feature);
    if (width > maxFeatures) shuffle(all, random);
    return all.subarray(0, maxFeatures).sort();
  }

  /** The splits of a tree, level by level. */
  function* chooseSplits(among: Uint32Array): Generator<undefined, Split[]> {
    let starts: Uint32Array = Uint32Array.of(0, drawn.length);
    sum(sums, 0, among, 0, drawn.length);
    const splits = [bestSplit(1, among)];
    while (splits.length < treeDepth) {
      yield;
      const parents = starts.length - 1;
      starts = divide(splits[splits.length - 1], starts);
      for (let parent = 0; parent < parents; parent++) {
        // Of two children, the one with fewer rows is summed. The other has the rest of its parent.
        const [from, middle, to] = starts.subarray(2 * parent, 2 * parent + 3);
        const isFirst = middle - from <= to - middle;
        const [own, other] = isFirst ? [2 * parent, 2 * parent + 1] : [2 * parent + 1, 2 * parent];
        if (isFirst) sum(sumsOfChildren, own, among, from, middle);
        else sum(sumsOfChildren, own, among, middle, to);
        for (let k = 0; k < size; k++)
          sumsOfChildren[other * size + k] = sums[parent * size + k] - sumsOfChildren[own * size + k];
      }
      [sums, sumsOfChildren] = [sumsOfChildren, sums];
      splits.push(bestSplit(2 * parents, among));
    }
    return splits;
  }

  /** Sums up those of the drawn rows that stand at `from .. to`, which are those of a node. */
  function sum(into: Float64Array, node: number, among: Uint32Array, from: number, to: number): void {
    const first = node * size;
    into.fill(0, first, first + size);
    for (let i = from; i < to; i++) {
      const row = drawn[i];
      const gradient = gradients[row];
      const hessian = hessians[row];
      for (let k = 0; k < among.length; k++) {
        const feature = among[k];
        const at = first + 2 * (feature * maxBins + bins[row * width + feature]);
        into[at] += gradient;
        into[at + 1] += hessian;
      }
    }
  }

  /** The split of all nodes that lowers the loss most; ties to the first feature and bin. Bin -1 if nothing can be split. */
  function bestSplit(nodes: number, among: Uint32Array): Split {
    let best: Split = { feature: 0, bin: -1 };
    let bestGain = -Infinity;
    const gains = new Float64Array(maxBins);
    for (const feature of among) {
      const splits = edges[feature].length;
      gains.fill(0);
      for (let node = 0; node < nodes; node++) {
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
        best = { feature, bin };
      }
    }
    return best;
  }

  /** Sorts the drawn rows of each node by the children that they go to; returns where each child begins, and the end. */
  function divide({ feature, bin }: Split, starts: Uint32Array): Uint32Array {
    const nodes = starts.length - 1;
    const startsOfChildren = new Uint32Array(2 * nodes + 1).fill(drawn.length);
    const last = lastBelow(bin);
    for (let node = 0; node < nodes; node++) {
      let below = starts[node];
      let above = starts[node + 1];
      startsOfChildren[2 * node] = below;
      for (let i = starts[node]; i < starts[node + 1]; i++) {
        const row = drawn[i];
        if (bins[row * width + feature] > last) sorted[--above] = row;
        else sorted[below++] = row;
      }
      startsOfChildren[2 * node + 1] = below;
    }
    [drawn, sorted] = [sorted, drawn];
    return startsOfChildren;
  }

  /** By all rows, drawn or not: they are unbiased, and there are more. */
  function fillLeaves(splits: readonly Split[], own: Float32Array): void {
    const gradient = new Float64Array(treeLeaves);
    const hessian = new Float64Array(treeLeaves);
    // Written out, which takes a third of the time.
    const [a, b, c, d, e] = splits.map(({ feature }) => feature);
    const [last1, last2, last3, last4, last5] = splits.map(({ bin }) => lastBelow(bin));
    for (let row = 0, first = 0; row < rows; row++, first += width) {
      const leaf =
        (Number(bins[first + a] > last1) << 4) |
        (Number(bins[first + b] > last2) << 3) |
        (Number(bins[first + c] > last3) << 2) |
        (Number(bins[first + d] > last4) << 1) |
        Number(bins[first + e] > last5);
      leafOf[row] = leaf;
      gradient[leaf] += gradients[row];
      hessian[leaf] += hessians[row];
    }
    for (let leaf = 0; leaf < treeLeaves; leaf++) own[leaf] = (shrinkage * gradient[leaf]) / (hessian[leaf] + l2);
    for (let row = 0; row < rows; row++) logits[row] += own[leafOf[row]];
  }
}

/** The last bin of those that go below: all if there is no split. */
function lastBelow(bin: number): number {
  return bin < 0 ? maxBins : bin;
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
function* binned(columns: readonly Float32Array[], edges: readonly Float32Array[]): Generator<undefined, Uint8Array> {
  const width = columns.length;
  const bins = new Uint8Array((columns[0]?.length ?? 0) * width);
  for (const [feature, column] of columns.entries()) {
    yield;
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
  }
  return bins;
}
