import type { Range } from './child.ts';
import type { Finding } from './findings.ts';
import { runProcess } from './process.ts';

/** Cases of one target, and what they may take. */
export interface Campaign {
  target: string;
  seed: number;
  /** The first case. */
  from: number;
  /** The case after the last one; none by default. */
  to?: number;
  /** Ends the campaign after the cases that run then. */
  signal?: AbortSignal;
  processes: number;
  /** A child process that takes more memory than this is a finding. Watched only where there is `/proc`. */
  maxMiB: number;
  /** That of the target by default. */
  deadlineMs?: number;
  onFinding(finding: Finding): Promise<void>;
  /** Called about once a second. */
  onTick?(tally: Tally): void;
}

/** What came of the cases. */
export interface Tally {
  cases: number;
  findings: number;
  /** Every case before this one has been run. */
  next: number;
  labels: Map<string, number>;
  amounts: Map<string, number>;
  /** The most memory that a child process took; 0 where it is not watched. */
  peakMiB: number;
  slowest: { number: number; ms: number };
}

/** Which cases are left to whom. */
export interface Ledger {
  /** A range to run; undefined if none is left. Its `from` moves on with each case. */
  take(): Range | undefined;
  /** Returns a range that a process did not finish. */
  giveBack(range: Range): void;
  finish(range: Range): void;
}

/** Short, so that a campaign ends soon after its signal, and long enough to keep messages rare. */
const rangeLength = 16;

/**
 * Runs the cases of a target in child processes, and outlives whatever they do.
 *
 * @throws Error if the target cannot be loaded; whatever `onFinding` throws.
 */
export async function runCampaign(campaign: Campaign): Promise<Tally> {
  const { from, to = Number.MAX_SAFE_INTEGER, signal, onTick, processes } = campaign;
  const tally: Tally = {
    cases: 0,
    findings: 0,
    next: from,
    labels: new Map(),
    amounts: new Map(),
    peakMiB: 0,
    slowest: { number: from, ms: 0 },
  };
  let unassigned = from;
  const returned: Range[] = [];
  const unfinished = new Set<Range>();
  const ledger: Ledger = {
    take() {
      if (signal?.aborted) return undefined;
      const again = returned.pop();
      if (again !== undefined || unassigned >= to) return again;
      const range = { from: unassigned, to: Math.min(to, unassigned + rangeLength) };
      unassigned = range.to;
      unfinished.add(range);
      return range;
    },
    giveBack: (range) => void returned.push(range),
    finish: (range) => void unfinished.delete(range),
  };
  const mark = () => {
    tally.next = Math.min(unassigned, ...Array.from(unfinished, ({ from }) => from));
  };
  const ticks = setInterval(() => {
    mark();
    onTick?.(tally);
  }, 1000);
  async function runProcesses(): Promise<void> {
    for (let range = ledger.take(); range !== undefined; range = ledger.take())
      await runProcess(campaign, range, ledger, tally);
  }
  try {
    await Promise.all(Array.from({ length: processes }, runProcesses));
  } finally {
    clearInterval(ticks);
  }
  mark();
  return tally;
}
