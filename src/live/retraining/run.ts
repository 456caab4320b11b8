import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { EndcapError, throwIfAborted, whenAborted } from '../../errors.ts';
import { checkReplaceable, duplicateFile, makeAsPrivate, withReplacement } from '../../files.ts';
import { loadMetadata } from '../../model/file/file.ts';
import { findOwnScript, type OwnFile } from '../../own-files.ts';
import { keepModel, pruneModels } from '../models/kept.ts';
import type { CandidateTask, Made } from './candidate/candidate.ts';
import type { Order, Said } from './candidate/child.ts';
import { remember, retrainingHistory } from './history.ts';
import { lockRetraining } from './lock.ts';
import type { RetrainingOutcome, RetrainingProgress } from './outcome.ts';
import { checkRoom } from './room.ts';

export interface Run extends Omit<CandidateTask, 'candidate'> {
  /** MiB that the run may take. */
  memory?: number;
  /** Hours that it may take. */
  hours: number;
  signal?: AbortSignal;
  onProgress?: (progress: RetrainingProgress) => void;
  /** Takes the new file, once it is in its place, to serve it. If it throws, the old file is put back. */
  take?: () => Promise<unknown>;
}

const hourMs = 3_600_000;
/** What is kept of what the process writes to stderr. */
const maxText = 10_000;

/**
 * Retrains a model: a process of its own makes the candidate, which then takes the place of the file. Whatever goes wrong, the
 * file is as it was; it is told in the outcome.
 *
 * @throws `retraining_busy` if another run is under way; `aborted`.
 */
export async function runRetraining(run: Run): Promise<RetrainingOutcome> {
  const { model, signal } = run;
  throwIfAborted(signal);
  const startedAt = Date.now();
  const began = performance.now();
  const ended = (outcome: Omit<RetrainingOutcome, 'startedAt' | 'seconds'>): RetrainingOutcome => ({
    ...outcome,
    startedAt,
    seconds: (performance.now() - began) / 1000,
  });
  /** The run has ended, whether or not anybody will know of it later. */
  const remembered = async (outcome: RetrainingOutcome): Promise<RetrainingOutcome> => {
    // Of a path that was mistyped, nothing is left there.
    if (!existsSync(model) && (await retrainingHistory(model)).runs.length === 0) return outcome;
    try {
      await remember(model, outcome);
      return outcome;
    } catch (error) {
      if (!(error instanceof EndcapError)) throw error;
      return { ...outcome, notes: [...outcome.notes, `This run is not remembered: ${error.message}`] };
    }
  };
  let before: string | undefined;
  const lock = await lockRetraining(model).catch((error) => {
    if (error instanceof EndcapError && error.code === 'write_failed') return error;
    throw error;
  });
  if (lock instanceof EndcapError) return ended({ outcome: 'failed', reason: lock.message, notes: [] });
  try {
    ({ version: before } = await loadMetadata(model));
    await checkReplaceable(model);
    await checkRoom(model);
    const made = await withReplacement(model, async (candidate, replace) => {
      await makeAsPrivate(candidate, model);
      const made = await inChild({ ...run, candidate });
      if (made.kind === 'candidate') await swap(run, before!, replace);
      return made;
    });
    const { kind, ...rest } = made;
    return await remembered(ended({ ...rest, outcome: kind === 'candidate' ? 'swapped' : kind, before }));
  } catch (error) {
    if (!(error instanceof EndcapError) || error.code === 'aborted') throw error;
    const failed = { outcome: 'failed', reason: error.message, ...(before !== undefined && { before }) } as const;
    return await remembered(ended({ ...failed, notes: [] }));
  } finally {
    // Also what a process that was killed has left.
    await checkReplaceable(model).catch(() => {});
    await lock.release();
  }
}

/** Puts the candidate in the place of the file, which is kept. */
async function swap({ model, take }: Run, before: string, replace: () => Promise<void>): Promise<void> {
  const { version } = await loadMetadata(model);
  // The candidate was compared with another one.
  if (version !== before)
    throw new EndcapError(
      'write_failed',
      `${model} was replaced while the run was under way: it has version ${version} now, and had ${before}`,
      { file: model, version, before },
    );
  const kept = await keepModel(model);
  await replace();
  try {
    await take?.();
  } catch (error) {
    await duplicateFile(kept.file, model);
    throw error;
  } finally {
    // What cannot be removed stays.
    await pruneModels(model, before).catch(() => {});
  }
}

/** Lets a process of its own make the candidate. */
async function inChild({ signal, onProgress, take: _, memory, hours, ...task }: Run & CandidateTask): Promise<Made> {
  // It may have been while the folder was checked.
  throwIfAborted(signal);
  const child = startChild(memory);
  const text = textOf(child);
  let said: Exclude<Said, { progress: RetrainingProgress }> | undefined;
  let failure: { cause: unknown } | undefined;
  child.on('message', (message: Said) => {
    if (!('progress' in message)) {
      said ??= message;
      return;
    }
    try {
      onProgress?.(message.progress);
    } catch (cause) {
      failure ??= { cause };
      child.kill('SIGKILL');
    }
  });
  let isLate = false;
  const deadline = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, hours * hourMs);
  const forget = whenAborted(signal, () => child.kill('SIGKILL'));
  try {
    const { code, killedBy } = await endOf(child, { task, ...(memory !== undefined && { memory }) });
    throwIfAborted(signal);
    if (failure) throw failure.cause;
    if (said && 'made' in said) return said.made;
    if (said && 'error' in said) throw new EndcapError(said.error.code, said.error.message, { ...said.error.details });
    if (said) throw new EndcapError('retraining_failed', `the run met a fault of Endcap: ${said.fault}`);
    if (isLate) throw new EndcapError('retraining_failed', `the run took more than ${hours} hours, and was stopped`);
    throw new EndcapError('retraining_failed', whyEnded(code, killedBy, text(), memory));
  } finally {
    clearTimeout(deadline);
    forget();
  }
}

const script: OwnFile = [
  'dist/live/retraining/candidate/child.js',
  (_) => new URL('../../../dist/live/retraining/candidate/child.js', import.meta.url),
];

function startChild(memory: number | undefined): ChildProcess {
  try {
    return fork(findOwnScript(script), {
      execArgv: memory === undefined ? [] : [`--max-old-space-size=${memory}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
  } catch (cause) {
    throw noProcess(cause as Error);
  }
}

function noProcess(cause: Error): EndcapError {
  return new EndcapError('retraining_failed', `no process can be started: ${cause.message}`, {}, { cause });
}

/** Gives the child its order, and waits until it has ended. */
function endOf(child: ChildProcess, order: Order): Promise<{ code: number | null; killedBy: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(noProcess(cause)));
    // If it ended before, its exit tells.
    child.send(order, () => {});
    child.once('close', (code, killedBy) => resolve({ code, killedBy }));
  });
}

function textOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr!.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-maxText);
  });
  return () => text;
}

function whyEnded(code: number | null, killedBy: NodeJS.Signals | null, text: string, memory?: number): string {
  if (/heap limit|out of memory/i.test(text))
    return memory === undefined
      ? 'the run needs more memory than Node gives it; allow it more, in MiB (--retrain-memory)'
      : `the run needs more than the ${memory} MiB that it may take`;
  if (killedBy !== null)
    return `the process of the run was killed (${killedBy}), perhaps because the system ran out of memory`;
  return `the process of the run ended with code ${code}: ${text.trim() || 'it did not say why'}`;
}
