import { duration, inTurn, median, ratios } from './measure.ts';
import { reasonOf } from './python.ts';
import type { Figure } from './results.ts';

/** One row of the table of peers. */
export interface Row {
  work: string;
  ours: string;
  peer: string;
  theirs: string;
  /** Their time divided by ours: median and range. */
  ratio: string;
  /** The smallest ratio that counts as reached. */
  aim: string;
  /** How the results were compared, and what came out. */
  equal: string;
  /** False if the results differ, so that the times mean nothing. */
  fair: boolean;
  /** Milliseconds by round; absent if there is a gap. */
  rounds?: { readonly ours: readonly number[]; readonly theirs: readonly number[] };
}

/** The outcome of comparing two results. */
export interface Comparison {
  text: string;
  agrees: boolean;
}

export interface Rival {
  name: string;
  /** The smallest acceptable ratio of their time to ours, if there is a goal. */
  aim?: number;
  /** Does the work once and returns the milliseconds it took. */
  run: () => Promise<number>;
  compare: () => Promise<Comparison>;
}

/**
 * Compares results first, which also warms everybody up, then times ours and its rivals in turn. A rival that fails
 * becomes a gap in the table, with the reason.
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
  return rivals.map(({ name, aim }) => {
    const row = { work, ours: duration(median(own)), peer: name, aim: aim === undefined ? '' : `${aim} x` };
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
      rounds: { ours: own, theirs },
    };
  });
}

/** What `bench:compare` reads: our time, and by how much it is shorter than a peer's. */
export function contestFigures(rows: readonly Row[]): Figure[] {
  const own = new Map<string, Figure>();
  const ratios: Figure[] = [];
  for (const { work, peer, rounds } of rows) {
    if (!rounds) continue;
    const { ours, theirs } = rounds;
    own.set(work, { name: work, value: Number(median(ours).toPrecision(4)), unit: 'ms', better: 'less' });
    const ratio = median(theirs.map((time, i) => time / ours[i]));
    ratios.push({ name: `${work}: ${peer} / ours`, value: Number(ratio.toPrecision(3)), unit: 'x', better: 'more' });
  }
  return [...own.values(), ...ratios];
}

/** Formats the rows as a Markdown table. */
export function markdown(rows: readonly Row[]): string {
  const header = ['work', 'ours', 'peer', 'its time', 'its time / ours (range)', 'aim', 'same work'];
  const cells = rows.map(({ work, ours, peer, theirs, ratio, aim, equal }) => [
    work,
    ours,
    peer,
    theirs,
    ratio && `**${ratio.replace(' (', '** (')}`,
    aim,
    equal.replaceAll('|', '/'),
  ]);
  return [header, header.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
