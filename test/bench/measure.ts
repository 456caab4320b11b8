/**
 * Runs contestants in turn, round by round, so that a machine whose speed drifts treats all of them alike.
 */
export async function inTurn(
  contestants: Record<string, () => number | Promise<number>>,
  rounds: number,
): Promise<Map<string, number[]>> {
  const figures = new Map(Object.keys(contestants).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) figures.get(name)!.push(await run());
  }
  return figures;
}

/** Returns the milliseconds that `run` takes. */
export async function timeOf(run: () => unknown): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Returns the median and the range of the ratios of each round. */
export function ratios(
  numerators: readonly number[],
  denominators: readonly number[],
  show: (ratio: number) => string = percent,
): string {
  const all = numerators.map((value, i) => value / denominators[i]);
  return `${show(median(all))} (${show(Math.min(...all))} to ${show(Math.max(...all))})`;
}

export const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
export const times = (ratio: number) => `${ratio.toFixed(ratio < 10 ? 2 : 1)} x`;

/** Formats milliseconds. */
export function duration(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}

/** A table as it was printed. */
export interface Printed {
  readonly header: readonly string[];
  readonly rows: readonly string[][];
}

const printed: Printed[] = [];

/** The tables made since the last call. */
export function takePrinted(): Printed[] {
  return printed.splice(0);
}

/** Aligns cells in columns: the first column to the left, the others to the right. */
export function table(header: string[], rows: string[][]): string {
  printed.push({ header, rows });
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .join('\n');
}
