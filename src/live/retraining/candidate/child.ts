/** The entry point of the process that reads, trains, measures, and writes, so that whoever serves is not held up. */
import { readdir } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { EndcapError, type ErrorCode } from '../../../errors.ts';
import type { RetrainingProgress } from '../outcome.ts';
import { type CandidateTask, type Made, makeCandidate } from './candidate.ts';

/** What it is told: once. */
export interface Order {
  task: CandidateTask;
  /** MiB that the process may take; without it, as much as there is. */
  memory?: number;
}

/** What it says. */
export type Said =
  | { progress: RetrainingProgress }
  | { made: Made }
  | { error: { code: ErrorCode; message: string; details: Readonly<Record<string, unknown>> } }
  /** What is not an `EndcapError` is a fault of this program. */
  | { fault: string };

const memoryCheckMs = 100;
const tellMs = 200;
const mebibyte = 2 ** 20;

const say = (said: Said) => new Promise<void>((resolve) => process.send!(said, () => resolve()));

/** Lets everything else go first. On Linux each thread has a priority of its own, and those of V8 run already. */
async function stepBack(): Promise<void> {
  const { PRIORITY_LOW } = constants.priority;
  try {
    setPriority(PRIORITY_LOW);
    for (const thread of await readdir('/proc/self/task')) setPriority(Number(thread), PRIORITY_LOW);
  } catch {
    // Elsewhere, the process has one priority, which is set.
  }
}

function boundMemory(mebibytes: number): void {
  setInterval(async () => {
    const taken = process.memoryUsage.rss() / mebibyte;
    if (taken <= mebibytes) return;
    const message = `the run took ${Math.ceil(taken)} MiB, and may take ${mebibytes}`;
    await say({ error: { code: 'out_of_memory', message, details: { mebibytes } } });
    process.exit(1);
  }, memoryCheckMs).unref();
}

/** Tells each stage, and what is done of it now and then. */
function createTelling(): (progress: RetrainingProgress) => void {
  let stage: string | undefined;
  let told = 0;
  return (progress) => {
    const now = performance.now();
    if (progress.stage === stage && now - told < tellMs) return;
    stage = progress.stage;
    told = now;
    void say({ progress });
  };
}

// Whoever started it has gone: nobody would take the file.
process.on('disconnect', () => process.exit(1));
process.once('message', async ({ task, memory }: Order) => {
  if (memory !== undefined) boundMemory(memory);
  await stepBack();
  try {
    await say({ made: await makeCandidate(task, createTelling()) });
  } catch (error) {
    if (error instanceof EndcapError) {
      const { code, message, details } = error;
      await say({ error: { code, message, details } });
    } else await say({ fault: String((error as Error)?.stack ?? error) });
  }
  process.exit(0);
});
