import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Campaign, Ledger, Tally } from './campaign.ts';
import type { Problem, Range } from './child.ts';
import type { Kind } from './findings.ts';
import { folderForChild } from './folder.ts';
import { type Outcome, targetNamed } from './target.ts';

const watchMs = 100;
const keptErrors = 8192;
const childFile = fileURLToPath(new URL('./child.ts', import.meta.url));

/**
 * Runs ranges of cases in one child process until none is left or the process dies. A death is a finding, and the cases
 * after it go back to the ledger.
 */
export async function runProcess(campaign: Campaign, range: Range, ledger: Ledger, tally: Tally): Promise<void> {
  const { target, seed, maxMiB, deadlineMs = targetNamed(target).deadlineMs, onFinding } = campaign;
  const first = range.from;
  const { env, remove } = folderForChild();
  const child = fork(childFile, [target, String(seed)], { env, stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'ipc'] });
  const ended = once(child, 'close').finally(remove);
  const errors = tailOf(child.stderr!);
  await startOf(child, target, errors);

  /** The range that runs. */
  let current: Range | undefined = range;
  let running: { number: number; since: number } | undefined;
  let cause: Kind | undefined;
  const saved: Promise<void>[] = [];

  function find(kind: Kind, number: number, problem: string): void {
    tally.findings++;
    saved.push(onFinding({ target, seed, number, kind, problem, first }));
  }

  function endCase(): void {
    if (running === undefined || current === undefined) return;
    const { number, since } = running;
    const ms = performance.now() - since;
    if (ms > tally.slowest.ms) tally.slowest = { number, ms };
    tally.cases++;
    current.from = number + 1;
    running = undefined;
  }

  function count({ label, amounts = {} }: Outcome): void {
    add(tally.labels, label, 1);
    for (const [name, amount] of Object.entries(amounts)) add(tally.amounts, name, amount);
  }

  function hear(line: string): void {
    const sign = line[0];
    const content = line.length > 1 ? JSON.parse(line.slice(1)) : undefined;
    if (sign === '>') running = { number: content, since: performance.now() };
    else if (sign === '=') {
      count(content);
      endCase();
    } else if (sign === '!') {
      const { text, fatal }: Problem = content;
      // What comes up between two cases was caused by the one before.
      find('error', running?.number ?? current!.from - 1, text);
      if (fatal) cause = 'error';
      endCase();
    } else {
      ledger.finish(current!);
      current = ledger.take();
      child.send(current ?? 'end');
    }
  }

  function kill(kind: Kind): void {
    cause ??= kind;
    child.kill('SIGKILL');
  }

  const watch = setInterval(() => {
    if (running && performance.now() - running.since > deadlineMs) kill('hang');
    const mib = residentMiB(child.pid!);
    tally.peakMiB = Math.max(tally.peakMiB, mib);
    if (mib > maxMiB) kill('memory');
  }, watchMs);
  createInterface(child.stdio[3] as Readable).on('line', hear);
  child.send(current);
  const [code, signal] = await ended;
  clearInterval(watch);

  if (current) {
    const number = running?.number ?? current.from;
    if (cause === 'hang') find(cause, number, `no end within ${deadlineMs} ms`);
    if (cause === 'memory') find(cause, number, `over ${maxMiB} MiB`);
    if (cause === undefined) find('crash', number, `${signal ?? `exit code ${code}`}\n${errors()}`);
    endCase();
    if (current.from < current.to) ledger.giveBack(current);
    else ledger.finish(current);
  }
  await Promise.all(saved);
}

/** Waits for the message that the target is loaded. */
async function startOf(child: ChildProcess, target: string, errors: () => string): Promise<void> {
  const isReady = await Promise.race([once(child, 'message').then(() => true), once(child, 'close').then(() => false)]);
  if (!isReady) throw new Error(`the target ${target} cannot be loaded:\n${errors()}`);
}

/** Keeps the end of what a process writes. */
function tailOf(stream: Readable): () => string {
  let tail = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-keptErrors);
  });
  return () => tail;
}

/** The memory that a process takes; 0 if it has ended or this is not Linux. */
function residentMiB(pid: number): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function add(sums: Map<string, number>, name: string, amount: number): void {
  sums.set(name, (sums.get(name) ?? 0) + amount);
}
