import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { version } from '../../src/version.ts';
import type { Machine } from './machine.ts';

/** One figure of a run. Two runs are compared by name. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Which way is an improvement; absent if neither is, as of a share that says how two methods compare. */
  readonly better?: 'more' | 'less';
}

/** What `--json` writes and `bench:compare` reads. */
export interface Results {
  readonly machine: Machine;
  /** Of Endcap, as a Git commit, and of the peers. */
  readonly versions: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
}

const less = new Set(['ns', 'us', 'ms', 's', 'MiB', 'GiB']);
const more = new Set(['GFLOP/s', 'GB/s', 'MiB/s', 'requests/s', 'customers/s', 'orders/s']);

/** Which way is better for a unit. */
function betterOf(unit: string): Figure['better'] {
  return less.has(unit) ? 'less' : more.has(unit) ? 'more' : undefined;
}

/**
 * The figures of a table as it was printed: the number that each cell begins with. Its unit is that of the cell or, if it has
 * none, that of the header. Rows are named by their first cell and the length of lists, `n`.
 */
export function figuresOf(title: string, [, ...header]: readonly string[], rows: readonly string[][]): Figure[] {
  const figures: Figure[] = [];
  const names = new Map<string, number>();
  for (const [first, ...cells] of rows) {
    let label = first;
    for (const [i, cell] of cells.entries()) {
      if (header[i] === 'n') {
        label += ` n ${cell}`;
        continue;
      }
      const [, digits, unit] = /^(-?[\d,]*\.?\d+) ?([a-zA-Z%][\w/%]*)?/.exec(cell) ?? [];
      if (digits === undefined) continue;
      const known = unit ?? [...less, ...more].find((each) => header[i].split(/[ ,]/).includes(each)) ?? '';
      const plain = `${title}: ${label}, ${header[i]}`;
      const count = (names.get(plain) ?? 0) + 1;
      names.set(plain, count);
      const better = betterOf(known);
      figures.push({
        name: count === 1 ? plain : `${plain} #${count}`,
        value: Number(digits.replaceAll(',', '')),
        unit: known,
        ...(better && { better }),
      });
    }
  }
  return figures;
}

/** The version with the commit of the checkout, if it is one. */
export function endcapVersion(): string {
  try {
    const cwd = new URL('.', import.meta.url);
    return `${version} ${execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd, stdio: ['ignore', 'pipe', 'ignore'] })}`.trim();
  } catch {
    return version;
  }
}

export async function writeResults(path: string, results: Results): Promise<void> {
  await writeFile(path, `${JSON.stringify(results, null, 1)}\n`);
}

/** Throws an Error that names the file if it holds no results. */
export function readResults(path: string): Results {
  let read: Results;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`${path} cannot be read: ${(cause as Error).message}`);
  }
  if (!Array.isArray(read?.figures) || typeof read.machine !== 'object')
    throw new Error(`${path} is not what --json of npm run bench or bench:peers writes`);
  return read;
}

/** Smaller changes are what runs differ by on a quiet machine. */
const noticed = 0.1;

/** A figure of two runs. */
export interface Change {
  readonly before: Figure;
  readonly after: Figure;
  readonly verdict: 'worse' | 'better' | 'changed' | 'same';
}

/** The figures that two runs have in common; they are the same unless they differ by more than 10 %. */
export function compared(before: Results, after: Results): Change[] {
  const known = new Map(before.figures.map((figure) => [figure.name, figure]));
  return after.figures.flatMap((figure) => {
    const old = known.get(figure.name);
    return old ? [{ before: old, after: figure, verdict: verdictOf(old, figure) }] : [];
  });
}

function verdictOf(before: Figure, after: Figure): Change['verdict'] {
  const ratio = after.value / before.value;
  if (!(Math.max(ratio, 1 / ratio) > 1 + noticed)) return 'same';
  if (!after.better) return 'changed';
  return (after.better === 'more') === ratio > 1 ? 'better' : 'worse';
}
