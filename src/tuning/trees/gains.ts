/** What lists of held-out orders gain by trees. */
import { add, meanOf, noSums } from '../../measuring/means.ts';
import { metricsOf } from '../../measuring/metrics.ts';
import type { Measure } from '../../measuring/results.ts';
import { type Corrections, correctionsOf } from '../../ranking/corrections.ts';
import { listLength } from '../judging/judge.ts';
import type { TreeGains } from '../judging/measured.ts';
import type { RepeatRows } from './repeat-rows.ts';

/** Rows that are corrected between two yields. */
const pieceRows = 1 << 14;

/** What lists of a sample gain in recall + NDCG by the trees, by customer row. */
export interface Measured {
  readonly all: Map<number, number>;
  readonly repeat: Map<number, number>;
}

/** Measures the customers of a sample that `takes` says. @param gains takes recall and NDCG apart. */
export function* measure(
  { all, repeat }: Measured,
  part: RepeatRows,
  corrections: Corrections | undefined,
  takes: (row: number) => boolean,
  gains?: Record<keyof TreeGains, Map<number, readonly [number, number]>>,
): Generator<undefined, void> {
  const rows = part.labels.length;
  const bonuses = new Float32Array(rows);
  for (let from = 0; corrections && from < rows; from += pieceRows) {
    const to = Math.min(rows, from + pieceRows);
    const columns = part.columns.map((column) => column.subarray(from, to));
    bonuses.set(correctionsOf(corrections, columns, to - from), from);
    yield;
  }
  const score = part.columns[0];
  for (const { row, place, begin, end, targets, repeated, again } of part.customers) {
    if (!takes(row)) continue;
    if (place % 32 === 0) yield;
    const bought = (isCorrected: boolean): Listed[] =>
      Array.from({ length: end - begin }, (_, i) => ({
        score: score[begin + i] + part.near[begin + i] + (isCorrected ? bonuses[begin + i] : 0),
        hit: part.labels[begin + i],
      }));
    const fresh = Array.from({ length: part.n }, (_, i) => {
      return { score: part.freshScores[place * part.n + i], hit: part.freshHits[place * part.n + i] };
    });
    const ofAll = gainOver([...fresh, ...bought(false)], [...fresh, ...bought(true)]);
    const ofRepeat = gainOver(bought(false), bought(true));
    all.set(row, ofAll(targets).sum);
    if (repeated > 0) repeat.set(row, ofRepeat(repeated).sum);
    gains?.all.set(row, ofAll(targets).each);
    if (again > 0) gains?.repeat.set(row, ofRepeat(again).each);
  }
}

interface Listed {
  score: number;
  hit: number;
}

/** What the best of these gain over the best of others in recall and NDCG, by the number of targets. */
function gainOver(others: Listed[], these: Listed[]) {
  const hitsOf = (listed: Listed[]) =>
    listed
      .sort((a, b) => b.score - a.score)
      .slice(0, listLength)
      .map(({ hit }) => hit);
  const [before, after] = [hitsOf(others), hitsOf(these)];
  return (targets: number) => {
    const [from, to] = [before, after].map((hits) => metricsOf(hits, listLength, targets));
    return {
      each: [to.recall - from.recall, to.ndcg - from.ndcg] as const,
      sum: to.recall + to.ndcg - (from.recall + from.ndcg),
    };
  };
}

/** Of each customer, the average over the samples. */
export function meansOf(samples: readonly ReadonlyMap<number, number>[]): Map<number, number> {
  const byCustomer = new Map<number, number[]>();
  for (const sample of samples)
    for (const [row, value] of sample) byCustomer.set(row, [...(byCustomer.get(row) ?? []), value]);
  return new Map(
    [...byCustomer].map(([row, values]) => [row, values.reduce((sum, value) => sum + value, 0) / values.length]),
  );
}

export function gainOf(samples: readonly ReadonlyMap<number, number>[]): Measure {
  const sums = noSums();
  for (const mean of meansOf(samples).values()) add(sums, mean);
  return meanOf(sums);
}
