/** Levels of a tree. Files keep trees without it, so that it never changes. */
export const treeDepth = 5;

/** Leaves of a tree. */
export const treeLeaves = 2 ** treeDepth;

/** The magnitude of what a leaf or a slope may be: far above any score, and sums of all trees are far below what kernels take. */
export const maxCorrection = 1000;

/**
 * A sum of trees. All splits of one level are the same, so that a tree is a table with one bit per level: whether a feature
 * is above a threshold. Nothing in it points anywhere.
 */
export interface Trees {
  /** trees x treeDepth: the feature that a level looks at. */
  readonly features: Uint8Array;
  /** trees x treeDepth: a row's bit is 1 if its feature is above. */
  readonly thresholds: Float32Array;
  /** trees x treeLeaves: what a row adds to the sum, by its bits; that of the first level is the highest. */
  readonly leaves: Float32Array;
}

/** Rows that are worked on at a time, so that their features stay in the cache. */
const block = 2048;

/**
 * The sum of the trees for each row.
 *
 * @param columns the features, each one number per row.
 * @param rows how many rows there are; columns may be longer.
 */
export function sumTrees(
  { features, thresholds, leaves }: Trees,
  columns: readonly Float32Array[],
  rows: number,
): Float32Array {
  const sums = new Float32Array(rows);
  const part = new Float64Array(block);
  for (let from = 0; from < rows; from += block) {
    const count = Math.min(block, rows - from);
    part.fill(0);
    for (let tree = 0, at = 0; at < features.length; tree++, at += treeDepth) {
      // Written out, which takes a fifth of the time.
      const [a, b, c, d, e] = features.subarray(at, at + treeDepth);
      const [first, second, third, fourth, fifth] = [columns[a], columns[b], columns[c], columns[d], columns[e]];
      const [over1, over2, over3, over4, over5] = thresholds.subarray(at, at + treeDepth);
      const base = tree * treeLeaves;
      for (let i = 0, row = from; i < count; i++, row++) {
        const leaf =
          (Number(first[row] > over1) << 4) |
          (Number(second[row] > over2) << 3) |
          (Number(third[row] > over3) << 2) |
          (Number(fourth[row] > over4) << 1) |
          Number(fifth[row] > over5);
        part[i] += leaves[base + leaf];
      }
    }
    for (let i = 0; i < count; i++) sums[from + i] = part[i];
  }
  return sums;
}
