/** Times contestants in turn, round by round, so that a machine whose speed drifts is as unfair to one as to the other. */
export async function alternate(
  contestants: Record<string, () => void | Promise<void>>,
  rounds: number,
): Promise<Map<string, number[]>> {
  const times = new Map(Object.keys(contestants).map((name) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const started = performance.now();
      await run();
      // The first round warms up.
      if (round >= 0) times.get(name)?.push(performance.now() - started);
    }
  }
  return times;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median and range of round-by-round ratios. */
export function ratios(numerators: readonly number[], denominators: readonly number[]): string {
  const all = numerators.map((value, i) => value / denominators[i]);
  return `${percent(median(all))} (${percent(Math.min(...all))} to ${percent(Math.max(...all))})`;
}

export const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** Rows of cells in columns, the first to the left and the others to the right. */
export function table(header: string[], rows: string[][]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .join('\n');
}
