import { noRow } from '../../recommending/types.ts';

/** A list of the best products, best first; ties go to the lower row. */
export function createList(n: number) {
  const rows = new Uint32Array(n);
  const scores = new Float64Array(n);
  const hits = new Uint8Array(n);
  return {
    scores,
    hits,
    /** Begins with the list that stands in other arrays from a place on. */
    begin(otherRows: Uint32Array, otherScores: Float32Array, otherHits: Uint8Array, from: number): void {
      for (let place = 0; place < n; place++) {
        rows[place] = otherRows[from + place];
        scores[place] = otherScores[from + place];
        hits[place] = otherHits[from + place];
      }
    },
    /** Begins with an empty list. */
    beginEmpty(): void {
      rows.fill(noRow);
      scores.fill(-Infinity);
      hits.fill(0);
    },
    /** Takes a product if it is better than the last one, which it replaces. */
    offer(row: number, score: number, hit: number): void {
      if (score < scores[n - 1]) return;
      let place = n;
      for (; place > 0; place--) {
        const other = scores[place - 1];
        if (score < other || (score === other && row > rows[place - 1])) break;
        if (place === n) continue;
        rows[place] = rows[place - 1];
        scores[place] = other;
        hits[place] = hits[place - 1];
      }
      if (place === n) return;
      rows[place] = row;
      scores[place] = score;
      hits[place] = hit;
    },
  };
}
