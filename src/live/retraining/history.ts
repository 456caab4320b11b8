/** What a model file's retraining runs came to, beside it: those of `shop.safetensors` are in `shop.retraining.json`. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile, whyNot } from '../../files.ts';
import {
  count,
  listOf,
  Misfit,
  nonEmptyText,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  textUpTo,
} from '../../model/file/shapes.ts';
import { gate } from '../../model/metadata.ts';
import { placeOf } from '../models/kept.ts';
import type { RetrainingOutcome } from './outcome.ts';

/** A run as it is remembered. Of the reason only the first line is: what follows may quote orders, and so customers. */
export type RetrainingRun = Omit<RetrainingOutcome, 'notes'>;

export interface RetrainingHistory {
  /** Newest first, at most 50. */
  readonly runs: readonly RetrainingRun[];
  /** Why runs are missing: the file cannot be read, or is damaged. The next run begins a new one. */
  readonly problem?: string;
}

const maxRuns = 50;
const maxReason = 1000;
/** 50 runs have far less: what is larger was written by somebody else. */
const maxBytes = 2 ** 21;

const run = object({
  outcome: oneOf('swapped', 'refused', 'failed', 'unchanged'),
  reason: textUpTo(maxReason),
  before: optional(nonEmptyText),
  version: optional(nonEmptyText),
  gate: optional(gate),
  startedAt: number(-8.64e15, 8.64e15),
  seconds: number(0),
} satisfies Record<Exclude<keyof RetrainingOutcome, 'notes'>, Shape>);
const file = object({ format: count, runs: listOf(run) });

/** The runs of a model file, by whichever process. */
export async function retrainingHistory(model: string): Promise<RetrainingHistory> {
  const path = await pathFor(model);
  try {
    const { runs } = file(JSON.parse(await textAt(path))) as { runs: RetrainingRun[] };
    return { runs: runs.slice(-maxRuns).reverse() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { runs: [] };
    return { runs: [], problem: `the runs before are not known, since ${path} ${whatIsWrong(error)}` };
  }
}

/**
 * Adds a run to those of its model. To be called by whoever holds the lock of retraining, so that no other run is lost.
 *
 * @throws `write_failed`
 */
export async function remember(model: string, { notes: _, ...outcome }: RetrainingOutcome): Promise<void> {
  const { runs } = await retrainingHistory(model);
  const [reason] = outcome.reason.split('\n', 1);
  const all = [{ ...outcome, reason: reason.slice(0, maxReason) }, ...runs].slice(0, maxRuns).reverse();
  const written = new TextEncoder().encode(`${JSON.stringify({ format: 1, runs: all })}\n`);
  await replaceFile(await pathFor(model), (append) => append(written));
}

async function pathFor(model: string): Promise<string> {
  const { directory, name } = await placeOf(model);
  return join(directory, `${name}.retraining.json`);
}

async function textAt(path: string): Promise<string> {
  const opened = await open(path, 'r');
  try {
    const { size } = await opened.stat();
    if (size > maxBytes) throw new RangeError(`has ${size} bytes, more than such a file can have`);
    return await opened.readFile('utf8');
  } finally {
    await opened.close();
  }
}

function whatIsWrong(error: unknown): string {
  if (error instanceof Misfit) return `is damaged: ${error.path.join('.')}: ${error.problem}`;
  if (error instanceof SyntaxError) return 'is damaged: it is not JSON';
  if (error instanceof RangeError) return error.message;
  return `cannot be read: ${whyNot(error)}`;
}
