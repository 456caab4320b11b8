import { duration, inTurn, median, ratios } from './measure.ts';
import { reasonOf } from './python.ts';

/** A row of the table of peers. */
export interface Row {
  work: string;
  ours: string;
  peer: string;
  theirs: string;
  /** Their time by ours: median and range. */
  ratio: string;
  /** The least ratio that is aimed at. */
  reach: string;
  /** Whether both did the same, and how that was seen. */
  equal: string;
  /** False where the work was seen to differ. */
  fair: boolean;
}

/** What came of comparing results: how it reads, and whether they agree. */
export interface Comparison {
  text: string;
  agrees: boolean;
}

export interface Rival {
  name: string;
  /** The least that their time by ours should be; undefined where nothing is aimed at. */
  reach?: number;
  /** Does the work once; milliseconds, or what was measured as such. */
  run: () => Promise<number>;
  compare: () => Promise<Comparison>;
}

/**
 * Ours and its rivals in turn for some rounds, after the results were compared, which warms all of them up. A rival
 * that fails is a gap in the table, with its reason.
 */
export async function contest(
  work: string,
  rounds: number,
  ours: () => Promise<number>,
  rivals: readonly Rival[],
): Promise<Row[]> {
  const gaps = new Map<string, string>();
  const comparisons = new Map<string, Comparison>();
  for (const { name, compare } of rivals) {
    try {
      comparisons.set(name, await compare());
    } catch (error) {
      gaps.set(name, reasonOf(error));
    }
  }
  const contestants: Record<string, () => Promise<number>> = { ours };
  for (const { name, run } of rivals) {
    if (gaps.has(name)) continue;
    contestants[name] = () =>
      run().catch((error) => {
        gaps.set(name, reasonOf(error));
        return Number.NaN;
      });
  }
  const figures = await inTurn(contestants, rounds);
  const own = figures.get('ours')!;
  return rivals.map(({ name, reach }) => {
    const row = { work, ours: duration(median(own)), peer: name, reach: reach === undefined ? '' : `${reach} x` };
    const gap = gaps.get(name);
    if (gap !== undefined) return { ...row, theirs: 'gap', ratio: '', equal: gap, fair: true };
    const theirs = figures.get(name)!;
    const { text, agrees } = comparisons.get(name)!;
    return {
      ...row,
      theirs: duration(median(theirs)),
      ratio: ratios(theirs, own, (ratio) => ratio.toFixed(ratio < 10 ? 2 : 1)),
      equal: agrees ? text : `NO: ${text}`,
      fair: agrees,
    };
  });
}

/** The table as Markdown. */
export function markdown(rows: readonly Row[]): string {
  const header = ['work', 'ours', 'peer', 'its time', 'its time / ours (range)', 'aim', 'same work'];
  const cells = rows.map(({ work, ours, peer, theirs, ratio, reach, equal }) => [
    work,
    ours,
    peer,
    theirs,
    ratio && `**${ratio.replace(' (', '** (')}`,
    reach,
    equal.replaceAll('|', '/'),
  ]);
  return [header, header.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
